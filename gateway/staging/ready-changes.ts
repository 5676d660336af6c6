/** Changes that can be carried out now, and which of them comes first: removals in batches, small objects before large ones. */
import { multipartThreshold } from './parts.ts';
import type { Change } from './records.ts';

/** Removals that one request may carry. */
const maxBatch = 1000;

/** While large objects wait, one start in so many is theirs, so that an endless stream of small ones does not stop them. */
const largeShare = 8;

/** Removals from one export. Milliseconds since the epoch. */
interface Removals {
  /** By sequence number, in the order in which they became ready: when it may wait no longer for others. */
  readonly ready: Map<number, number>;
  /** When the last of those has settled that are on their way. */
  settled: number;
}

export class ReadyChanges {
  /** By export. */
  readonly #removals = new Map<number, Removals>();
  /** Sets give back first what was put in first. */
  readonly #small = new Set<number>();
  readonly #large = new Set<number>();
  /** Small ones that have been taken since a large one was. */
  #passed = 0;

  /** @param size bytes that it sends @param latest when a removal may wait no longer for others to go with it */
  add(sequence: number, change: Change, size: number, latest: number): void {
    if (change.kind === 'remove') this.#removalsOf(change.export).ready.set(sequence, latest);
    else (size > multipartThreshold ? this.#large : this.#small).add(sequence);
  }

  delete(sequence: number): void {
    if (this.#small.delete(sequence) || this.#large.delete(sequence)) return;
    for (const { ready } of this.#removals.values()) ready.delete(sequence);
  }

  /** More removals from this export are on their way (rm -r), which settle then: all go in one request. */
  expectRemoval(exportId: number, settled: number): void {
    const removals = this.#removalsOf(exportId);
    removals.settled = Math.max(removals.settled, settled);
  }

  /** Nothing waits for others any more. */
  hurry(): void {
    for (const removals of this.#removals.values()) removals.settled = 0;
  }

  #removalsOf(exportId: number): Removals {
    let removals = this.#removals.get(exportId);
    if (removals === undefined) {
      removals = { ready: new Map(), settled: 0 };
      this.#removals.set(exportId, removals);
    }
    return removals;
  }

  /** When removals that wait for others may go; Infinity: none waits. */
  get next(): number {
    const waiting = [...this.#removals.values()].filter(({ ready }) => ready.size > 0);
    return Math.min(...waiting.map(waitsUntil));
  }

  /** Takes what comes first: one change, or removals from one export; empty: nothing is ready. */
  take(now: number): number[] {
    for (const removals of this.#removals.values()) {
      const { ready } = removals;
      if (ready.size === 0 || (ready.size < maxBatch && waitsUntil(removals) > now)) continue;
      const batch = [...ready.keys()].slice(0, maxBatch);
      for (const sequence of batch) ready.delete(sequence);
      return batch;
    }
    const isLargeNext = this.#large.size > 0 && (this.#small.size === 0 || this.#passed >= largeShare);
    const [first] = isLargeNext ? this.#large : this.#small;
    if (first === undefined) return [];
    this.#passed = isLargeNext ? 0 : this.#passed + 1;
    this.#small.delete(first);
    this.#large.delete(first);
    return [first];
  }
}

function waitsUntil({ ready, settled }: Removals): number {
  const [latest = 0] = ready.values();
  return Math.min(settled, latest);
}
