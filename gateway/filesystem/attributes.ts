import type { Fileid, InodeType } from '../staging/records.ts';

export type { Fileid };
export type FileType = InodeType;

/** Nanoseconds since the epoch. */
export type Nanoseconds = bigint;

export interface DeviceNumber {
  readonly major: number;
  readonly minor: number;
}

export interface Fsid {
  readonly major: bigint;
  readonly minor: bigint;
}

/** What GETATTR can tell of an inode; the same by whatever way it is reached. */
export interface Attributes {
  readonly fsid: Fsid;
  readonly fileid: Fileid;
  /** At the root of an export the fileid of the directory it is mounted on, else `fileid`. */
  readonly mountedOnFileid: Fileid;
  readonly type: FileType;
  /** Permission bits, 0..07777. */
  readonly mode: number;
  readonly links: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  /** Bytes that are accounted for. */
  readonly used: number;
  readonly device: DeviceNumber;
  /** Moves exactly when data or metadata change. */
  readonly change: bigint;
  readonly atime: Nanoseconds;
  readonly mtime: Nanoseconds;
  readonly ctime: Nanoseconds;
}

/** `now` is the server's time. */
export type SetTime = 'now' | Nanoseconds;

/** What SETATTR and the create operations may set. */
export interface AttributeChanges {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly size?: number;
  readonly atime?: SetTime;
  readonly mtime?: SetTime;
}

/** File system wide figures. Bytes and inodes. */
export interface FileSystemStatus {
  readonly totalBytes: number;
  readonly freeBytes: number;
  readonly totalFiles: number;
  readonly freeFiles: number;
}
