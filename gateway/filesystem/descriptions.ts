/** Reads the metadata of versions that were never seen, before their attributes are first answered (`metadata=full`). */
import type { Database } from '../database/database.ts';
import type { Fileid, InodeRecord, StoredObject } from '../staging/records.ts';
import type { Tree } from '../staging/tree.ts';
import type { ChangeLog } from '../staging/change-log.ts';
import type { Places } from '../staging/places.ts';
import { readPosixMetadata } from '../staging/posix-metadata.ts';
import type { ObjectDescription, ObjectStore, Version } from '../store/object-store.ts';
import type { Exports } from './exports.ts';
import { maxSymlinkTarget } from './limits.ts';

/** How often a version may be replaced while it is asked for. */
const maxTries = 3;

export interface DescriptionsParts {
  readonly database: Database;
  readonly tree: Tree;
  readonly changes: ChangeLog;
  readonly places: Places;
  readonly exports: Exports;
}

export class Descriptions {
  readonly #parts: DescriptionsParts;
  readonly #running = new Map<Fileid, Promise<void>>();

  constructor(parts: DescriptionsParts) {
    this.#parts = parts;
  }

  /** Makes the inode's attributes final. @throws StoreError */
  async ensure(fileid: Fileid): Promise<void> {
    for (let tries = 0; tries < maxTries; tries++) {
      const record = this.#parts.tree.get(fileid);
      if (record === undefined || record.described) return;
      let running = this.#running.get(fileid);
      if (running === undefined) {
        running = this.#describe(fileid, record).finally(() => this.#running.delete(fileid));
        this.#running.set(fileid, running);
      }
      await running;
    }
  }

  async #describe(fileid: Fileid, record: InodeRecord): Promise<void> {
    const { changes, database, exports, places, tree } = this.#parts;
    const { store } = places.require(record.export);
    const isDirectory = record.type === 'directory';
    const key = record.object === undefined && isDirectory ? places.keyOf(fileid) : undefined;
    const source =
      record.object === undefined
        ? key === undefined
          ? undefined
          : places.physical(record.export, key)
        : places.locate(fileid, record.export, record.object).key;
    const found = source === undefined ? undefined : await store.head(source);
    const link = found === undefined ? undefined : await this.#target(store, source as string, found);
    database.transact(() => {
      const present = tree.get(fileid);
      if (present === undefined || present.described || changes.isPublishPending(fileid)) return;
      // Another version by now: that one is asked for in turn.
      if (present.object?.version.etag !== record.object?.version.etag) return;
      if (found === undefined) {
        // A directory without a marker has no metadata; a file that is gone will be missing from the next listing.
        tree.update(fileid, { described: true });
        return;
      }
      const of = exports.byId(record.export);
      const { type, mode, uid, gid, mtime, atime, device } = readPosixMetadata(found.metadata);
      if (of !== undefined && (type ?? mode ?? uid ?? gid) !== undefined) exports.markPosix(of);
      const { version } = found;
      tree.update(fileid, {
        described: true,
        metadata: found.metadata,
        object: this.#confirmed(present.object, version),
        type: isDirectory ? 'directory' : type === 'directory' || type === undefined ? 'file' : type,
        mode: mode ?? present.mode,
        uid: uid ?? present.uid,
        gid: gid ?? present.gid,
        ...(isDirectory ? {} : { size: link === undefined ? version.size : Buffer.byteLength(link) }),
        mtime: mtime ?? BigInt(version.lastModified) * 1_000_000_000n,
        ctime: BigInt(version.lastModified) * 1_000_000_000n,
        atime: atime ?? mtime ?? BigInt(version.lastModified) * 1_000_000_000n,
        ...(device === undefined ? {} : { device }),
        ...(link === undefined ? {} : { target: link }),
      });
    });
  }

  /** The object, with what a HEAD has told of it; a directory rename may have copied it before or meanwhile. */
  #confirmed(object: StoredObject | undefined, version: Version): StoredObject {
    if (object?.moved === undefined) return { ...(object?.at === undefined ? {} : { at: object.at }), version };
    const isMoving = this.#parts.changes.isMoving(object.moved.sequence);
    return isMoving && object.version.etag === version.etag ? { ...object, version } : object;
  }

  /** Where the object is a symlink, what it points to. */
  async #target(
    store: ObjectStore,
    key: string,
    { metadata, version }: ObjectDescription,
  ): Promise<string | undefined> {
    const { type, target } = readPosixMetadata(metadata);
    if (type !== 'symlink') return undefined;
    if (target !== undefined) return target;
    if (version.size > maxSymlinkTarget) return undefined;
    const { body } = await store.get({ key, pin: { etag: version.etag } });
    const chunks: Buffer[] = [];
    for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  }
}
