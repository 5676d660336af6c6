/** Brings the store in line with one inode: one PUT, one multipart upload, or one copy, whichever does it. */
import { randomUUID } from 'node:crypto';
import type { ObjectSource } from '../cache/blocks.ts';
import type { Fileid, InodeRecord, PublishChange } from './records.ts';
import { gatewayRoot } from './tree.ts';
import { Conflicts, type RefusedAttempt } from './conflicts.ts';
import { isGone, type ContentView } from './content.ts';
import type { ExecutorParts } from './executor.ts';
import { PartUpload, wholeLoan, type Sent } from './part-upload.ts';
import { withoutAttributes, writePosixMetadata } from './posix-metadata.ts';
import type { Preservation } from './preservation.ts';
import { carriedOf, isDone, isMoved, metadataOf } from './publish-state.ts';
import type { Frozen } from './staged-files.ts';
import { StoreError, type Condition, type ObjectMetadata, type Version } from '../store/object-store.ts';

interface Attempt extends RefusedAttempt {
  /** undefined: the store keeps what the object has. */
  readonly metadata: ObjectMetadata | undefined;
}

export class Publish {
  readonly #parts: ExecutorParts;
  readonly #preservation: Preservation;
  readonly #conflicts: Conflicts;
  readonly #upload: PartUpload;

  constructor(parts: ExecutorParts, preservation: Preservation) {
    this.#parts = parts;
    this.#preservation = preservation;
    this.#conflicts = new Conflicts(parts, preservation);
    this.#upload = new PartUpload(parts);
  }

  async perform(sequence: number, change: PublishChange): Promise<void> {
    const { changes, database, multiparts, places, repayment, tree } = this.#parts;
    const { fileid } = change;
    const target = changes.targetOf(sequence);
    const { export: exportId } = change;
    await repayment.before(exportId, changes.logical(exportId, { key: change.keys[0] as string, asOf: sequence }));
    for (const displaced of change.displaces ?? []) await this.#preservation.preserve(displaced, target);
    if (!places.isTarget(change, target)) return this.#retract(sequence, change, target);
    if (isDone(tree.require(fileid))) {
      database.transact(() => changes.complete(sequence));
      return;
    }
    if (change.recovers === true && this.#recover(sequence, change, target)) return;
    await this.#learnMetadata(fileid);
    const writeId = change.writeId ?? multiparts.get(fileid)?.writeId ?? randomUUID();
    database.transact(() => {
      const { recovers: _, ...rest } = change;
      changes.replace(sequence, { ...rest, writeId });
      const record = tree.get(fileid);
      if (record !== undefined) this.#markRemote(fileid, record);
    });
    await database.durable();
    const frozen = tree.get(fileid)?.type === 'file' ? await this.#parts.files.get(fileid)?.freeze() : undefined;
    try {
      // From here to the request nothing is waited for: what is sent is what the inode is now.
      if (!places.isTarget(change, target)) return;
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

  /**
   * Staged bytes that nobody came back for go beside the version that they were to replace.
   * @returns whether there is such a version; else they keep the name
   */
  #recover(sequence: number, { fileid, export: exportId }: PublishChange, target: string): boolean {
    const { notices, tree } = this.#parts;
    const { name, object, replaces } = tree.require(fileid);
    const isNew = object === undefined && (replaces === undefined || 'absent' in replaces);
    if (!isNew) {
      this.#conflicts.putBeside(sequence, fileid, target, 'recovered', (_, beside) => ({
        kind: 'recovered',
        message: `${name} was being written when the gateway ended, and no program went on with it: what had been committed is kept beside the version before, as ${beside}. Compare the two and delete the one that you do not need.`,
      }));
      return true;
    }
    notices.add({
      kind: 'recovered',
      export: exportId,
      key: target,
      message: `${name} was being written when the gateway ended, and no program went on with it: it has what had been committed by then. Check that it is complete.`,
    });
    return false;
  }

  async #attempt(attempt: Attempt, frozen: Frozen | undefined): Promise<void> {
    try {
      const { version, isStale } = await this.#send(attempt, frozen);
      this.#finish(attempt, frozen, version, isStale);
    } catch (error) {
      // The key is not as it must be, or what was to be copied or read from the store is not there any more.
      if (!(error instanceof StoreError) || !isGone(error)) throw error;
      // What a copy was to be made of is gone: what is cached of it is kept, and sent at the next attempt.
      const lost = frozen === undefined ? 'none' : await this.#parts.repayment.ofLost(attempt.fileid);
      if (lost === 'repaid') return;
      if (lost === 'lost') throw error;
      await this.#conflicts.resolve(attempt, error);
    }
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

  async #send(attempt: Attempt, frozen: Frozen | undefined): Promise<Sent> {
    const { fileid, physical, metadata, condition, place } = attempt;
    const { places, tree } = this.#parts;
    const record = frozen?.record ?? tree.require(fileid);
    if (frozen === undefined && record.object !== undefined) {
      const source = places.locate(fileid, record.export, record.object);
      const { etag, versionId } = source.version;
      const version = await place.store.copy({
        sourceKey: source.key,
        pin: versionId === undefined ? { etag } : { etag, versionId },
        targetKey: physical,
        size: source.version.size,
        condition,
        ...(metadata === undefined ? { carry: carriedOf(source.version, record) } : { metadata }),
      });
      return { version, isStale: false };
    }
    if (metadata === undefined) throw new Error('an upload carries metadata');
    if (frozen === undefined) {
      const body = Buffer.from(record.target ?? '');
      return { version: await place.store.put({ key: physical, body, metadata, condition }), isStale: false };
    }
    const view: ContentView = { fileid, export: record.export, ...frozen };
    return this.#upload.send({ ...attempt, metadata, generation: frozen.generation }, view);
  }

  /** Finds out what a rewrite of the object has to repeat; a mere rename takes it along unseen. */
  async #learnMetadata(fileid: Fileid): Promise<void> {
    const { database, places, tree } = this.#parts;
    const record = tree.get(fileid);
    if (record === undefined || record.metadata !== undefined || isMoved(record)) return;
    const source =
      record.object === undefined ? this.#copied(fileid) : places.locate(fileid, record.export, record.object);
    if (source === undefined) return;
    const found = await this.#metadataOf(fileid, source);
    const learned = record.object === undefined && found !== undefined ? withoutAttributes(found) : found;
    const metadata = learned ?? metadataOf(record);
    database.transact(() => {
      if (tree.get(fileid)?.metadata === undefined) tree.update(fileid, { metadata });
    });
  }

  async #metadataOf(fileid: Fileid, source: ObjectSource): Promise<ObjectMetadata | undefined> {
    const { content, files } = this.#parts;
    try {
      if (content.metadataOf(source) === undefined && files.get(fileid) !== undefined)
        await this.#upload.begin(content.view(fileid));
    } catch (error) {
      // What becomes of an upload whose base is gone is decided when it is sent.
      if (!isGone(error)) throw error;
    }
    return content.metadataOf(source) ?? (await source.store.head(source.key))?.metadata;
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

  #finish(attempt: Attempt, frozen: Frozen | undefined, version: Version, isStale: boolean): void {
    const { changes, database, files, places, tree } = this.#parts;
    const { sequence, fileid, metadata } = attempt;
    database.transact(() => {
      const change = changes.get(sequence) as PublishChange;
      const inPlace = places.isTarget(change, attempt.physical);
      // Attributes that were set since have asked for another publish.
      const isLast = changes.publishesOf(fileid).at(-1) === sequence;
      // What has the metadata of an earlier moment is given those of now by another attempt, which is a copy.
      if (inPlace && isStale && isLast) this.#restamp(sequence, change);
      else if (inPlace) changes.complete(sequence);
      const hasBytes = inPlace || this.#leave(sequence, change, fileid, version, attempt.physical);
      const record = tree.get(fileid);
      if (record === undefined) return;
      const copied =
        frozen === undefined && record.object !== undefined ? places.versionOf(record.object).etag : undefined;
      const object = { version, unconfirmed: true, ...(copied === undefined ? {} : { copyOf: copied }) };
      tree.update(fileid, {
        ...(inPlace ? { object, replaces: undefined } : {}),
        ...(metadata === undefined ? {} : { metadata, described: true }),
        ...(metadata !== undefined && inPlace && isLast ? { restamp: undefined } : {}),
        ...(isStale ? { restamp: true } : {}),
      });
      if (hasBytes && frozen !== undefined && record.staged?.generation === frozen.generation) {
        tree.update(fileid, { staged: undefined });
        files.drop(fileid);
      }
    });
  }

  /** Inside a transaction: the same change once more, now that the bytes are there. */
  #restamp(sequence: number, { kind, export: exportId, fileid, keys }: PublishChange): void {
    this.#parts.changes.replace(sequence, { kind, export: exportId, fileid, keys: keys.slice(0, 1) });
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
    const { changes, places, tree } = this.#parts;
    const key = keys[0] as string;
    const next = changes.following(sequence, key);
    const claimant = places.claimant(exportId, changes.logical(exportId, { key, asOf: sequence }));
    if (next?.kind === 'publish' && next.sequence === claimant?.sequence) {
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
    const { changes, places, tree } = this.#parts;
    const key = changes.logical(exportId, { key: keys[0] as string, asOf: sequence });
    changes.complete(sequence);
    tree.update(fileid, { object: { version, unconfirmed: true, at: { key, asOf: changes.next } } });
    const waiting = changes.waitingPublish(fileid);
    if (waiting !== undefined) {
      const { sequence: at, ...change } = waiting;
      const [own = key, ...lenders] = change.keys;
      changes.replace(at, { ...change, keys: [own, changes.keyAt(exportId, key, at), ...lenders] });
    }
    const claimant = places.claimant(exportId, key);
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

  /** What the key must hold for the write to go ahead. */
  #conditionOf({ object, replaces }: InodeRecord): Condition {
    const { places } = this.#parts;
    if (replaces !== undefined) return 'etag' in replaces ? { etag: places.etagOf(replaces) } : replaces;
    if (object !== undefined && object.at === undefined) return { etag: places.versionOf(object).etag };
    return { absent: true };
  }
}
