/** The byte-range locks of all files, by Node.key. One for the whole gateway: whatever protocol locks, locks here. */
import { ByteRangeLocks, type HeldLock, type LockKind, type LockRange } from './byte-range-locks.ts';

/** Who holds a lock; compared by identity. */
export interface LockHolder {
  /** What a client that is refused is told of the holder. */
  readonly clientid: bigint;
  readonly owner: Buffer;
}

export class LockTables {
  readonly #files = new Map<string, ByteRangeLocks<LockHolder>>();

  /** As ByteRangeLocks.conflict. */
  conflict(nodeKey: string, holder: LockHolder, kind: LockKind, range: LockRange): HeldLock<LockHolder> | undefined {
    return this.#files.get(nodeKey)?.conflict(holder, kind, range);
  }

  /** As ByteRangeLocks.lock: the caller has asked `conflict`. */
  lock(nodeKey: string, holder: LockHolder, kind: LockKind, range: LockRange): void {
    let locks = this.#files.get(nodeKey);
    if (locks === undefined) {
      locks = new ByteRangeLocks();
      this.#files.set(nodeKey, locks);
    }
    locks.lock(holder, kind, range);
  }

  unlock(nodeKey: string, holder: LockHolder, range: LockRange): void {
    this.#files.get(nodeKey)?.unlock(holder, range);
    this.#tidy(nodeKey);
  }

  unlockAll(nodeKey: string, holder: LockHolder): void {
    this.#files.get(nodeKey)?.unlockAll(holder);
    this.#tidy(nodeKey);
  }

  /** Bytes that the holder has locked; to the end of the file counts to 2^64. */
  lockedBytes(nodeKey: string, holder: LockHolder): bigint {
    const held = this.#files.get(nodeKey)?.held(holder) ?? [];
    return held.reduce((sum, lock) => sum + lock.end - lock.start, 0n);
  }

  #tidy(nodeKey: string): void {
    if (this.#files.get(nodeKey)?.isEmpty === true) this.#files.delete(nodeKey);
  }
}
