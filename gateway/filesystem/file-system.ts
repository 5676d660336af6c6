/**
 * What both protocols call. Names are bytes decoded as UTF-8 and already checked to be that; everything else (length,
 * `/`, NUL, `.` and `..`) is checked here. Every method throws FileSystemError and nothing else, and every change is on
 * the local disk when its promise resolves, except unstable writes.
 */
import type {
  AttributeChanges,
  Attributes,
  DeviceNumber,
  Fileid,
  FileSystemStatus,
  Nanoseconds,
} from './attributes.ts';
import type { Caller } from './caller.ts';

/**
 * A file, directory, symlink or special file that was found: by filehandle or by name. It stays valid over renames;
 * once the inode is gone, operations on it throw STALE. Two for the same inode have equal `key`s.
 */
export interface Node {
  /** Stable identity among this gateway's file systems, over restarts too, for maps: share reservations, locks, opens. */
  readonly key: string;
  readonly fileid: Fileid;
  readonly isDirectory: boolean;
  /** Whether the grant or the export is read-only. */
  readonly readOnly: boolean;
  /** RFC 8881 §2.2.1: at most 64 bytes, a multiple of 4, the same for ever for this inode and grant. */
  readonly handle: Buffer;
}

/** POSIX access bits as NFS has them (ACCESS4_*, ACCESS3_*). */
export const Access = {
  read: 0x01,
  lookup: 0x02,
  modify: 0x04,
  extend: 0x08,
  delete: 0x10,
  execute: 0x20,
  /** RFC 8276 §8.5 */
  readXattr: 0x40,
  writeXattr: 0x80,
  listXattrs: 0x100,
} as const;

/** `change` of what an operation has changed, before and after; always atomic. */
export interface ChangeInfo {
  readonly before: bigint;
  readonly after: bigint;
}

/**
 * Names one operation of one client, so that it is done once though it be asked twice: the result is kept in the same
 * transaction as the change and answers a retry after a crash.
 */
export interface Once {
  /** Whose slot or transaction; a later operation under the same key replaces the record. */
  readonly key: string;
  /** Which request in that slot. */
  readonly sequence: number;
}

export interface OperationContext {
  readonly caller: Caller;
  readonly once?: Once;
  /** SETATTR is refused with NOTSYNC where the inode has another ctime by then (sattrguard3 of RFC 1813). */
  readonly onlyIfChangedAt?: Nanoseconds;
}

export interface Created {
  readonly node: Node;
  readonly created: boolean;
  readonly directory: ChangeInfo;
}

/** How a file comes to be. RFC 8881 §18.16.3. */
export type CreateHow =
  | { readonly mode: 'unchecked'; readonly attributes: AttributeChanges }
  | { readonly mode: 'guarded'; readonly attributes: AttributeChanges }
  /** `verifier` 8 bytes: a second create with the same one finds the file of the first. */
  | { readonly mode: 'exclusive'; readonly verifier: Buffer; readonly attributes: AttributeChanges };

export interface ReadResult {
  /** In order; to be sent, not changed. */
  readonly data: readonly Buffer[];
  readonly eof: boolean;
}

export type Stability = 'unstable' | 'data-sync' | 'file-sync';

export interface WriteResult {
  /** Bytes taken, from the start of the data. */
  readonly count: number;
  /** At least what was asked for. */
  readonly committed: Stability;
  /** Of the file. */
  readonly change: ChangeInfo;
}

export interface DirectoryEntry {
  readonly name: string;
  /** Above 2, ascending within the directory, stable over restarts. */
  readonly cookie: number;
  readonly node: Node;
}

export interface DirectoryPage {
  readonly entries: readonly DirectoryEntry[];
  /** Whether `entries` reach the end of the directory. */
  readonly end: boolean;
}

/**
 * A file somebody has open. It pins what READs see (the version that was opened, §4), keeps an unlinked file alive and
 * holds back the upload of one that is being written. Opens that survive a restart are opened again by reclaim.
 */
export interface OpenFile {
  readonly node: Node;
  read(offset: number, count: number): Promise<ReadResult>;
  write(offset: number, data: Buffer, stability: Stability): Promise<WriteResult>;
  /** Changes whether this open counts as a writer (OPEN upgrade and OPEN_DOWNGRADE). */
  setAccess(access: OpenAccess): Promise<void>;
  /** Idempotent. With the last writer the file is due for upload; in write-through mode it is published. */
  close(): Promise<void>;
}

export interface OpenAccess {
  readonly read: boolean;
  readonly write: boolean;
}

/** A regular file that an operation reads or changes: under an open, whose access suffices, else as the caller may. */
export interface FileUse {
  readonly node: Node;
  readonly open: OpenFile | undefined;
}

/** Bytes. */
export interface CopyRange {
  readonly sourceOffset: number;
  readonly targetOffset: number;
  /** 0: to the end of the source. */
  readonly length: number;
}

/** A stretch of a file; `data` undefined: a hole. Bytes. */
export interface FileStretch {
  readonly offset: number;
  readonly length: number;
  /** In order; to be sent, not changed. */
  readonly data: readonly Buffer[] | undefined;
}

/** How SETXATTR is meant: whether the attribute must be new, must be there, or either. */
export type XattrHow = 'either' | 'create' | 'replace';

export interface FileSystem {
  /** Whether the outcome of exactly this operation is kept, so that asking it again is answered from that. */
  hasRecord(once: Once): boolean;

  /** Changes with every start and after every failed fsync. 8 bytes. */
  writeVerifier(): Buffer;

  /** The root of this gateway's name space, whose entries are the exports. */
  root(caller: Caller): Node;
  /** @throws BADHANDLE (malformed), STALE (wrong MAC, gone, revoked), ACCESS (the grant does not admit the caller) */
  resolve(handle: Buffer, caller: Caller): Node;

  /** This, `attributes` and `access` answer without a promise what is known, and throw at once what can be said at once. */
  lookup(directory: Node, name: string, caller: Caller): Promise<Node> | Node;
  /** The directory above; at the root of an export the root of the gateway. @throws NOENT at the root of all */
  lookupParent(directory: Node, caller: Caller): Promise<Node>;

  /** Two answers that are one object are equal. */
  attributes(node: Node): Promise<Attributes> | Attributes;
  /** As `attributes`, as far as they are known here without asking anybody; undefined where they are not, or it is gone. */
  known(node: Node): Attributes | undefined;
  /**
   * Milliseconds for which what is known of a file goes on to count without asking the store; Infinity where nobody but
   * this gateway decides. @throws STALE
   */
  knownFor(node: Node): number;
  /**
   * @param open the open under which the size is set (NFSv4 stateid), whose access then suffices
   * @throws PERM, ACCESS, ROFS, ISDIR (size of a directory), INVAL, FBIG, NOSPC, NOTSYNC
   */
  setAttributes(node: Node, changes: AttributeChanges, context: OperationContext, open?: OpenFile): Promise<ChangeInfo>;
  /** Which of `mask` (Access bits) the caller has. */
  access(node: Node, mask: number, caller: Caller): Promise<number> | number;
  readLink(node: Node, caller: Caller): Promise<string>;
  /** Entries with cookies above `cookie`; at most about `limit`, never `.` and `..`. */
  readDirectory(directory: Node, cookie: number, limit: number, caller: Caller): Promise<DirectoryPage>;

  /** Makes or finds a regular file; permission to open it is `open`'s. An existing one is truncated by size 0 only where it may be written. */
  createFile(directory: Node, name: string, how: CreateHow, context: OperationContext): Promise<Created>;
  makeDirectory(
    directory: Node,
    name: string,
    attributes: AttributeChanges,
    context: OperationContext,
  ): Promise<Created>;
  makeSymlink(
    directory: Node,
    name: string,
    target: string,
    attributes: AttributeChanges,
    context: OperationContext,
  ): Promise<Created>;
  makeSpecial(
    directory: Node,
    name: string,
    type: 'fifo' | 'socket' | 'block' | 'character',
    device: DeviceNumber,
    attributes: AttributeChanges,
    context: OperationContext,
  ): Promise<Created>;
  /** @param kind undefined: whatever it is (NFSv4); else as REMOVE and RMDIR of v3 */
  remove(
    directory: Node,
    name: string,
    kind: 'file' | 'directory' | undefined,
    context: OperationContext,
  ): Promise<ChangeInfo>;
  rename(
    fromDirectory: Node,
    fromName: string,
    toDirectory: Node,
    toName: string,
    context: OperationContext,
  ): Promise<{ readonly source: ChangeInfo; readonly target: ChangeInfo }>;

  /**
   * @param purpose `open`: permissions of the caller are checked, the version is revalidated; `created`: by the one who
   *   has just created it, whatever its mode; `reclaim`: after a restart, not checked again
   */
  open(node: Node, access: OpenAccess, purpose: 'open' | 'created' | 'reclaim', caller: Caller): Promise<OpenFile>;
  /** READ, WRITE without an open (special stateids, NFSv3): permissions are checked each time, the owner's always suffice. */
  read(node: Node, offset: number, count: number, caller: Caller): Promise<ReadResult>;
  write(node: Node, offset: number, data: Buffer, stability: Stability, caller: Caller): Promise<WriteResult>;
  /** Everything written to the file is on the local disk afterwards (in write-through mode: in S3). */
  commit(node: Node, caller: Caller): Promise<void>;

  status(node: Node): Promise<FileSystemStatus>;

  /**
   * Makes a range of one file that of another, without moving bytes where the store can copy them. Done in order and on
   * the disk when it resolves. @returns bytes that were copied: those asked for, or fewer
   * @throws WRONGTYPE, INVAL (a range beyond the source's end, overlapping ranges of one file), FBIG, NOSPC, ROFS, ACCESS
   */
  copy(source: FileUse, target: FileUse, range: CopyRange, caller: Caller): Promise<number>;
  /** As `copy`, all of it at one moment. @throws also XDEV where that cannot be */
  clone(source: FileUse, target: FileUse, range: CopyRange, caller: Caller): Promise<void>;
  /** The first byte of data, or of a hole, from `offset` on; the file ends in a hole. @throws NXIO (offset at or beyond the end) */
  seek(
    file: FileUse,
    offset: number,
    kind: 'data' | 'hole',
    caller: Caller,
  ): Promise<{ readonly offset: number; readonly isEnd: boolean }>;
  /** As `read`, holes apart; contiguous stretches from `offset` on. */
  readStretches(
    file: FileUse,
    offset: number,
    count: number,
    caller: Caller,
  ): Promise<{ readonly stretches: readonly FileStretch[]; readonly eof: boolean }>;
  /** The file reaches at least to the end of the range; new bytes are zeros. @throws WRONGTYPE, FBIG, ROFS, ACCESS */
  allocate(file: FileUse, offset: number, length: number, caller: Caller): Promise<void>;
  /** @throws NOXATTR, ACCESS */
  getXattr(node: Node, name: string, caller: Caller): Promise<Buffer>;
  /** Names in a fixed order. @throws ACCESS */
  listXattrs(node: Node, caller: Caller): Promise<readonly string[]>;
  /** @returns `change` of the node @throws EXIST, NOXATTR, XATTR2BIG, INVAL, NAMETOOLONG, PERM (no file nor directory), ACCESS, ROFS */
  setXattr(node: Node, name: string, value: Buffer, how: XattrHow, context: OperationContext): Promise<ChangeInfo>;
  /** @throws NOXATTR, PERM, ACCESS, ROFS */
  removeXattr(node: Node, name: string, context: OperationContext): Promise<ChangeInfo>;
  /** The range, as far as the file reaches, becomes a hole. @throws WRONGTYPE, ROFS, ACCESS */
  deallocate(file: FileUse, offset: number, length: number, caller: Caller): Promise<void>;
}
