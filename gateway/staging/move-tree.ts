/**
 * Renames a directory in the store: every key below the old prefix is copied, then the new prefix counts, then the old
 * keys are deleted. It can be broken off and begun again at any point.
 */
import type { Table } from '../database/database.ts';
import type { Expected, Fileid, MoveTreeChange } from './records.ts';
import { StoreError, type ListedObject, type ObjectStore, type Version } from '../store/object-store.ts';
import type { ExecutorParts } from './executor.ts';

const copyConcurrency = 16;

export class MoveTree {
  readonly #parts: ExecutorParts;
  /** ETags of what has been copied, by the sequence number of the change and the old key. */
  readonly #copied: Table<string>;

  constructor(parts: ExecutorParts) {
    this.#parts = parts;
    this.#copied = parts.database.table('copied');
  }

  async perform(sequence: number, change: MoveTreeChange): Promise<void> {
    const { changes, database, places, repayment } = this.#parts;
    const { store } = places.require(change.export);
    await repayment.beforeMove(change.export, change.from, sequence);
    await database.durable();
    if (change.phase === 'copy') {
      await this.#copy(sequence, change, store);
      database.transact(() => changes.replace(sequence, { ...change, phase: 'delete' }));
      await database.durable();
    }
    await this.#delete(sequence, change, store);
    database.transact(() => {
      for (const [key] of [...this.#copied.range([sequence])]) this.#copied.delete(key);
      changes.complete(sequence);
    });
    const parent = this.#parts.tree.get(change.fileid)?.parent;
    if (parent !== undefined && parent !== 0) this.#parts.invalidate(parent);
  }

  async #copy(sequence: number, change: MoveTreeChange, store: ObjectStore): Promise<void> {
    for await (const objects of pages(store, change.from)) {
      let next = 0;
      const work = async (): Promise<void> => {
        for (let object = objects[next++]; object !== undefined; object = objects[next++])
          await this.#copyOne(sequence, change, store, object);
      };
      await Promise.all(Array.from({ length: copyConcurrency }, work));
    }
  }

  async #copyOne(
    sequence: number,
    change: MoveTreeChange,
    store: ObjectStore,
    { key, version }: ListedObject,
  ): Promise<void> {
    const target = change.to + key.slice(change.from.length);
    if (this.#copied.get([sequence, key]) === version.etag) return;
    for (let source = version; ;) {
      try {
        const moved = await store.copy({
          sourceKey: key,
          pin: { etag: source.etag },
          targetKey: target,
          size: source.size,
          carry: source.storageClass === undefined ? {} : { storageClass: source.storageClass },
        });
        this.#parts.database.transact(() => {
          this.#copied.put([sequence, key], source.etag);
          this.#restate(sequence, change, target, source, moved);
        });
        return;
      } catch (error) {
        const { code } = error instanceof StoreError ? error : {};
        if (code !== 'PreconditionFailed' && code !== 'NotFound') throw error;
        // Somebody else has written or deleted it since it was listed.
        const found = await store.head(key);
        if (found === undefined) return;
        source = found.version;
      }
    }
  }

  /** Inside a transaction: tells everybody who expects a version under the old key which one it is under the new key. */
  #restate(sequence: number, change: MoveTreeChange, target: string, before: Version, moved: Version): void {
    const { changes, places, tree } = this.#parts;
    const key = changes.logical(change.export, { key: target, asOf: sequence + 1 });
    const isBefore = (expected: Expected): boolean => places.etagOf(expected) === before.etag;
    const after = { etag: before.etag, moved: { sequence, etag: moved.etag } };
    const fileid = this.#inodeAt(sequence, change, target);
    const object = fileid === undefined ? undefined : tree.get(fileid)?.object;
    if (fileid !== undefined && object !== undefined && places.versionOf(object).etag === before.etag) {
      const version = places.versionOf(object);
      tree.update(fileid, { object: { ...object, version, unconfirmed: true, moved: { sequence, version: moved } } });
    }
    for (const { loan, object } of this.#parts.loans.at(change.export, key)) {
      if (places.versionOf(object).etag === before.etag)
        this.#parts.loans.move(loan, { ...object, moved: { sequence, version: moved } });
    }
    const removal = changes.removalOf(change.export, key);
    if (removal !== undefined && isBefore(removal)) {
      const { sequence: at, ...rest } = removal;
      changes.replace(at, { ...rest, ...after });
    }
    const claimant = places.claimant(change.export, key);
    const replaces = claimant === undefined ? undefined : tree.get(claimant.fileid)?.replaces;
    if (claimant !== undefined && replaces !== undefined && 'etag' in replaces && isBefore(replaces))
      tree.update(claimant.fileid, { replaces: after });
  }

  /** The inode whose bytes will be under the new key: by its name, or as the one that a removal waits for. */
  #inodeAt(sequence: number, change: MoveTreeChange, target: string): Fileid | undefined {
    const { changes, places, tree } = this.#parts;
    const key = changes.logical(change.export, { key: target, asOf: sequence + 1 });
    const holder = changes.removalOf(change.export, key)?.holder;
    if (holder !== undefined) return holder;
    const displaced = places.claimant(change.export, key)?.displaces ?? [];
    for (const fileid of displaced) {
      const object = tree.get(fileid)?.object;
      if (object?.at !== undefined && changes.logical(change.export, object.at) === key) return fileid;
    }
    let fileid: Fileid | undefined = change.fileid;
    for (const name of target.slice(change.to.length).split('/')) {
      if (name === '' || fileid === undefined) break;
      fileid = tree.entry(fileid, name)?.fileid;
    }
    const object = fileid === undefined ? undefined : tree.get(fileid)?.object;
    // An inode that was renamed to this place since has its bytes elsewhere.
    if (fileid === undefined || object === undefined) return undefined;
    return places.objectKey(fileid, { export: change.export }, object) === places.physical(change.export, key)
      ? fileid
      : undefined;
  }

  async #delete(sequence: number, change: MoveTreeChange, store: ObjectStore): Promise<void> {
    const { notices } = this.#parts;
    for await (const objects of pages(store, change.from)) {
      const requests: { key: string; etag: string }[] = [];
      for (const { key, version } of objects) {
        if (this.#copied.get([sequence, key]) === version.etag) requests.push({ key, etag: version.etag });
        else
          notices.add({
            kind: 'kept',
            export: change.export,
            key,
            message: `${key} was written by somebody else while its folder was renamed, and stays where it is. Move it by hand if it belongs to the renamed folder.`,
          });
      }
      if (requests.length === 0) continue;
      for (const { key, error } of await store.delete(requests)) {
        if (error === undefined || error.code === 'NotFound') continue;
        if (error.code === 'PreconditionFailed' || error.code === 'AccessDenied') {
          notices.add({
            kind: error.code === 'AccessDenied' ? 'refused-delete' : 'kept',
            export: change.export,
            key,
            message: `${key} could not be deleted after its folder was renamed, so it is there twice: ${error.message}`,
          });
        } else throw error;
      }
    }
  }
}

async function* pages(store: ObjectStore, prefix: string): AsyncGenerator<readonly ListedObject[]> {
  let continuation: string | undefined;
  do {
    const page = await store.list(continuation === undefined ? { prefix } : { prefix, continuation });
    yield page.objects;
    continuation = page.continuation;
  } while (continuation !== undefined);
}
