/** component4 as the name of a directory entry. */
import { maxName } from '../filesystem/limits.ts';
import { text } from './codec/basic.ts';
import { Nfs4Status } from './codec/status.ts';
import { Nfs4Error } from './operation.ts';

/**
 * A name that an entry can have (RFC 7530 §12.7, RFC 8881 §14).
 * @throws Nfs4Error INVAL (empty, not UTF-8), NAMETOOLONG, BADNAME (`.` and `..`), BADCHAR (`/` and NUL)
 */
export function entryName(component: Buffer): string {
  if (component.length === 0) throw new Nfs4Error(Nfs4Status.INVAL, 'empty name');
  if (component.length > maxName) throw new Nfs4Error(Nfs4Status.NAMETOOLONG, `name of ${component.length} bytes`);
  const name = text(component);
  if (name === '.' || name === '..') throw new Nfs4Error(Nfs4Status.BADNAME, `${name} names no entry`);
  if (name.includes('/') || name.includes('\0')) throw new Nfs4Error(Nfs4Status.BADCHAR, 'name with / or NUL');
  return name;
}
