/** The one table from what a file system says to what NFSv4 says. */
import { FileSystemError, type FileSystemErrorCode } from '../filesystem/errors.ts';
import { XdrError } from '../rpc/xdr.ts';
import { Nfs4Status } from './codec/status.ts';
import { Nfs4Error, type MinorVersion } from './operation.ts';

const statuses: Readonly<Record<FileSystemErrorCode, Nfs4Status>> = {
  PERM: Nfs4Status.PERM,
  NOENT: Nfs4Status.NOENT,
  IO: Nfs4Status.IO,
  ACCESS: Nfs4Status.ACCESS,
  EXIST: Nfs4Status.EXIST,
  XDEV: Nfs4Status.XDEV,
  NOTDIR: Nfs4Status.NOTDIR,
  ISDIR: Nfs4Status.ISDIR,
  SYMLINK: Nfs4Status.SYMLINK,
  WRONGTYPE: Nfs4Status.WRONG_TYPE,
  INVAL: Nfs4Status.INVAL,
  BADNAME: Nfs4Status.BADNAME,
  FBIG: Nfs4Status.FBIG,
  NOSPC: Nfs4Status.NOSPC,
  ROFS: Nfs4Status.ROFS,
  NAMETOOLONG: Nfs4Status.NAMETOOLONG,
  NOTEMPTY: Nfs4Status.NOTEMPTY,
  STALE: Nfs4Status.STALE,
  BADHANDLE: Nfs4Status.BADHANDLE,
  BADCOOKIE: Nfs4Status.BAD_COOKIE,
  // Only NFSv3's guarded SETATTR asks for what can fail this way.
  NOTSYNC: Nfs4Status.SERVERFAULT,
  NOTSUPP: Nfs4Status.NOTSUPP,
  NXIO: Nfs4Status.NXIO,
  NOXATTR: Nfs4Status.NOXATTR,
  XATTR2BIG: Nfs4Status.XATTR2BIG,
  BUSY: Nfs4Status.FILE_OPEN,
  DELAY: Nfs4Status.DELAY,
};

/** What RFC 7530 has no status for (§13.1), by its nearest. */
const statuses40: Readonly<Partial<Record<FileSystemErrorCode, Nfs4Status>>> = {
  // Only OPEN asks for it, and §16.16.5 wants this for special files too.
  WRONGTYPE: Nfs4Status.SYMLINK,
};

/** Whether anybody expected this error; what else is thrown is a fault of the program and belongs in the log. */
export function isExpected(error: unknown): boolean {
  return error instanceof Nfs4Error || error instanceof FileSystemError || error instanceof XdrError;
}

/** The status that answers an exception of an operation: SERVERFAULT for what nobody expected. */
export function statusOf(error: unknown, minorVersion: MinorVersion): Nfs4Status {
  if (error instanceof Nfs4Error) return error.status;
  if (error instanceof XdrError) return Nfs4Status.BADXDR;
  if (!(error instanceof FileSystemError)) return Nfs4Status.SERVERFAULT;
  return (minorVersion === 0 ? statuses40[error.code] : undefined) ?? statuses[error.code];
}
