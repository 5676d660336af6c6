/** Largest READ and WRITE, bytes: what Linux and macOS use at most over TCP. */
export const maxTransfer = 1024 * 1024;

/** Longest name of a directory entry, UTF-8 bytes. */
export const maxName = 255;

/** Longest symlink target, UTF-8 bytes: what S3 Files stores. */
export const maxSymlinkTarget = 4080;

/** Largest file, bytes: S3's largest object, 10,000 parts of 5 GiB. */
export const maxFile = 10_000 * 5 * 1024 ** 3;

/** Bytes from which on a file is sent whatever its name. */
export const localLimit = 16 * 1024 ** 2;
