/**
 * The delegations of all files, by Node.key: who may act on a file without asking, and has to give that up when somebody
 * else comes. One for the whole gateway: whatever protocol or listing changes a file, recalls here.
 */
import { FileSystemError } from '../errors.ts';

/** `read`: nobody else changes the file. `write`: nobody else has it open at all. */
export type DelegationKind = 'read' | 'write';

/** Compared by identity. */
export interface DelegationHolder {
  readonly kind: DelegationKind;
  /** Whose own requests do not disturb it (Caller.client). */
  readonly client: object;
  /** Asks for it back; idempotent. What is not given back in time is taken away by whoever gave it. */
  recall(): void;
}

/** How long a request waits for a delegation that was recalled before it is told to come again; milliseconds. */
const patience = 4000;

export class DelegationTables {
  readonly #files = new Map<string, Set<DelegationHolder>>();
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #patience: number;

  constructor(patienceMilliseconds = patience) {
    this.#patience = patienceMilliseconds;
  }

  /** The caller has asked `conflict`, for all but the client itself. */
  add(nodeKey: string, holder: DelegationHolder): void {
    const holders = this.#files.get(nodeKey) ?? new Set();
    this.#files.set(nodeKey, holders.add(holder));
  }

  remove(nodeKey: string, holder: DelegationHolder): void {
    const holders = this.#files.get(nodeKey);
    if (holders?.delete(holder) !== true) return;
    if (holders.size === 0) this.#files.delete(nodeKey);
    for (const wake of this.#waiting.get(nodeKey) ?? []) wake();
  }

  holders(nodeKey: string): Iterable<DelegationHolder> {
    return this.#files.get(nodeKey) ?? [];
  }

  /**
   * A delegation that does not go together with what the client is about to do to the file.
   * @param kind `read`: reads it or opens it for that; `write`: changes it in any way
   */
  conflict(nodeKey: string, kind: DelegationKind, client: object | undefined): DelegationHolder | undefined {
    for (const holder of this.#files.get(nodeKey) ?? []) {
      if (holder.client !== client && (kind === 'write' || holder.kind === 'write')) return holder;
    }
    return undefined;
  }

  /**
   * Recalls what is in the way and waits until it has been given back. After the await others may have come: whoever
   * changes something asks `requireFree` once more where nothing can come between.
   * @throws FileSystemError DELAY
   */
  async yielded(nodeKey: string, kind: DelegationKind, client: object | undefined): Promise<void> {
    const deadline = performance.now() + this.#patience;
    for (;;) {
      const inTheWay = this.conflict(nodeKey, kind, client);
      if (inTheWay === undefined) return;
      inTheWay.recall();
      // It may have been taken away at once.
      if (this.conflict(nodeKey, kind, client) !== inTheWay) continue;
      if (!(await this.#removal(nodeKey, deadline - performance.now()))) this.requireFree(nodeKey, kind, client);
    }
  }

  /** @throws FileSystemError DELAY: recalled, and not given back yet */
  requireFree(nodeKey: string, kind: DelegationKind, client: object | undefined): void {
    const inTheWay = this.conflict(nodeKey, kind, client);
    if (inTheWay === undefined) return;
    inTheWay.recall();
    throw new FileSystemError('DELAY', 'a delegation of the file is being recalled');
  }

  /** The file is not what it was, whoever has changed it: all are recalled, and nobody waits. */
  recallAll(nodeKey: string): void {
    for (const holder of [...this.holders(nodeKey)]) holder.recall();
  }

  /** @returns false where none was removed in so many milliseconds */
  #removal(nodeKey: string, milliseconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(nodeKey) ?? new Set();
      this.#waiting.set(nodeKey, waiting);
      const end = (removed: boolean): void => {
        clearTimeout(timer);
        waiting.delete(wake);
        if (waiting.size === 0 && this.#waiting.get(nodeKey) === waiting) this.#waiting.delete(nodeKey);
        resolve(removed);
      };
      const wake = (): void => end(true);
      const timer = setTimeout(() => end(false), Math.max(0, milliseconds));
      waiting.add(wake);
    });
  }
}
