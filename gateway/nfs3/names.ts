/** filename3 and nfspath3 as text. */
import { maxName } from '../filesystem/limits.ts';
import { Nfs3Status } from './codec/status.ts';
import { Nfs3Error } from './nfs3-error.ts';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes as UTF-8, which keys are. @throws Nfs3Error INVAL where they are not */
export function text(bytes: Buffer): string {
  try {
    return strictUtf8.decode(bytes);
  } catch (cause) {
    throw new Nfs3Error(Nfs3Status.INVAL, `not UTF-8: ${String(cause)}`);
  }
}

/**
 * A name that may be looked up; `.` and `..` are left to the procedure (RFC 1813 §3.2).
 * @throws Nfs3Error INVAL (empty, not UTF-8, with `/` or NUL), NAMETOOLONG
 */
export function entryName(bytes: Buffer): string {
  if (bytes.length === 0) throw new Nfs3Error(Nfs3Status.INVAL, 'empty name');
  if (bytes.length > maxName) throw new Nfs3Error(Nfs3Status.NAMETOOLONG, `name of ${bytes.length} bytes`);
  const name = text(bytes);
  if (name.includes('/') || name.includes('\0')) throw new Nfs3Error(Nfs3Status.INVAL, 'name with / or NUL');
  return name;
}

/** The name of something new: `.` and `..` are there already. @throws Nfs3Error as entryName, and EXIST */
export function newName(bytes: Buffer): string {
  const name = entryName(bytes);
  if (name === '.' || name === '..') throw new Nfs3Error(Nfs3Status.EXIST, `${name} names no new entry`);
  return name;
}

/** The name of an entry to be removed or renamed. @throws Nfs3Error as entryName, INVAL for `.` and `..` */
export function removableName(bytes: Buffer): string {
  const name = entryName(bytes);
  if (name === '.' || name === '..') throw new Nfs3Error(Nfs3Status.INVAL, `${name} cannot be removed or renamed`);
  return name;
}
