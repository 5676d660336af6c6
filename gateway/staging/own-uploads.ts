/** Recognizes what this gateway has written itself where the answer was lost, with a crash or on the way. */
import { isDeepStrictEqual } from 'node:util';
import type { Database } from '../database/database.ts';
import type { ObjectDescription } from '../store/object-store.ts';
import type { ChangeLog } from './change-log.ts';
import type { Places } from './places.ts';
import { writeIdKey } from './posix-metadata.ts';
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
    { export: exportId, keys, writeId, borrows }: PublishChange,
    found: ObjectDescription,
  ): Promise<boolean> {
    if (writeId === undefined) return false;
    if (found.metadata.user[writeIdKey] === writeId) return true;
    const [, from] = keys;
    if (from === undefined || borrows === true) return false;
    // A copy that carried everything over bears no mark, but its source is still there.
    const { changes, places } = this.#parts;
    const source = await places.require(exportId).store.head(changes.physical(exportId, { key: from, asOf: sequence }));
    return source?.version.size === found.version.size && isDeepStrictEqual(source.metadata.user, found.metadata.user);
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
