/** Why a file operation was refused: POSIX words, mapped to NFS status in exactly one table per protocol. */
export type FileSystemErrorCode =
  | 'PERM'
  | 'NOENT'
  | 'IO'
  | 'ACCESS'
  | 'EXIST'
  | 'XDEV'
  | 'NOTDIR'
  | 'ISDIR'
  /** The object is a symlink where a file is needed (NFSv4 distinguishes it from INVAL). */
  | 'SYMLINK'
  /** Neither file, directory nor symlink. */
  | 'WRONGTYPE'
  | 'INVAL'
  | 'BADNAME'
  | 'FBIG'
  | 'NOSPC'
  | 'ROFS'
  | 'NAMETOOLONG'
  | 'NOTEMPTY'
  | 'STALE'
  | 'BADHANDLE'
  | 'BADCOOKIE'
  | 'NOTSYNC'
  | 'NOTSUPP'
  /** An offset at or beyond the end of the file, where something is looked for behind it. */
  | 'NXIO'
  /** There is no extended attribute of that name. */
  | 'NOXATTR'
  /** Extended attributes are larger than an object can carry. */
  | 'XATTR2BIG'
  | 'BUSY'
  /** Come back later: NFS4ERR_DELAY, NFS3ERR_JUKEBOX. */
  | 'DELAY';

export class FileSystemError extends Error {
  override readonly name = 'FileSystemError';
  readonly code: FileSystemErrorCode;

  constructor(code: FileSystemErrorCode, message: string = code, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
