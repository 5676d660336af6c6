/** What the database keeps of every inode, name and pending change. Plain data: replaced, never changed in place. */
import type { ObjectMetadata, Version } from '../store/object-store.ts';
import type { Source } from './extents.ts';

export type InodeType = 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'block' | 'character';

/** Identifies an inode in this gateway; above 1, never reused. */
export type Fileid = number & { readonly fileid: unique symbol };

/**
 * A key as it stood in the change log at a moment: `asOf` is the sequence number of the next change then. Directory
 * renames that were logged later do not apply to it.
 */
export interface LoggedKey {
  readonly key: string;
  readonly asOf: number;
}

/** Where an inode's bytes are in the store, apart from its name. */
export interface StoredObject {
  readonly version: Version;
  /** Only where it is not the key that the inode's name stands for: renamed and not copied yet, or unlinked. */
  readonly at?: LoggedKey;
  /** The version it has once the directory move with this sequence number is over. */
  readonly moved?: { readonly sequence: number; readonly version: Version };
  /** ETag of the version that it was copied from, byte for byte. */
  readonly copyOf?: string;
  /** The time in `version` is our own guess at what the store will list. */
  readonly unconfirmed?: boolean;
}

/** A version that a key is expected to hold. */
export interface Expected {
  readonly etag: string;
  /** What it is once the directory move with this sequence number is over. */
  readonly moved?: { readonly sequence: number; readonly etag: string };
}

/** What the key of a name is expected to hold when the inode is first published there. */
export type Replaces = { readonly absent: true } | Expected;

export interface InodeRecord {
  readonly type: InodeType;
  readonly export: number;
  /** The directory it is in; 0 once it is unlinked and only kept for those who have it open. */
  readonly parent: Fileid | 0;
  readonly name: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  /** Nanoseconds since the epoch. */
  readonly atime: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
  /** Microseconds since the epoch of the last change, or one more than before. */
  readonly change: number;
  readonly device?: { readonly major: number; readonly minor: number };
  /** Of a symlink. */
  readonly target?: string;
  readonly object?: StoredObject;
  readonly replaces?: Replaces;
  /** Headers and unknown user metadata that every rewrite repeats; undefined: not seen yet. */
  readonly metadata?: ObjectMetadata;
  /** Extended attributes, by name with namespace, in base64; undefined: as `metadata` has them. */
  readonly xattrs?: Readonly<Record<string, string>>;
  /** Whether the attributes are final for this version; else a HEAD comes before they are first answered. */
  readonly described: boolean;
  /** The attributes in the object's metadata are behind. */
  readonly restamp?: boolean;
  /** Bytes in staging that the object does not have. */
  readonly staged?: StagedRecord;
  /** Verifier of the EXCLUSIVE create that made it, hex. */
  readonly verifier?: string;
  /** Never published: AppleDouble files and the like, and silly renames. */
  readonly localOnly?: boolean;
  /** Of a directory: the store may hold keys below it. */
  readonly remote?: boolean;
  /** Of a directory: it has been listed to its end, so what the store had then is in the tree. */
  readonly listed?: boolean;
}

export interface StagedRecord {
  /** Bytes of the object, from its start, that still count where no extent covers them. */
  readonly baseLength: number;
  /** Counts the changes of the content, so that an upload knows whether it sent the last one. */
  readonly generation: number;
  /** Whoever wrote them had not closed the file when they were committed. */
  readonly open?: true;
}

/** A name in a directory. Cookies ascend, are above 2 and never given twice in one directory. */
export interface EntryRecord {
  readonly fileid: Fileid;
  readonly cookie: number;
}

/** Bytes of a file that its object does not have: in a segment, borrowed, or zeros. Keyed by fileid and offset. */
export type ExtentRecord = {
  /** Bytes. */
  readonly length: number;
} & Source;

interface ChangeBase {
  readonly export: number;
  /** Keys that it reads or writes, as of its place in the log; changes of one key are done in order. */
  readonly keys: readonly string[];
}

/** Brings the store in line with an inode: its bytes, its metadata, its name. The first key is the one it writes. */
export interface PublishChange extends ChangeBase {
  readonly kind: 'publish';
  readonly fileid: Fileid;
  /** Keys behind its own, but for the one that its own object may be under, are those that it has borrowed bytes from. */
  readonly borrows?: true;
  /** Unlinked inodes whose bytes are under the key that will be overwritten. */
  readonly displaces?: readonly Fileid[];
  /** It has been begun, and may have reached the store without our knowing: this marks what it wrote. */
  readonly writeId?: string;
  /** The bytes were being written at a crash, and nobody came back for them: they go beside the version before. */
  readonly recovers?: true;
  /** The multipart upload that is being completed, or has been without our knowing. */
  readonly completes?: {
    /** Bytes. */
    readonly size: number;
    /** Of the staged content that it is. */
    readonly generation: number;
    /** The object will have the metadata of an earlier moment. */
    readonly isStale: boolean;
  };
}

/** Deletes an object, where it is still at the version that is meant. */
export interface RemoveChange extends ChangeBase, Expected {
  readonly kind: 'remove';
  readonly key: string;
  /** The inode whose bytes are still there: the object goes when the inode is gone or has its bytes elsewhere. */
  readonly holder?: Fileid;
}

/** Renames a prefix: everything is copied, then the new prefix counts, then the old one is deleted. */
export interface MoveTreeChange extends ChangeBase {
  readonly kind: 'move-tree';
  readonly fileid: Fileid;
  /** Both end in `/`. */
  readonly from: string;
  readonly to: string;
  readonly phase: 'copy' | 'delete';
}

export type Change = PublishChange | RemoveChange | MoveTreeChange;
