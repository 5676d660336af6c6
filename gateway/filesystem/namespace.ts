/**
 * The changes of the tree: each is one transaction that alters names and inodes and logs what has to follow in the
 * store. Nothing here waits; whatever must be known of the store has been asked before.
 */
import type { ChangeLog, Logged } from '../staging/change-log.ts';
import type { Loans } from '../staging/loans.ts';
import type { Places } from '../staging/places.ts';
import type { Fileid, InodeRecord, PublishChange, RemoveChange, Replaces } from '../staging/records.ts';
import type { StagedFiles } from '../staging/staged-files.ts';
import { gatewayRoot, nextChange, type Tree } from '../staging/tree.ts';
import { localLimit } from './limits.ts';
import { isLocalName, isSillyName } from './names.ts';

export interface NamespaceParts {
  readonly tree: Tree;
  readonly changes: ChangeLog;
  readonly files: StagedFiles;
  readonly loans: Loans;
  readonly places: Places;
  readonly isOpen: (fileid: Fileid) => boolean;
  /** The inode has changed again before it was published: that settles anew. */
  readonly settle: (fileid: Fileid) => void;
}

/** What a new owner of a key finds there. */
interface Claim {
  readonly replaces: Replaces;
  /** An inode whose bytes are under the key and still needed. */
  readonly displaces: readonly Fileid[];
}

const nothing: Claim = { replaces: { absent: true }, displaces: [] };

export class Namespace {
  readonly #parts: NamespaceParts;

  constructor(parts: NamespaceParts) {
    this.#parts = parts;
  }

  /** Makes an inode under a name that is free, and logs its upload. */
  create(
    directory: Fileid,
    name: string,
    record: Omit<InodeRecord, 'parent' | 'name' | 'replaces' | 'localOnly'>,
  ): Fileid {
    const { tree } = this.#parts;
    const localOnly = record.type === 'file' && isLocalName(name);
    const claim = localOnly ? nothing : this.#claim(record.export, this.#keyIn(directory, name, record.type));
    const fileid = tree.add({
      ...record,
      parent: directory,
      name,
      replaces: claim.replaces,
      ...(localOnly ? { localOnly } : {}),
    });
    tree.link(directory, name, fileid);
    this.touchDirectory(directory);
    this.publish(fileid, claim.displaces);
    return fileid;
  }

  /** Logs that the store must be brought in line with the inode, unless that is to happen already. */
  publish(fileid: Fileid, displaces: readonly Fileid[] = []): void {
    const { changes, places, tree } = this.#parts;
    const record = tree.get(fileid);
    if (record === undefined || record.parent === 0 || record.parent === gatewayRoot) return;
    if (record.localOnly === true) {
      if (isLocalName(record.name) && record.size >= localLimit) this.#makeOrdinary(fileid, record);
      return;
    }
    if (changes.waitingPublish(fileid) !== undefined) return;
    const key = places.keyOf(fileid);
    if (key === undefined) return;
    const from = record.object?.at?.key;
    const lenders = this.#lenders(fileid, record.export);
    const change: PublishChange = {
      kind: 'publish',
      export: record.export,
      fileid,
      keys: [...new Set([key, ...(from === undefined ? [] : [from]), ...lenders])],
      ...(lenders.length > 0 ? { borrows: true } : {}),
      ...(displaces.length > 0 ? { displaces } : {}),
    };
    changes.append(change);
  }

  /** It is too large to be what its name says. */
  #makeOrdinary(fileid: Fileid, { export: exportId, parent, name, type }: InodeRecord): void {
    const claim = this.#claim(exportId, this.#keyIn(parent as Fileid, name, type));
    this.#parts.tree.update(fileid, { replaces: claim.replaces, localOnly: undefined });
    this.publish(fileid, claim.displaces);
  }

  /**
   * Logs the upload of a file that has borrowed bytes, at the end of the log. What is to be done to the keys that they are
   * under comes after it, so that the store can copy them from there.
   */
  borrow(fileid: Fileid): void {
    this.#relog(fileid, this.#parts.changes.waitingPublish(fileid)?.displaces ?? []);
  }

  /** The keys of now under which the bytes are that the file has borrowed. */
  #lenders(fileid: Fileid, exportId: number): readonly string[] {
    const { changes, loans } = this.#parts;
    return this.#loans(fileid).map((loan) => changes.logical(exportId, loans.require(loan).object.at));
  }

  #loans(fileid: Fileid): readonly number[] {
    const extents = this.#parts.files.get(fileid)?.extents.list ?? [];
    return [...new Set(extents.flatMap((extent) => ('loan' in extent ? [extent.loan] : [])))];
  }

  /** Logs anew, behind the publish of a borrower, what will write or delete the keys that it has borrowed from. */
  #serveFirst(fileid: Fileid): void {
    const { changes, places, tree } = this.#parts;
    const { export: exportId } = tree.require(fileid);
    for (const key of this.#lenders(fileid, exportId)) {
      const removal = changes.waitingRemove(exportId, key);
      if (removal !== undefined) {
        const { sequence, ...change } = removal;
        changes.complete(sequence);
        changes.append(change);
      }
      const claimant = places.claimant(exportId, key);
      const waits = claimant !== undefined && changes.waitingPublish(claimant.fileid)?.sequence === claimant.sequence;
      // Two that have borrowed of each other cannot both come first: one of them is given its bytes before.
      if (waits && claimant.fileid !== fileid && claimant.keys[0] === key && this.#loans(claimant.fileid).length === 0)
        this.#relog(claimant.fileid, claimant.displaces ?? []);
    }
  }

  /** Its staged bytes go beside the version that they were to replace. */
  recover(fileid: Fileid): void {
    const { changes } = this.#parts;
    const sequence = changes.publishesOf(fileid).at(-1);
    const change = sequence === undefined ? undefined : changes.get(sequence);
    if (sequence !== undefined && change?.kind === 'publish') changes.replace(sequence, { ...change, recovers: true });
  }

  /** Takes a name away, and with the name the inode, unless somebody has it open. */
  remove(directory: Fileid, name: string, fileid: Fileid): void {
    const { tree } = this.#parts;
    const record = tree.require(fileid);
    const key = this.#parts.places.keyOf(fileid);
    tree.unlink(directory, name);
    this.touchDirectory(directory);
    const claim = this.#takeOff(fileid, record, key);
    if (key !== undefined) this.#removeKey(record.export, key, claim);
    this.#keepEmptied(directory);
  }

  /** Moves a name, over whatever has the new one. */
  rename(from: Fileid, oldName: string, to: Fileid, newName: string, fileid: Fileid): void {
    const { places, tree } = this.#parts;
    const record = tree.require(fileid);
    const oldKey = places.keyOf(fileid) as string;
    const newKey = this.#keyIn(to, newName, record.type);
    const target = tree.entry(to, newName);
    let claim: Claim | undefined;
    if (target !== undefined) {
      const replaced = tree.require(target.fileid);
      tree.unlink(to, newName);
      claim = this.#takeOff(target.fileid, replaced, newKey);
      if (record.type === 'directory') this.#removeKey(record.export, newKey, claim);
    }
    const before = record.type === 'directory' ? undefined : this.#withdraw(fileid, record);
    tree.unlink(from, oldName);
    tree.link(to, newName, fileid);
    tree.update(fileid, { parent: to, name: newName });
    this.touchDirectory(from);
    if (to !== from) this.touchDirectory(to);
    if (record.type === 'directory') this.#renameDirectory(fileid, record, oldKey, newKey);
    else this.#renameFile({ fileid, record, oldKey, newKey, newName, before: before ?? nothing, claim });
    this.#keepEmptied(from);
  }

  #renameFile(step: {
    readonly fileid: Fileid;
    readonly record: InodeRecord;
    readonly oldKey: string;
    readonly newKey: string;
    readonly newName: string;
    /** What is under the old key. */
    readonly before: Claim;
    /** What is under the new key, where another inode had that. */
    readonly claim: Claim | undefined;
  }): void {
    const { changes, places, tree, isOpen } = this.#parts;
    const { fileid, record, oldKey, newKey, before } = step;
    const isSilly = isSillyName(step.newName) && isOpen(fileid);
    // What was uploaded before a client renamed it away is no longer local once it has a name again.
    const wasLocal = record.localOnly === true && record.object === undefined;
    const localOnly = isSilly || (wasLocal && isLocalName(step.newName));
    const isHere = record.object !== undefined && record.object.at === undefined;
    const at = isHere ? { key: oldKey, asOf: changes.next } : record.object?.at;
    const isBack = at !== undefined && changes.physical(record.export, at) === places.physical(record.export, newKey);
    const held = at === undefined ? undefined : changes.heldRemove(record.export, at, fileid);
    if (isBack && held !== undefined) changes.complete(held.sequence);
    const claim = localOnly || isBack ? nothing : (step.claim ?? this.#claim(record.export, newKey));
    tree.update(fileid, {
      object: record.object === undefined ? undefined : { ...record.object, at: isBack ? undefined : at },
      replaces: isBack ? undefined : claim.replaces,
      localOnly: localOnly ? true : undefined,
    });
    this.#relog(fileid, claim.displaces);
    if (localOnly && step.claim !== undefined) this.#removeKey(record.export, newKey, step.claim);
    this.#removeKey(record.export, oldKey, before, isHere ? fileid : before.displaces[0]);
  }

  /** Logs the publish of an inode at the end of the log, under the key that its name stands for now. */
  #relog(fileid: Fileid, displaces: readonly Fileid[]): void {
    const { changes, loans, tree } = this.#parts;
    const waiting = changes.waitingPublish(fileid);
    if (waiting !== undefined) changes.complete(waiting.sequence);
    const { export: exportId, object } = tree.require(fileid);
    const held = object?.at === undefined ? undefined : changes.heldRemove(exportId, object.at, fileid);
    for (const loan of this.#loans(fileid)) {
      const { object: lent } = loans.require(loan);
      loans.move(loan, { ...lent, at: { key: changes.logical(exportId, lent.at), asOf: changes.next } });
    }
    if (object?.at !== undefined) {
      // Directory renames that are in the log by now have moved the bytes before this publish looks for them.
      const at = { key: changes.logical(exportId, object.at), asOf: changes.next };
      tree.update(fileid, { object: { ...object, at } });
      if (held !== undefined) changes.complete(held.sequence);
      this.publish(fileid, displaces);
      if (held !== undefined) this.#removeAfter(fileid, at.key, held);
    } else this.publish(fileid, displaces);
    this.#serveFirst(fileid);
  }

  /** Logs a removal anew that waits for the bytes to be elsewhere: after the publish that brings them there. */
  #removeAfter(fileid: Fileid, key: string, { sequence: _, ...removal }: Logged<RemoveChange>): void {
    const { changes, places, tree } = this.#parts;
    const claimant = places.claimant(removal.export, key);
    if (claimant === undefined) {
      changes.append({ ...removal, keys: [key], key });
      return;
    }
    // Somebody else has been given this name behind a directory rename, and now comes before the removal.
    const { etag, moved } = removal;
    tree.update(claimant.fileid, { replaces: { etag, ...(moved === undefined ? {} : { moved }) } });
    const { sequence, ...publish } = claimant;
    changes.replace(sequence, { ...publish, displaces: [...(publish.displaces ?? []), fileid] });
  }

  #renameDirectory(fileid: Fileid, record: InodeRecord, oldKey: string, newKey: string): void {
    const { changes, tree } = this.#parts;
    if (record.remote !== true) {
      // The store has nothing of it yet: what waits goes to the new place at once.
      const waiting = [...this.#below(fileid)].flatMap((inode) => changes.waitingPublish(inode) ?? []);
      waiting.sort((a, b) => a.sequence - b.sequence);
      for (const change of waiting) this.#relog(change.fileid, change.displaces ?? []);
      return;
    }
    changes.append({
      kind: 'move-tree',
      export: record.export,
      fileid,
      from: oldKey,
      to: newKey,
      phase: 'copy',
      keys: [oldKey, newKey],
    });
    for (let at = tree.require(fileid).parent; at !== 0 && at !== gatewayRoot; at = tree.require(at).parent) {
      tree.update(at, { remote: true });
    }
  }

  /** The inode and everything in it. */
  *#below(fileid: Fileid): Generator<Fileid> {
    yield fileid;
    for (const entry of this.#parts.tree.byName(fileid)) yield* this.#below(entry.fileid);
  }

  /** A directory changes with its entries. */
  touchDirectory(directory: Fileid): void {
    const { tree } = this.#parts;
    const record = tree.require(directory);
    const now = BigInt(Date.now()) * 1_000_000n;
    tree.update(directory, { mtime: now, ctime: now, change: nextChange(record.change) });
    this.#parts.settle(directory);
  }

  /** The last name of an inode that was unlinked and has been closed now: it goes. */
  forget(fileid: Fileid): void {
    const { files, tree } = this.#parts;
    files.drop(fileid);
    tree.drop(fileid);
  }

  /** Somebody else has deleted what is open here: it goes on without a name. */
  orphan(fileid: Fileid): void {
    const { changes, places, tree } = this.#parts;
    const record = tree.require(fileid);
    const key = places.keyOf(fileid);
    const object =
      record.object === undefined || key === undefined
        ? record.object
        : { ...record.object, at: record.object.at ?? { key, asOf: changes.next } };
    tree.update(fileid, { parent: 0, object, change: nextChange(record.change) });
  }

  /** The inode loses its name for good. @returns what the store has under its key */
  #takeOff(fileid: Fileid, record: InodeRecord, key: string | undefined): Claim {
    const { changes, isOpen, tree } = this.#parts;
    const found = this.#withdraw(fileid, record);
    if (!isOpen(fileid)) {
      this.forget(fileid);
      return found;
    }
    const object =
      record.object === undefined || key === undefined
        ? record.object
        : { ...record.object, at: record.object.at ?? { key, asOf: changes.next } };
    const now = BigInt(Date.now()) * 1_000_000n;
    tree.update(fileid, { parent: 0, object, replaces: undefined, ctime: now, change: nextChange(record.change) });
    const isHere = record.object !== undefined && record.object.at === undefined;
    return isHere ? { ...found, displaces: [fileid] } : found;
  }

  /** Takes back the inode's publish where it has not begun. @returns what the store has under the key of its name */
  #withdraw(fileid: Fileid, record: InodeRecord): Claim {
    const { changes } = this.#parts;
    // One that has begun may have found no time yet to save what it displaces.
    const publishes = changes.publishesOf(fileid).map((sequence) => changes.get(sequence));
    const displaces = publishes.flatMap((change) => (change?.kind === 'publish' ? (change.displaces ?? []) : []));
    const waiting = changes.waitingPublish(fileid);
    if (waiting !== undefined) changes.complete(waiting.sequence);
    if (record.object !== undefined && record.object.at === undefined)
      return { replaces: this.#parts.places.expectationOf(record.object), displaces };
    return { replaces: record.replaces ?? nothing.replaces, displaces };
  }

  /** Takes a key over from a removal that has not begun. */
  #claim(exportId: number, key: string): Claim {
    const { changes } = this.#parts;
    const waiting = changes.waitingRemove(exportId, key);
    if (waiting === undefined) return nothing;
    changes.complete(waiting.sequence);
    const { etag, moved, holder } = waiting;
    const replaces = { etag, ...(moved === undefined ? {} : { moved }) };
    return { replaces, displaces: holder === undefined ? [] : [holder] };
  }

  /** Logs the deletion of what the store has under a key that nobody names any more. */
  #removeKey(exportId: number, key: string, found: Claim, holder: Fileid | undefined = found.displaces[0]): void {
    if (!('etag' in found.replaces)) return;
    const change: RemoveChange = {
      kind: 'remove',
      export: exportId,
      keys: [key],
      key,
      ...found.replaces,
      ...(holder === undefined ? {} : { holder }),
    };
    this.#parts.changes.append(change);
  }

  /** An emptied directory stays until rmdir: where the store knows it by its contents alone, it gets a marker. */
  #keepEmptied(directory: Fileid): void {
    const { tree } = this.#parts;
    const record = tree.require(directory);
    if (record.object !== undefined) return;
    for (const { fileid } of tree.byName(directory)) if (tree.get(fileid)?.localOnly !== true) return;
    this.publish(directory);
  }

  /** The key that the inode's name stands for. */
  keyOf(fileid: Fileid): string | undefined {
    return this.#parts.places.keyOf(fileid);
  }

  #keyIn(directory: Fileid, name: string, type: InodeRecord['type']): string {
    const above = this.#parts.places.keyOf(directory);
    if (above === undefined) throw new Error(`directory ${directory} has no name`);
    return above + name + (type === 'directory' ? '/' : '');
  }
}
