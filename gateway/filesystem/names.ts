import { FileSystemError } from './errors.ts';
import { maxName } from './limits.ts';

/**
 * Whether a directory entry may have this name.
 * @throws FileSystemError INVAL (empty), NAMETOOLONG (over 255 bytes), BADNAME (`.`, `..`, or with `/` or NUL)
 */
export function checkName(name: string): void {
  if (name === '') throw new FileSystemError('INVAL', 'the name is empty');
  if (Buffer.byteLength(name) > maxName) throw new FileSystemError('NAMETOOLONG');
  if (!isName(name)) throw new FileSystemError('BADNAME');
}

/** Whether a component of a key can be shown as a name; keys with others are hidden. */
export function isName(component: string): boolean {
  return (
    component !== '' &&
    component !== '.' &&
    component !== '..' &&
    !/[/\0]/.test(component) &&
    Buffer.byteLength(component) <= maxName
  );
}

const localNames = new Set(['.DS_Store', '.Spotlight-V100', '.Trashes', '.fseventsd', 'desktop.ini', 'Thumbs.db']);

/** Files that desktops scatter: kept here, never sent. */
export function isLocalName(name: string): boolean {
  return name.startsWith('._') || localNames.has(name);
}

/** What the Linux client (`.nfs` and hexadecimal digits) and the macOS client (`.nfs.XXXXXXXX.XXXX`) rename an open file to instead of removing it. */
export function isSillyName(name: string): boolean {
  return /^\.nfs(\.[0-9a-f]{8}\.[0-9a-f]{4}|[0-9a-f]{8,})$/i.test(name);
}
