/** Recognizes what this gateway has written itself where the answer was lost, with a crash or on the way. */
import { isDeepStrictEqual } from 'node:util';
import { crc32 } from 'node:zlib';
import type { Database } from '../database/database.ts';
import { StoreError, type ListedObject, type ObjectDescription, type ObjectStore } from '../store/object-store.ts';
import type { ChangeLog } from './change-log.ts';
import type { Places } from './places.ts';
import { readContentMark, writeIdKey } from './posix-metadata.ts';
import type { Fileid, PublishChange } from './records.ts';
import type { Tree } from './tree.ts';

export interface OwnUploadsParts {
  readonly database: Database;
  readonly tree: Tree;
  readonly changes: ChangeLog;
  readonly places: Places;
}

export class OwnUploads {
  readonly #parts: OwnUploadsParts;

  constructor(parts: OwnUploadsParts) {
    this.#parts = parts;
  }

  /** Whether what is under the key of a publish is what an attempt at it has put there. @throws StoreError */
  async isOwn(
    sequence: number,
    { export: exportId, keys, writeId, borrows, completes }: PublishChange,
    found: ObjectDescription,
  ): Promise<boolean> {
    if (writeId === undefined) return false;
    const { changes, places } = this.#parts;
    const { store } = places.require(exportId);
    // The change may have ended meanwhile: what it wrote is where it was to be written.
    const target = {
      key: changes.physical(exportId, { key: keys[0] as string, asOf: sequence }),
      version: found.version,
    };
    if (found.metadata.user[writeIdKey] === writeId) {
      // The size of what is sent in parts may not have been known when its metadata were written.
      if (found.version.size === completes?.size) return true;
      const mark = readContentMark(found.metadata);
      if (mark?.size !== found.version.size) return false;
      return mark.crc === undefined || mark.crc === (await crcOf(store, target));
    }
    const [, from] = keys;
    if (from === undefined || borrows === true) return false;
    // A copy that carried everything over bears no mark of its own, but its source is still there.
    const key = changes.physical(exportId, { key: from, asOf: sequence });
    const source = await store.head(key);
    if (source?.version.size !== found.version.size || !isDeepStrictEqual(source.metadata.user, found.metadata.user))
      return false;
    if (source.version.etag === found.version.etag || source.metadata.user[writeIdKey] !== undefined) return true;
    return (await crcOf(store, { key, version: source.version })) === (await crcOf(store, target));
  }

  /**
   * Takes over what an upload of the inode, not known to have arrived, has written over the object that the inode's
   * bytes are in. Whatever was staged for it still counts above that.
   * @returns whether there was such an upload
   * @throws StoreError
   */
  async adopt(fileid: Fileid): Promise<boolean> {
    const { changes, database, places, tree } = this.#parts;
    for (const sequence of changes.publishesOf(fileid)) {
      const change = changes.get(sequence);
      const target = changes.targetOf(sequence);
      if (change?.kind !== 'publish' || change.writeId === undefined || !places.isAt(fileid, target)) continue;
      const found = await places.require(change.export).store.head(target);
      if (found === undefined || !(await this.isOwn(sequence, change, found))) continue;
      database.transact(() => {
        const object = tree.get(fileid)?.object;
        if (object === undefined || !places.isAt(fileid, target)) return;
        const at = object.at === undefined ? {} : { at: object.at };
        tree.update(fileid, { object: { version: found.version, ...at } });
      });
      return true;
    }
    return false;
  }
}

/** Of the bytes of the version; undefined where it is gone. Answers get lost seldom, so reading it all is no matter. */
async function crcOf(store: ObjectStore, { key, version }: ListedObject): Promise<number | undefined> {
  try {
    const { body } = await store.get({ key, pin: { etag: version.etag } });
    let crc = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) crc = crc32(chunk, crc);
    return crc;
  } catch (error) {
    if (error instanceof StoreError && (error.code === 'NotFound' || error.code === 'PreconditionFailed'))
      return undefined;
    throw error;
  }
}
