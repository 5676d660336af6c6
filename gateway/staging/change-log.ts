/**
 * Everything that has been done here and not in the store yet, in order. One log serves uploads, markers, metadata,
 * renames and deletes; it lives in the database and is mirrored in memory, where the questions of the hot path are
 * answered: is something pending for this key, below this prefix, which change may run.
 *
 * Keys in the log and in inodes are logical: the store's keys once every change logged so far has been done. While the
 * copies of a directory rename are under way, `physical` tells where a key still is.
 */
import type { Database, Table } from '../database/database.ts';
import type { Change, Fileid, LoggedKey, MoveTreeChange, PublishChange, RemoveChange } from './records.ts';

/** Keys whose changes were completed while a listing was under way: what the listing says of them may be old. */
export interface Watch {
  isTouched(key: string): boolean;
  isTouchedUnder(prefix: string): boolean;
  end(): void;
}

export type Logged<C extends Change = Change> = { readonly sequence: number } & C;

export class ChangeLog {
  readonly #table: Table<Change>;
  readonly #counters: Table<number>;
  /** In order of their sequence numbers. */
  readonly #pending = new Map<number, Change>();
  readonly #running = new Set<number>();
  /** Sequence numbers of the pending changes of a key, ascending. */
  readonly #byKey = new Map<string, number[]>();
  readonly #countUnder = new Map<string, number>();
  readonly #publishes = new Map<Fileid, number[]>();
  readonly #moves = new Map<number, MoveTreeChange>();
  readonly #watches = new Set<{ readonly export: number; readonly keys: Set<string> }>();
  #onAppend: (sequence: number) => void = () => undefined;
  #onComplete: (sequence: number, change: Change) => void = () => undefined;

  constructor(database: Database) {
    this.#table = database.table('changes');
    this.#counters = database.table('counters');
    for (const [key, change] of this.#table.range([])) this.#index(key[0] as number, change);
  }

  /** The queue listens here for new and changed entries. */
  onAppend(listener: (sequence: number) => void): void {
    this.#onAppend = listener;
  }

  /** The queue listens here for entries that are done or withdrawn. */
  onComplete(listener: (sequence: number, change: Change) => void): void {
    this.#onComplete = listener;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** The sequence number that the next change will get. */
  get next(): number {
    return this.#counters.get(['change']) ?? 1;
  }

  /** Inside a transaction. */
  append(change: Change): number {
    const sequence = this.next;
    this.#counters.put(['change'], sequence + 1);
    this.#table.put([sequence], change);
    this.#index(sequence, change);
    this.#onAppend(sequence);
    return sequence;
  }

  /** Inside a transaction: another value in the same place of the log. */
  replace(sequence: number, change: Change): void {
    const previous = this.#pending.get(sequence);
    if (previous === undefined) throw new Error(`change ${sequence} is not pending`);
    this.#unindex(sequence, previous, false);
    this.#table.put([sequence], change);
    this.#index(sequence, change);
    this.#onAppend(sequence);
  }

  /** Inside a transaction: the change is done, or no longer wanted. */
  complete(sequence: number): void {
    const change = this.#pending.get(sequence);
    if (change === undefined) return;
    this.#unindex(sequence, change, true);
    this.#table.delete([sequence]);
    this.#running.delete(sequence);
    this.#onComplete(sequence, change);
  }

  get(sequence: number): Change | undefined {
    return this.#pending.get(sequence);
  }

  /** In order. */
  entries(): Iterable<readonly [number, Change]> {
    return this.#pending.entries();
  }

  start(sequence: number): void {
    this.#running.add(sequence);
  }

  /** The attempt failed; it may be started again. */
  halt(sequence: number): void {
    this.#running.delete(sequence);
  }

  isRunning(sequence: number): boolean {
    return this.#running.has(sequence);
  }

  /** The last publish of the inode, unless it has been begun: then only carrying it out again tells what became of it. */
  waitingPublish(fileid: Fileid): Logged<PublishChange> | undefined {
    const sequence = this.#publishes.get(fileid)?.at(-1);
    if (sequence === undefined || this.#running.has(sequence)) return undefined;
    const change = this.#pending.get(sequence) as PublishChange;
    return change.writeId === undefined ? { sequence, ...change } : undefined;
  }

  /** Sequence numbers of all publishes of the inode. */
  publishesOf(fileid: Fileid): readonly number[] {
    return this.#publishes.get(fileid) ?? [];
  }

  isPublishPending(fileid: Fileid): boolean {
    return this.#publishes.has(fileid);
  }

  /** The removal that has not been started of what a key of now stands for, and that was logged under this very key. */
  waitingRemove(exportId: number, key: string): Logged<RemoveChange> | undefined {
    return this.#removalOf(exportId, key, [key]);
  }

  /** As `waitingRemove`, also where the key was called otherwise then. */
  removalOf(exportId: number, key: string): Logged<RemoveChange> | undefined {
    return this.#removalOf(exportId, key, this.aliases(exportId, key));
  }

  #removalOf(exportId: number, key: string, names: readonly string[]): Logged<RemoveChange> | undefined {
    for (const name of names) {
      for (const sequence of this.#byKey.get(id(exportId, name)) ?? []) {
        const change = this.#pending.get(sequence);
        if (change?.kind !== 'remove' || change.key !== name || this.#running.has(sequence)) continue;
        if (this.logical(exportId, { key: name, asOf: sequence }) === key) return { sequence, ...change };
      }
    }
    return undefined;
  }

  /** The removal that waits until this inode's bytes are elsewhere. */
  heldRemove(exportId: number, at: LoggedKey, holder: Fileid): Logged<RemoveChange> | undefined {
    for (const sequence of this.#byKey.get(id(exportId, at.key)) ?? []) {
      const change = this.#pending.get(sequence);
      if (change?.kind === 'remove' && change.holder === holder) return { sequence, ...change };
    }
    return undefined;
  }

  /** Publishes that were logged to write this key of now and are not running, in order; the names of their inodes may be others by now. */
  *claimants(exportId: number, key: string): Generator<Logged<PublishChange>> {
    for (const alias of this.aliases(exportId, key)) {
      for (const sequence of this.#byKey.get(id(exportId, alias)) ?? []) {
        const change = this.#pending.get(sequence);
        if (change?.kind !== 'publish' || change.keys[0] !== alias || this.#running.has(sequence)) continue;
        if (this.logical(exportId, { key: alias, asOf: sequence }) === key) yield { sequence, ...change };
      }
    }
  }

  /**
   * What writes or deletes a key next after its change at `sequence`, whatever reads it before; undefined where nothing
   * does, or where a directory rename comes first that may bring something else there.
   */
  following(sequence: number, key: string): Logged | undefined {
    const change = this.#pending.get(sequence);
    if (change === undefined) return undefined;
    const next = (this.#byKey.get(id(change.export, key)) ?? []).find(
      (other) => other > sequence && changesKey(this.#pending.get(other) as Change, key),
    );
    if (next === undefined) return undefined;
    for (const [other, move] of this.#moves) {
      const isBetween = other > sequence && other < next && move.export === change.export;
      if (isBetween && (overlaps(key, move.from) || overlaps(key, move.to))) return undefined;
    }
    return { sequence: next, ...(this.#pending.get(next) as Change) };
  }

  /** Whether no other pending change writes or deletes the key that this one was logged with, before or after it. */
  isAlone(sequence: number, key: string): boolean {
    const change = this.#pending.get(sequence);
    if (change === undefined) return false;
    const others = this.#byKey.get(id(change.export, key)) ?? [];
    return others.every((other) => other === sequence || !changesKey(this.#pending.get(other) as Change, key));
  }

  /** Whether the store is being asked right now to write or delete what is under this key of now. */
  isBeingWritten(exportId: number, key: string): boolean {
    for (const alias of this.aliases(exportId, key)) {
      for (const sequence of this.#byKey.get(id(exportId, alias)) ?? []) {
        const change = this.#pending.get(sequence);
        if (change === undefined || change.kind === 'move-tree' || !this.#running.has(sequence)) continue;
        if (change.keys[0] === alias && this.logical(exportId, { key: alias, asOf: sequence }) === key) return true;
      }
    }
    return false;
  }

  isPending(exportId: number, key: string): boolean {
    return this.#byKey.has(id(exportId, key));
  }

  isPendingUnder(exportId: number, prefix: string): boolean {
    return this.#countUnder.has(id(exportId, prefix));
  }

  /** How many changes with a key below the prefix there are. Looks at all of them. */
  countUnder(exportId: number, prefix: string): number {
    let count = 0;
    for (const change of this.#pending.values()) {
      if (change.export === exportId && change.keys.some((key) => key.startsWith(prefix))) count++;
    }
    return count;
  }

  /** Changes with a key below the prefix, in order. */
  *under(exportId: number, prefix: string): Generator<Logged> {
    if (!this.isPendingUnder(exportId, prefix)) return;
    for (const [sequence, change] of this.#pending) {
      if (change.export === exportId && change.keys.some((key) => key.startsWith(prefix)))
        yield { sequence, ...change };
    }
  }

  /** An earlier change that must be done first, or that another one of those waits for; undefined: there is none. */
  blockerOf(sequence: number): number | undefined {
    const change = this.#pending.get(sequence);
    if (change === undefined) return undefined;
    for (const key of change.keys) {
      const earlier = lastBefore(this.#byKey.get(id(change.export, key)), sequence);
      if (earlier !== undefined) return earlier;
    }
    if (change.kind === 'publish') {
      const earlier = lastBefore(this.#publishes.get(change.fileid), sequence);
      if (earlier !== undefined) return earlier;
    }
    for (const [earlier, move] of this.#moves) {
      if (earlier >= sequence || move.export !== change.export) continue;
      const taken = move.phase === 'copy' ? [move.from, move.to] : [move.from];
      if (change.keys.some((key) => taken.some((prefix) => overlaps(key, prefix)))) return earlier;
    }
    return change.kind === 'move-tree' ? this.#lastUnder(change, sequence) : undefined;
  }

  /** The last of the changes before a directory rename that have a key below its prefixes: they are done in about this order. */
  #lastUnder({ export: exportId, from, to }: MoveTreeChange, sequence: number): number | undefined {
    if (!this.isPendingUnder(exportId, from) && !this.isPendingUnder(exportId, to)) return undefined;
    let last: number | undefined;
    for (const [earlier, other] of this.#pending) {
      if (earlier >= sequence) break;
      if (other.export === exportId && other.keys.some((key) => key.startsWith(from) || key.startsWith(to)))
        last = earlier;
    }
    return last;
  }

  /** Whether a directory rename that was logged later waits for this change. */
  isMoveWaiting(sequence: number): boolean {
    const change = this.#pending.get(sequence);
    if (change === undefined) return false;
    for (const [later, move] of this.#moves) {
      const isLater = later > sequence && move.export === change.export;
      if (isLater && change.keys.some((key) => overlaps(key, move.from) || overlaps(key, move.to))) return true;
    }
    return false;
  }

  /** Where the store has a key now, while renames of directories are under way. */
  physical(exportId: number, { key, asOf }: LoggedKey): string {
    let at = key;
    for (const [sequence, move] of [...this.#moves].sort(([a], [b]) => b - a)) {
      if (sequence < asOf && move.export === exportId && move.phase === 'copy' && at.startsWith(move.to)) {
        at = move.from + at.slice(move.to.length);
      }
    }
    return at;
  }

  /** What a key in the log has become by now: directory renames that were logged later apply to it. */
  logical(exportId: number, { key, asOf }: LoggedKey): string {
    let at = key;
    for (const [sequence, move] of [...this.#moves].sort(([a], [b]) => a - b)) {
      if (sequence >= asOf && move.export === exportId && at.startsWith(move.from)) {
        at = move.to + at.slice(move.from.length);
      }
    }
    return at;
  }

  /** What a key of now is called at an earlier place in the log. */
  keyAt(exportId: number, key: string, sequence: number): string {
    let at = key;
    for (const [other, move] of [...this.#moves].sort(([a], [b]) => b - a)) {
      if (other > sequence && move.export === exportId && at.startsWith(move.to)) {
        at = move.from + at.slice(move.to.length);
      }
    }
    return at;
  }

  /** The key, and what it was before each directory rename that is not over: how older entries of the log call it. */
  aliases(exportId: number, key: string): readonly string[] {
    const names = [key];
    let at = key;
    for (const [, move] of [...this.#moves].sort(([a], [b]) => b - a)) {
      if (move.export !== exportId || !at.startsWith(move.to)) continue;
      at = move.from + at.slice(move.to.length);
      names.push(at);
    }
    return names;
  }

  /** Where in the store a pending change writes. */
  targetOf(sequence: number): string {
    const change = this.#pending.get(sequence);
    if (change === undefined) throw new Error(`change ${sequence} is not pending`);
    return this.physical(change.export, { key: change.keys[0] as string, asOf: sequence });
  }

  /** Whether this directory rename still reads from its old prefix. */
  isMoving(sequence: number): boolean {
    return this.#moves.get(sequence)?.phase === 'copy';
  }

  watch(exportId: number): Watch {
    const watch = { export: exportId, keys: new Set<string>() };
    this.#watches.add(watch);
    return {
      isTouched: (key) =>
        watch.keys.has(key) || [...watch.keys].some((touched) => touched.endsWith('/') && key.startsWith(touched)),
      isTouchedUnder: (prefix) =>
        [...watch.keys].some((key) => key.startsWith(prefix) || (key.endsWith('/') && prefix.startsWith(key))),
      end: () => this.#watches.delete(watch),
    };
  }

  #index(sequence: number, change: Change): void {
    this.#pending.set(sequence, change);
    for (const key of change.keys) {
      const sequences = this.#byKey.get(id(change.export, key)) ?? [];
      sequences.push(sequence);
      // A replaced entry comes back to its place.
      sequences.sort((a, b) => a - b);
      this.#byKey.set(id(change.export, key), sequences);
      for (const prefix of prefixesOf(key)) {
        const at = id(change.export, prefix);
        this.#countUnder.set(at, (this.#countUnder.get(at) ?? 0) + 1);
      }
    }
    if (change.kind === 'publish') {
      const sequences = this.#publishes.get(change.fileid) ?? [];
      if (!sequences.includes(sequence))
        this.#publishes.set(
          change.fileid,
          [...sequences, sequence].sort((a, b) => a - b),
        );
    } else if (change.kind === 'move-tree') this.#moves.set(sequence, change);
  }

  #unindex(sequence: number, change: Change, done: boolean): void {
    // Map.set keeps the place of an entry that is replaced, so only what is done leaves.
    if (done) this.#pending.delete(sequence);
    for (const key of change.keys) {
      const at = id(change.export, key);
      const sequences = (this.#byKey.get(at) ?? []).filter((other) => other !== sequence);
      if (sequences.length === 0) this.#byKey.delete(at);
      else this.#byKey.set(at, sequences);
      for (const prefix of prefixesOf(key)) {
        const below = id(change.export, prefix);
        const count = (this.#countUnder.get(below) ?? 0) - 1;
        if (count <= 0) this.#countUnder.delete(below);
        else this.#countUnder.set(below, count);
      }
    }
    if (change.kind === 'publish') {
      const sequences = (this.#publishes.get(change.fileid) ?? []).filter((other) => other !== sequence);
      if (sequences.length === 0) this.#publishes.delete(change.fileid);
      else this.#publishes.set(change.fileid, sequences);
    } else if (change.kind === 'move-tree') this.#moves.delete(sequence);
    for (const watch of this.#watches) {
      if (watch.export === change.export) for (const key of change.keys) watch.keys.add(key);
    }
  }
}

function id(exportId: number, key: string): string {
  return `${exportId}:${key}`;
}

/** Whether the change writes or deletes the key, and does not only read it. */
function changesKey({ kind, keys }: Change, key: string): boolean {
  return kind === 'move-tree' || keys[0] === key;
}

/** The last of ascending sequence numbers that is below `sequence`. */
function lastBefore(sequences: readonly number[] | undefined, sequence: number): number | undefined {
  return sequences?.findLast((other) => other < sequence);
}

/** Whether a key is below the prefix or, being a prefix itself, above it. */
function overlaps(key: string, prefix: string): boolean {
  return key.startsWith(prefix) || (key.endsWith('/') && prefix.startsWith(key));
}

/** `a/b/c` → `a/`, `a/b/`; `a/b/` → `a/`, `a/b/`. */
export function prefixesOf(key: string): readonly string[] {
  const prefixes: string[] = [];
  for (let at = key.indexOf('/'); at >= 0; at = key.indexOf('/', at + 1)) prefixes.push(key.slice(0, at + 1));
  return prefixes;
}
