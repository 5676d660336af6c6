/** Brings the store in line with one inode: one PUT, one multipart upload, or one copy, whichever does it. */
import { randomUUID } from 'node:crypto';
import type { ObjectSource } from '../cache/blocks.ts';
import type { Fileid, InodeRecord, PublishChange } from './records.ts';
import { gatewayRoot, nextChange } from './tree.ts';
import { conflictName } from './conflict-name.ts';
import { isGone, type ContentView } from './content.ts';
import type { ExecutorParts } from './executor.ts';
import { PartUpload, readSize, wholeLoan } from './part-upload.ts';
import type { Place } from './places.ts';
import { withoutAttributes, writePosixMetadata } from './posix-metadata.ts';
import { carriedOf, isDone, isMoved, metadataOf } from './publish-state.ts';
import type { Frozen } from './staged-files.ts';
import { StoreError } from '../store/object-store.ts';
import type { Condition, ObjectMetadata, Version } from '../store/object-store.ts';

interface Attempt {
  readonly sequence: number;
  readonly fileid: Fileid;
  readonly place: Place;
  /** The key that is written. */
  readonly physical: string;
  /** undefined: the store keeps what the object has. */
  readonly metadata: ObjectMetadata | undefined;
  readonly condition: Condition;
}

export class Publish {
  readonly #parts: ExecutorParts;
  readonly #upload: PartUpload;

  constructor(parts: ExecutorParts) {
    this.#parts = parts;
    this.#upload = new PartUpload(parts);
  }

  async perform(sequence: number, change: PublishChange): Promise<void> {
    const { changes, database, places, repayment, tree } = this.#parts;
    const { fileid } = change;
    const target = changes.targetOf(sequence);
    const { export: exportId } = change;
    await repayment.before(exportId, changes.logical(exportId, { key: change.keys[0] as string, asOf: sequence }));
    for (const displaced of change.displaces ?? []) await this.preserve(displaced, target);
    if (!this.#isHere(change, target)) return this.#retract(sequence, change, target);
    if (isDone(tree.require(fileid))) {
      database.transact(() => changes.complete(sequence));
      return;
    }
    await this.#abortLeftover(change, target);
    await this.#learnMetadata(fileid);
    const writeId = change.writeId ?? randomUUID();
    database.transact(() => {
      const { uploadId: _, ...rest } = change;
      changes.replace(sequence, { ...rest, writeId });
      const record = tree.get(fileid);
      if (record !== undefined) this.#markRemote(fileid, record);
    });
    await database.durable();
    const frozen = tree.get(fileid)?.type === 'file' ? await this.#parts.files.get(fileid)?.freeze() : undefined;
    try {
      // From here to the request nothing is waited for: what is sent is what the inode is now.
      if (!this.#isHere(change, target)) return;
      const record = frozen?.record ?? tree.require(fileid);
      if (record.staged !== undefined && frozen === undefined) return;
      const isMove = isMoved(record) && record.metadata === undefined;
      if (!isMove && record.metadata === undefined && record.object !== undefined) return;
      const attempt: Attempt = {
        sequence,
        fileid,
        place: places.require(change.export),
        physical: target,
        metadata: isMove ? undefined : writePosixMetadata(record, metadataOf(record), writeId),
        condition: this.#conditionOf(record),
      };
      await this.#attempt(attempt, frozen);
    } finally {
      frozen?.end();
    }
  }

  /** Parts that an attempt before a crash has sent. */
  async #abortLeftover({ export: exportId, uploadId }: PublishChange, target: string): Promise<void> {
    if (uploadId === undefined) return;
    try {
      await this.#parts.places.require(exportId).store.multipart.abort(target, uploadId);
    } catch (error) {
      if (!(error instanceof StoreError) || (error.code !== 'NoSuchUpload' && error.code !== 'NotFound')) throw error;
    }
  }

  async #attempt(attempt: Attempt, frozen: Frozen | undefined): Promise<void> {
    try {
      const version = await this.#send(attempt, frozen);
      this.#finish(attempt, frozen, version);
    } catch (error) {
      const isRefused =
        error instanceof StoreError &&
        // A key that must be at some version and is gone altogether.
        (error.code === 'PreconditionFailed' || (error.code === 'NotFound' && 'etag' in attempt.condition));
      if (!isRefused && !isGone(error)) throw error;
      // What a copy was to be made of is gone: what is cached of it is kept, and sent at the next attempt.
      const lost = frozen === undefined ? 'none' : await this.#parts.repayment.ofLost(attempt.fileid);
      if (lost === 'repaid') return;
      if (lost === 'lost') throw error;
      if (!isRefused) throw error;
      await this.#resolve(attempt, error);
    }
  }

  /** Whether the key that the change writes is still the one of the inode's name. */
  #isHere(change: PublishChange, target: string): boolean {
    const { places, tree } = this.#parts;
    const record = tree.get(change.fileid);
    const key = record === undefined || record.localOnly === true ? undefined : places.keyOf(change.fileid);
    if (key === undefined || key === places.require(change.export).prefix) return false;
    return places.physical(change.export, key) === target;
  }

  /** The inode has another name by now, or none. What an earlier attempt may have written under the old one must go. */
  async #retract(sequence: number, change: PublishChange, target: string): Promise<void> {
    const { changes, database, places } = this.#parts;
    const { fileid, writeId } = change;
    const found = writeId === undefined ? undefined : await places.require(change.export).store.head(target);
    const isOwn = found !== undefined && (await this.#parts.own.isOwn(sequence, change, found));
    database.transact(() => {
      const latest = changes.get(sequence);
      if (latest?.kind !== 'publish') return;
      if (isOwn) this.#leave(sequence, latest, fileid, found.version, target);
      else changes.complete(sequence);
    });
  }

  async #send(attempt: Attempt, frozen: Frozen | undefined): Promise<Version> {
    const { fileid, physical, metadata, condition, place } = attempt;
    const { places, tree } = this.#parts;
    const record = frozen?.record ?? tree.require(fileid);
    if (frozen === undefined && record.object !== undefined) {
      const source = places.locate(fileid, record.export, record.object);
      const { etag, versionId } = source.version;
      return place.store.copy({
        sourceKey: source.key,
        pin: versionId === undefined ? { etag } : { etag, versionId },
        targetKey: physical,
        size: source.version.size,
        condition,
        ...(metadata === undefined ? { carry: carriedOf(source.version, record) } : { metadata }),
      });
    }
    if (metadata === undefined) throw new Error('an upload carries metadata');
    if (frozen === undefined) {
      return place.store.put({ key: physical, body: Buffer.from(record.target ?? ''), metadata, condition });
    }
    const view: ContentView = { fileid, export: record.export, ...frozen };
    return this.#upload.send({ ...attempt, metadata }, view);
  }

  /** Finds out what a rewrite of the object has to repeat; a mere rename takes it along unseen. */
  async #learnMetadata(fileid: Fileid): Promise<void> {
    const { database, places, tree } = this.#parts;
    const record = tree.get(fileid);
    if (record === undefined || record.metadata !== undefined || isMoved(record)) return;
    const source =
      record.object === undefined ? this.#copied(fileid) : places.locate(fileid, record.export, record.object);
    if (source === undefined) return;
    const found = (await source.store.head(source.key))?.metadata;
    const learned = record.object === undefined && found !== undefined ? withoutAttributes(found) : found;
    const metadata = learned ?? metadataOf(record);
    database.transact(() => {
      if (tree.get(fileid)?.metadata === undefined) tree.update(fileid, { metadata });
    });
  }

  /** The object that a new file is a copy of, all of it. */
  #copied(fileid: Fileid): ObjectSource | undefined {
    const { content, files, loans } = this.#parts;
    const loan = files.get(fileid) === undefined ? undefined : wholeLoan(content.view(fileid));
    return loan === undefined ? undefined : loans.locate(loan);
  }

  /** Inside a transaction: the store may have keys below the directories above from now on. */
  #markRemote(fileid: Fileid, record: InodeRecord): void {
    const { tree } = this.#parts;
    if (record.type === 'directory' && record.remote !== true) {
      tree.update(fileid, { remote: true });
      this.#parts.onRemote(fileid);
    }
    for (let at = record.parent; at !== 0 && at !== gatewayRoot;) {
      const directory = tree.get(at);
      if (directory === undefined || directory.remote === true) return;
      tree.update(at, { remote: true });
      this.#parts.onRemote(at);
      at = directory.parent;
    }
  }

  #finish(attempt: Attempt, frozen: Frozen | undefined, version: Version): void {
    const { changes, database, files, places, tree } = this.#parts;
    const { sequence, fileid, metadata } = attempt;
    database.transact(() => {
      const change = changes.get(sequence) as PublishChange;
      const inPlace = this.#isHere(change, attempt.physical);
      if (inPlace) changes.complete(sequence);
      const hasBytes = inPlace || this.#leave(sequence, change, fileid, version, attempt.physical);
      const record = tree.get(fileid);
      if (record === undefined) return;
      // Attributes that were set since have asked for another publish.
      const isLast = changes.waitingPublish(fileid) === undefined;
      const copied =
        frozen === undefined && record.object !== undefined ? places.versionOf(record.object).etag : undefined;
      const object = { version, unconfirmed: true, ...(copied === undefined ? {} : { copyOf: copied }) };
      tree.update(fileid, {
        ...(inPlace ? { object, replaces: undefined } : {}),
        ...(metadata === undefined ? {} : { metadata, described: true }),
        ...(metadata !== undefined && inPlace && isLast ? { restamp: undefined } : {}),
      });
      if (hasBytes && frozen !== undefined && record.staged?.generation === frozen.generation) {
        tree.update(fileid, { staged: undefined });
        files.drop(fileid);
      }
    });
  }

  /**
   * Inside a transaction: what was written is under a name that is no longer the inode's, and must go from there, before
   * anything that was logged later comes to that key.
   * @returns whether the inode has its bytes there until then
   */
  #leave(sequence: number, change: PublishChange, fileid: Fileid, version: Version, target: string): boolean {
    const record = this.#parts.tree.get(fileid);
    // An object that it has elsewhere stays its own; one that was here has been overwritten.
    const isKept = record !== undefined && (record.object === undefined || this.#parts.places.isAt(fileid, target));
    if (isKept) this.#leaveKept(sequence, change, fileid, version);
    else this.#leaveBehind(sequence, change, version);
    return isKept;
  }

  /** Inside a transaction: nobody needs what was written, so it goes before anything that was logged later comes to that key. */
  #leaveBehind(sequence: number, { export: exportId, keys }: PublishChange, version: Version): void {
    const { changes, tree } = this.#parts;
    const key = keys[0] as string;
    const next = changes.following(sequence, key);
    if (next?.kind === 'publish' && next.keys[0] === key) {
      // Nothing to delete: the next file of that name will overwrite it.
      tree.update(next.fileid, { replaces: { etag: version.etag } });
      changes.complete(sequence);
      return;
    }
    // What it was to delete has been overwritten.
    if (next?.kind === 'remove') changes.complete(next.sequence);
    changes.replace(sequence, { kind: 'remove', export: exportId, keys: [key], key, etag: version.etag });
  }

  /** Inside a transaction: what was written are the inode's bytes until its next publish has brought them to its name. */
  #leaveKept(sequence: number, { export: exportId, keys }: PublishChange, fileid: Fileid, version: Version): void {
    const { changes, tree } = this.#parts;
    const key = changes.logical(exportId, { key: keys[0] as string, asOf: sequence });
    changes.complete(sequence);
    tree.update(fileid, { object: { version, unconfirmed: true, at: { key, asOf: changes.next } } });
    const waiting = changes.waitingPublish(fileid);
    if (waiting !== undefined) {
      const { sequence: at, ...change } = waiting;
      const [own = key, ...lenders] = change.keys;
      changes.replace(at, { ...change, keys: [own, changes.keyAt(exportId, key, at), ...lenders] });
    }
    const claimant = changes.claimant(exportId, key);
    if (claimant !== undefined) {
      // Nothing to delete: the next file of that name will overwrite it.
      tree.update(claimant.fileid, { replaces: { etag: version.etag } });
      const { sequence: at, ...change } = claimant;
      changes.replace(at, { ...change, displaces: [...(change.displaces ?? []), fileid] });
      return;
    }
    const obsolete = changes.waitingRemove(exportId, key);
    if (obsolete !== undefined) changes.complete(obsolete.sequence);
    changes.append({ kind: 'remove', export: exportId, keys: [key], key, etag: version.etag, holder: fileid });
  }

  /** The store holds another version than expected. Nothing is overwritten. */
  async #resolve(attempt: Attempt, cause: StoreError): Promise<void> {
    const { changes, database, tree } = this.#parts;
    const { fileid, physical, place, sequence } = attempt;
    const found = await place.store.head(physical);
    const change = changes.get(sequence) as PublishChange;
    const isOwn = found !== undefined && (await this.#parts.own.isOwn(sequence, change, found));
    const record = tree.get(fileid);
    // Renamed or removed meanwhile: the next attempt sees to what is left here.
    if (record === undefined || !this.#isHere(change, physical)) return;
    if (isOwn) {
      // The answer to an upload of ours was lost. Whatever was written since goes up over it.
      database.transact(() =>
        tree.update(fileid, { object: { version: found.version }, replaces: undefined, metadata: found.metadata }),
      );
      return;
    }
    if (record.staged === undefined && record.object !== undefined) {
      await this.#resolveCopy(attempt, record, cause);
      return;
    }
    if (found === undefined) {
      database.transact(() => tree.update(fileid, { replaces: { absent: true } }));
      return;
    }
    if (record.type === 'directory') {
      // A marker is a marker, whoever wrote it; attributes that were set here are written over it.
      database.transact(() =>
        tree.update(fileid, { object: { version: found.version }, replaces: undefined, metadata: found.metadata }),
      );
      return;
    }
    await this.#keepBoth(attempt, record);
  }

  /** A rename or a change of attributes, of an object that somebody else has changed meanwhile. */
  async #resolveCopy(attempt: Attempt, record: InodeRecord, cause: StoreError): Promise<void> {
    const { fileid, place, sequence, condition } = attempt;
    const { changes, database, invalidate, notices, places, tree } = this.#parts;
    const source = places.locate(fileid, record.export, record.object);
    const found = await place.store.head(source.key);
    if (found !== undefined && found.version.etag === source.version.etag) {
      // The source is as it was: somebody else has written the target.
      if (!('absent' in condition) && record.object?.at === undefined) throw cause;
      await this.#keepBoth(attempt, record);
      return;
    }
    database.transact(() => {
      if (found === undefined) {
        notices.add({
          kind: 'vanished',
          export: record.export,
          key: source.key,
          message: `${record.name} was deleted by somebody else before its new name or attributes were sent; it is gone here too.`,
        });
        tree.unlink(record.parent as Fileid, record.name);
        tree.drop(fileid);
        changes.complete(sequence);
      } else {
        const at = record.object?.at;
        tree.update(fileid, {
          object: { version: found.version, ...(at === undefined ? {} : { at }) },
          size: found.version.size,
          metadata: found.metadata,
          change: nextChange(record.change),
        });
      }
    });
    if (record.parent !== 0) invalidate(record.parent);
  }

  /** The local version gets a name of its own beside the remote one. */
  async #keepBoth({ fileid, sequence, physical }: Attempt, record: InodeRecord): Promise<void> {
    const { changes, database, host, invalidate, notices, places, tree } = this.#parts;
    if (record.staged !== undefined) await this.preserve(fileid, physical);
    const parent = record.parent as Fileid;
    const name = conflictName(
      record.name,
      host,
      new Date(),
      (candidate) => tree.entry(parent, candidate) !== undefined,
    );
    database.transact(() => {
      const change = changes.get(sequence) as PublishChange;
      const present = tree.get(fileid);
      if (present === undefined || present.parent === 0 || !this.#isHere(change, physical)) return;
      tree.unlink(present.parent, present.name);
      tree.link(present.parent, name, fileid);
      tree.update(fileid, { name, replaces: { absent: true } });
      const key = changes.keyAt(change.export, places.keyOf(fileid) as string, sequence);
      changes.replace(sequence, { ...change, keys: [key, ...change.keys.slice(1)] });
    });
    notices.add({
      kind: 'conflict',
      export: record.export,
      key: physical,
      message: `${record.name} was changed by somebody else at the same time; your version is kept beside it as ${name}. Compare the two and delete the one that you do not need.`,
    });
    invalidate(parent);
  }

  /** Brings all bytes that an inode has under this key into staging, because its object is about to be overwritten or deleted. */
  async preserve(fileid: Fileid, physical: string): Promise<void> {
    const { content, database, files, places, tree } = this.#parts;
    const record = tree.get(fileid);
    if (!this.#parts.places.isAt(fileid, physical) || record?.object === undefined) return;
    const source = places.locate(fileid, record.export, record.object);
    const metadata = record.metadata ?? (await source.store.head(source.key))?.metadata;
    if (record.type === 'file' && tree.get(fileid) !== undefined) {
      const file = files.require(fileid);
      const view = content.view(fileid);
      for (const piece of [...file.extents.pieces(0, Math.min(view.baseLength, view.size))]) {
        if (piece.extent !== undefined) continue;
        for (let at = piece.offset; at < piece.offset + piece.length; at += readSize) {
          const bytes = await content.read(view, at, Math.min(readSize, piece.offset + piece.length - at));
          await file.absorb(at, Buffer.concat(bytes));
        }
      }
      await file.commit();
    }
    database.transact(() => {
      // Renamed back meanwhile, the inode goes on with its object.
      if (!this.#parts.places.isAt(fileid, physical)) return;
      const present = tree.require(fileid);
      tree.update(fileid, {
        object: undefined,
        metadata: present.metadata ?? metadata,
        ...(present.type === 'file'
          ? { staged: { baseLength: 0, generation: (present.staged?.generation ?? 0) + 1 } }
          : {}),
      });
    });
  }

  /** What the key must hold for the write to go ahead. */
  #conditionOf({ object, replaces }: InodeRecord): Condition {
    const { places } = this.#parts;
    if (replaces !== undefined) return 'etag' in replaces ? { etag: places.etagOf(replaces) } : replaces;
    if (object !== undefined && object.at === undefined) return { etag: places.versionOf(object).etag };
    return { absent: true };
  }
}
