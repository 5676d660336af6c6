/** The one table from what a file system says to what NFSv3 says. RFC 1813 §2.6. */
import { FileSystemError, type FileSystemErrorCode } from '../filesystem/errors.ts';
import { Nfs3Status } from './codec/status.ts';
import { Nfs3Error } from './nfs3-error.ts';

const statuses: Readonly<Record<FileSystemErrorCode, Nfs3Status>> = {
  PERM: Nfs3Status.PERM,
  NOENT: Nfs3Status.NOENT,
  IO: Nfs3Status.IO,
  ACCESS: Nfs3Status.ACCES,
  EXIST: Nfs3Status.EXIST,
  XDEV: Nfs3Status.XDEV,
  NOTDIR: Nfs3Status.NOTDIR,
  ISDIR: Nfs3Status.ISDIR,
  // NFSv3 has no word for a symlink where a file or directory is needed.
  SYMLINK: Nfs3Status.INVAL,
  WRONGTYPE: Nfs3Status.INVAL,
  INVAL: Nfs3Status.INVAL,
  BADNAME: Nfs3Status.INVAL,
  FBIG: Nfs3Status.FBIG,
  NOSPC: Nfs3Status.NOSPC,
  ROFS: Nfs3Status.ROFS,
  NAMETOOLONG: Nfs3Status.NAMETOOLONG,
  NOTEMPTY: Nfs3Status.NOTEMPTY,
  STALE: Nfs3Status.STALE,
  BADHANDLE: Nfs3Status.BADHANDLE,
  BADCOOKIE: Nfs3Status.BAD_COOKIE,
  NOTSYNC: Nfs3Status.NOT_SYNC,
  NOTSUPP: Nfs3Status.NOTSUPP,
  // What only NFSv4.2 asks for.
  NXIO: Nfs3Status.INVAL,
  NOXATTR: Nfs3Status.NOTSUPP,
  XATTR2BIG: Nfs3Status.NOTSUPP,
  BUSY: Nfs3Status.JUKEBOX,
  DELAY: Nfs3Status.JUKEBOX,
};

/** Whether anybody expected this error; what else is thrown is a fault of the program and belongs in the log. */
export function isExpected(error: unknown): boolean {
  return error instanceof Nfs3Error || error instanceof FileSystemError;
}

/** The status that answers an exception of a procedure: SERVERFAULT for what nobody expected. */
export function statusOf(error: unknown): Nfs3Status {
  if (error instanceof Nfs3Error) return error.status;
  return error instanceof FileSystemError ? statuses[error.code] : Nfs3Status.SERVERFAULT;
}
