/** Where exports are, and where an inode's key and bytes are in them. */
import type { ObjectSource } from '../cache/blocks.ts';
import type { Expected, Fileid, InodeRecord, PublishChange, StoredObject } from './records.ts';
import type { Tree } from './tree.ts';
import type { ObjectStore, Version } from '../store/object-store.ts';
import type { ChangeLog, Logged } from './change-log.ts';

export interface Place {
  readonly store: ObjectStore;
  /** Empty, or ends in `/`. */
  readonly prefix: string;
}

export class Places {
  readonly #tree: Tree;
  readonly #changes: ChangeLog;
  readonly #places = new Map<number, Place>();

  constructor(tree: Tree, changes: ChangeLog) {
    this.#tree = tree;
    this.#changes = changes;
  }

  set(exportId: number, place: Place): void {
    this.#places.set(exportId, place);
  }

  get(exportId: number): Place | undefined {
    return this.#places.get(exportId);
  }

  require(exportId: number): Place {
    const place = this.#places.get(exportId);
    if (place === undefined) throw new Error(`export ${exportId} is not configured`);
    return place;
  }

  /** The logical key of the inode's name (a directory's ends in `/`; the root's is the prefix); undefined: unlinked. */
  keyOf(fileid: Fileid): string | undefined {
    const record = this.#tree.get(fileid);
    const path = this.#tree.path(fileid);
    if (record === undefined || path === undefined) return undefined;
    const key = this.require(record.export).prefix + path.join('/');
    return record.type === 'directory' && path.length > 0 ? `${key}/` : key;
  }

  /** The store's key for a logical key that is valid now. */
  physical(exportId: number, key: string): string {
    return this.#changes.physical(exportId, { key, asOf: Number.MAX_SAFE_INTEGER });
  }

  /** The key where the bytes of the inode's object are. */
  objectKey(fileid: Fileid, record: Pick<InodeRecord, 'export'>, object: StoredObject): string {
    if (object.at !== undefined) return this.#changes.physical(record.export, object.at);
    const key = this.keyOf(fileid);
    if (key === undefined) throw new Error(`inode ${fileid} has no name and its object no key`);
    return this.physical(record.export, key);
  }

  /** Whether the inode's bytes are under this key of the store. */
  isAt(fileid: Fileid, physical: string): boolean {
    const record = this.#tree.get(fileid);
    return record?.object !== undefined && this.objectKey(fileid, record, record.object) === physical;
  }

  /** Whether this key of the store, which the change writes, is still the one of the inode's name. */
  isTarget(change: PublishChange, physical: string): boolean {
    const record = this.#tree.get(change.fileid);
    const key = record === undefined || record.localOnly === true ? undefined : this.keyOf(change.fileid);
    if (key === undefined || key === this.require(change.export).prefix) return false;
    return this.physical(change.export, key) === physical;
  }

  /** The publish that will next write this key of now: of the inode that has the name. undefined where it has begun, or none was asked for. */
  claimant(exportId: number, key: string): Logged<PublishChange> | undefined {
    for (const change of this.#changes.claimants(exportId, key)) if (this.keyOf(change.fileid) === key) return change;
    return undefined;
  }

  /** The version of the object as it counts now, after directory renames that are over. */
  versionOf(object: StoredObject): Version {
    return object.moved !== undefined && !this.#changes.isMoving(object.moved.sequence)
      ? object.moved.version
      : object.version;
  }

  /** The ETag that counts now, after directory renames that are over. */
  etagOf({ etag, moved }: Expected): string {
    return moved !== undefined && !this.#changes.isMoving(moved.sequence) ? moved.etag : etag;
  }

  /** What the key of the object holds, now and after the directory rename that is under way. */
  expectationOf({ version, moved }: StoredObject): Expected {
    if (moved === undefined) return { etag: version.etag };
    return { etag: version.etag, moved: { sequence: moved.sequence, etag: moved.version.etag } };
  }

  locate(fileid: Fileid, exportId: number, object: StoredObject | undefined): ObjectSource {
    if (object === undefined) throw new Error(`inode ${fileid} has no object`);
    const { store } = this.require(exportId);
    return { store, key: this.objectKey(fileid, { export: exportId }, object), version: this.versionOf(object) };
  }
}
