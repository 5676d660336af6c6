/** What becomes of a publish whose key, or whose object, others have changed meanwhile: nothing is overwritten, nothing is lost. */
import { StoreError } from '../store/object-store.ts';
import type { Condition, ObjectDescription, Version } from '../store/object-store.ts';
import { conflictName, type Beside } from './conflict-name.ts';
import type { ExecutorParts } from './executor.ts';
import type { Place } from './places.ts';
import { describe, type Preservation, type Stretch } from './preservation.ts';
import type { Fileid, InodeRecord, PublishChange } from './records.ts';
import { nextChange } from './tree.ts';

/** A publish that the store has refused. */
export interface RefusedAttempt {
  readonly sequence: number;
  readonly fileid: Fileid;
  readonly place: Place;
  /** The key that is written. */
  readonly physical: string;
  readonly condition: Condition;
}

export class Conflicts {
  readonly #parts: ExecutorParts;
  readonly #preservation: Preservation;

  constructor(parts: ExecutorParts, preservation: Preservation) {
    this.#parts = parts;
    this.#preservation = preservation;
  }

  /**
   * Alters the inode or its publish so that the next attempt can succeed.
   * @throws StoreError Unavailable where everything is as it should be again: then trying again is all
   */
  async resolve(attempt: RefusedAttempt, cause: StoreError): Promise<void> {
    const { changes, database, own, places, tree } = this.#parts;
    const { fileid, physical, place, sequence } = attempt;
    const found = await place.store.head(physical);
    const change = changes.get(sequence) as PublishChange;
    const isOwn = found !== undefined && (await own.isOwn(sequence, change, found));
    const record = tree.get(fileid);
    // Renamed or removed meanwhile: the next attempt sees to what is left here.
    if (record === undefined || !places.isTarget(change, physical)) return;
    if (isOwn || (found !== undefined && record.type === 'directory')) {
      // The answer to an upload of ours was lost; whatever was written since goes up over it. And a marker is a marker,
      // whoever wrote it; attributes that were set here are written over it.
      database.transact(() => {
        tree.update(fileid, { object: { version: found.version }, replaces: undefined, metadata: found.metadata });
        const { completes } = change;
        // All of what is staged was sent in parts, and need not be sent again.
        if (!isOwn || completes === undefined || completes.generation !== record.staged?.generation) return;
        tree.update(fileid, { staged: undefined, ...(completes.isStale ? { restamp: true } : {}) });
        this.#parts.files.drop(fileid);
      });
    } else if (record.type === 'directory') {
      database.transact(() => tree.update(fileid, { object: undefined, replaces: { absent: true } }));
    } else if (record.staged === undefined && record.object !== undefined) {
      await this.#resolveCopy(attempt, record, cause);
    } else await this.#resolveWrite(attempt, record, found, cause);
  }

  /** New content. The key of its name, or the object that parts of it are in, is not as it was. */
  async #resolveWrite(
    attempt: RefusedAttempt,
    record: InodeRecord,
    found: ObjectDescription | undefined,
    cause: StoreError,
  ): Promise<void> {
    const { database, places, tree } = this.#parts;
    const { fileid, condition, physical, sequence } = attempt;
    const isExpected = 'absent' in condition ? found === undefined : found?.version.etag === condition.etag;
    const base = record.object === undefined ? undefined : places.locate(fileid, record.export, record.object);
    if (
      base !== undefined &&
      (base.key === physical || (await base.store.head(base.key))?.version.etag !== base.version.etag)
    ) {
      const missing = await this.#preservation.fetch(fileid, base.key);
      if (missing.length > 0) {
        this.#keepIncomplete(attempt, base.key, missing);
        return;
      }
      // All of it is staged now: the next attempt reads nothing of the store any more.
      if (isExpected) return;
    } else if (isExpected) throw changing(cause);
    if (found === undefined) database.transact(() => tree.update(fileid, { replaces: { absent: true } }));
    else this.#keepBoth(sequence, attempt);
  }

  /** A rename or a change of attributes, of an object that somebody else has changed meanwhile. */
  async #resolveCopy(attempt: RefusedAttempt, record: InodeRecord, cause: StoreError): Promise<void> {
    const { fileid, place, sequence, condition } = attempt;
    const { changes, database, invalidate, notices, onReplaced, onVanished, places, tree } = this.#parts;
    const source = places.locate(fileid, record.export, record.object);
    const found = await place.store.head(source.key);
    if (found !== undefined && found.version.etag === source.version.etag) {
      // The source is as it was: somebody else has written the target.
      if (!('absent' in condition) && record.object?.at === undefined) throw changing(cause);
      this.#keepBoth(sequence, attempt);
      return;
    }
    const parent = record.parent as Fileid;
    database.transact(() => {
      if (changes.get(sequence) === undefined || tree.get(fileid)?.parent !== parent) return;
      if (found === undefined) {
        notices.add({
          kind: 'vanished',
          export: record.export,
          key: source.key,
          message: `${record.name} was deleted by somebody else before its new name or attributes were sent; it is gone here too.`,
        });
        onVanished(fileid);
        tree.unlink(parent, record.name);
        changes.complete(sequence);
      } else {
        onReplaced(fileid, record);
        const time = BigInt(found.version.lastModified) * 1_000_000_000n;
        const at = record.object?.at;
        // The old name goes with their version too.
        const removal = at === undefined ? undefined : changes.heldRemove(record.export, at, fileid);
        if (removal !== undefined) {
          const { sequence: of, moved: _, ...rest } = removal;
          changes.replace(of, { ...rest, etag: found.version.etag });
        }
        tree.update(fileid, {
          object: { version: found.version, ...(at === undefined ? {} : { at }) },
          size: found.version.size,
          ...(record.restamp === true ? {} : { mtime: time, ctime: time }),
          metadata: found.metadata,
          change: nextChange(record.change),
        });
      }
    });
    invalidate(parent);
  }

  #keepBoth(sequence: number, attempt: RefusedAttempt): void {
    this.putBeside(sequence, attempt.fileid, attempt.physical, 'conflict', (name, beside) => ({
      kind: 'conflict',
      message: `${name} was changed by somebody else at the same time; your version is kept beside it as ${beside}. Compare the two and delete the one that you do not need.`,
    }));
  }

  /** Only parts of the file were written here, and what they were written over is gone. */
  #keepIncomplete({ sequence, fileid, physical }: RefusedAttempt, source: string, missing: readonly Stretch[]): void {
    const { database } = this.#parts;
    database.transact(() => {
      this.#preservation.detach(fileid, source, undefined);
      this.putBeside(sequence, fileid, physical, 'incomplete', (name, beside) => ({
        kind: 'conflict',
        message: `${name} was replaced or deleted by somebody else while parts of it were changed here. What was written here is kept as ${beside}; ${describe(missing)} were in the version that is gone, and are zeros there. Bring the changes into the present version by hand.`,
      }));
    });
  }

  /**
   * Gives an inode that waits to be published a name of its own, beside the version in the store that keeps the old one.
   * @param tell what the user is told, of the old and the new name
   */
  putBeside(
    sequence: number,
    fileid: Fileid,
    physical: string,
    why: Beside,
    tell: (name: string, beside: string) => { readonly kind: 'conflict' | 'recovered'; readonly message: string },
  ): void {
    const { changes, database, host, invalidate, notices, places, tree } = this.#parts;
    const parent = database.transact(() => {
      const change = changes.get(sequence);
      const record = tree.get(fileid);
      if (change?.kind !== 'publish' || record === undefined || !places.isTarget(change, physical)) return undefined;
      const directory = record.parent as Fileid;
      const isTaken = (candidate: string): boolean => tree.entry(directory, candidate) !== undefined;
      const name = conflictName(record.name, why, host, new Date(), isTaken);
      const { object } = record;
      const before = change.keys[0] as string;
      const isHere = object !== undefined && object.at === undefined;
      tree.unlink(directory, record.name);
      if (isHere) tree.link(directory, record.name, tree.add(storedVersion(record, places.versionOf(object))));
      tree.link(directory, name, fileid);
      tree.update(fileid, {
        name,
        replaces: { absent: true },
        ...(isHere ? { object: { ...object, at: { key: before, asOf: sequence } } } : {}),
      });
      const key = changes.keyAt(change.export, places.keyOf(fileid) as string, sequence);
      // What was sent under the old name was not this.
      const { writeId: _, recovers: __, ...rest } = change;
      changes.replace(sequence, { ...rest, keys: [key, ...(isHere ? [before] : change.keys.slice(1))] });
      notices.add({ ...tell(record.name, name), export: record.export, key: physical });
      return directory;
    });
    if (parent !== undefined) invalidate(parent);
  }
}

/** The inode as it is without what was changed here: the version that the store has. */
function storedVersion(record: InodeRecord, version: Version): InodeRecord {
  const { type, parent, name, mode, uid, gid, metadata, export: exportId } = record;
  const time = BigInt(version.lastModified) * 1_000_000_000n;
  return {
    ...{ type, parent, name, mode, uid, gid, export: exportId },
    ...{ size: version.size, atime: time, mtime: time, ctime: time, change: nextChange(record.change) },
    ...(metadata === undefined ? {} : { metadata }),
    object: { version },
    described: false,
  };
}

/** The store has refused what it would take by now. */
function changing(cause: StoreError): StoreError {
  return new StoreError('Unavailable', 'The object is being changed by somebody else at the same time.', { cause });
}
