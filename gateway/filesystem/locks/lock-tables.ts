/** The byte-range locks of all files, by Node.key. One for the whole gateway: whatever protocol locks, locks here. */
import { ByteRangeLocks, type HeldLock, type LockKind, type LockRange } from './byte-range-locks.ts';

/** Who holds a lock; compared by identity. The fields are what somebody who is refused is told of the holder. */
export interface LockHolder {
  /** 0 where the protocol has none. */
  readonly clientid: bigint;
  readonly owner: Buffer;
  /** NLM's number of the process at its client; 0 where the protocol has none. */
  readonly svid: number;
}

/** Takes a holder's locks in the file away where it has gone silent. @returns whether it has */
export type LockEviction = (holder: LockHolder, nodeKey: string) => Promise<boolean>;

export class LockTables {
  readonly #files = new Map<string, ByteRangeLocks<LockHolder>>();
  readonly #evictions: LockEviction[] = [];
  readonly #waiting = new Map<string, Set<() => void>>();

  /** As ByteRangeLocks.conflict. */
  conflict(nodeKey: string, holder: LockHolder, kind: LockKind, range: LockRange): HeldLock<LockHolder> | undefined {
    return this.#files.get(nodeKey)?.conflict(holder, kind, range);
  }

  /** A protocol that lets silent clients keep their locks until somebody else wants them. */
  evictBy(eviction: LockEviction): void {
    this.#evictions.push(eviction);
  }

  /** As `conflict`, once silent holders have given way. After the await others may have come: ask `conflict` again. */
  async contention(
    nodeKey: string,
    holder: LockHolder,
    kind: LockKind,
    range: LockRange,
  ): Promise<HeldLock<LockHolder> | undefined> {
    for (;;) {
      const inTheWay = this.conflict(nodeKey, holder, kind, range);
      if (inTheWay === undefined || !(await this.#evict(inTheWay.owner, nodeKey))) return inTheWay;
    }
  }

  async #evict(holder: LockHolder, nodeKey: string): Promise<boolean> {
    for (const eviction of this.#evictions) if (await eviction(holder, nodeKey)) return true;
    return false;
  }

  /** As ByteRangeLocks.lock: the caller has asked `conflict`. */
  lock(nodeKey: string, holder: LockHolder, kind: LockKind, range: LockRange): void {
    let locks = this.#files.get(nodeKey);
    if (locks === undefined) {
      locks = new ByteRangeLocks();
      this.#files.set(nodeKey, locks);
    }
    locks.lock(holder, kind, range);
    // It may have gone down from write to read.
    if (kind === 'read') this.#freed(nodeKey);
  }

  unlock(nodeKey: string, holder: LockHolder, range: LockRange): void {
    this.#files.get(nodeKey)?.unlock(holder, range);
    this.#tidy(nodeKey);
  }

  unlockAll(nodeKey: string, holder: LockHolder): void {
    this.#files.get(nodeKey)?.unlockAll(holder);
    this.#tidy(nodeKey);
  }

  /** What the holder has of the file, ascending. */
  held(nodeKey: string, holder: LockHolder): readonly HeldLock<LockHolder>[] {
    return this.#files.get(nodeKey)?.held(holder) ?? [];
  }

  /** Who has locked something of the file. */
  holders(nodeKey: string): Iterable<LockHolder> {
    return this.#files.get(nodeKey)?.owners() ?? [];
  }

  /** Bytes that the holder has locked; to the end of the file counts to 2^64. */
  lockedBytes(nodeKey: string, holder: LockHolder): bigint {
    return this.held(nodeKey, holder).reduce((sum, lock) => sum + lock.end - lock.start, 0n);
  }

  /** Calls the listener, soon, whenever something of the file's locks was given back. @returns what ends that */
  onFreed(nodeKey: string, listener: () => void): () => void {
    const listeners = this.#waiting.get(nodeKey) ?? new Set();
    this.#waiting.set(nodeKey, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#waiting.get(nodeKey) === listeners) this.#waiting.delete(nodeKey);
    };
  }

  #freed(nodeKey: string): void {
    for (const listener of this.#waiting.get(nodeKey) ?? []) setImmediate(listener);
  }

  #tidy(nodeKey: string): void {
    if (this.#files.get(nodeKey)?.isEmpty === true) this.#files.delete(nodeKey);
    this.#freed(nodeKey);
  }
}
