/** Which keys can be paths of files. */
import { join } from 'node:path';

/** Where the folder keeps what is not for people; no key is stored under this name. */
export const sideFolder = '.windlass';

/** Bytes of a path, from the file system's root, with room for temporary endings. */
const longestPath: Readonly<Partial<Record<NodeJS.Platform, number>>> = { darwin: 1000, win32: 30_000 };

// Windows, "Naming Files, Paths, and Namespaces".

const refusedByWindows = /[<>:"\\|?*\x00-\x1f]|[. ]$|^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;

/**
 * The path of a key's file, or of the directory that a key with a trailing `/` marks; undefined where the key can have
 * none. Files and directories that are there already may still be in its way.
 */
export function pathOfKey(folder: string, key: string, platform: NodeJS.Platform): string | undefined {
  const components = (key.endsWith('/') ? key.slice(0, -1) : key).split('/');
  if (components[0]?.toLowerCase() === sideFolder) return undefined;
  if (!components.every((component) => isName(component, platform))) return undefined;
  const path = join(folder, ...components);
  return Buffer.byteLength(path) <= (longestPath[platform] ?? 4000) ? path : undefined;
}

function isName(component: string, platform: NodeJS.Platform): boolean {
  if (component === '' || component === '.' || component === '..' || component.includes('\0')) return false;
  if (platform === 'win32') return component.length <= 255 && !refusedByWindows.test(component);
  return Buffer.byteLength(component) <= 255;
}
