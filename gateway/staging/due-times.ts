/** Which of many things is due next, what came first before what came later: a binary heap. */
interface Due {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly sequence: number;
}

export class DueTimes {
  readonly #heap: Due[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** When the next is due; undefined: nothing is there. */
  get next(): number | undefined {
    return this.#heap[0]?.at;
  }

  add(at: number, sequence: number): void {
    const heap = this.#heap;
    const due = { at, sequence };
    let index = heap.length;
    heap.push(due);
    while (index > 0) {
      const above = (index - 1) >>> 1;
      const other = heap[above] as Due;
      if (isBefore(other, due)) break;
      heap[index] = other;
      index = above;
    }
    heap[index] = due;
  }

  /** Takes the first that is due at `now`; undefined: none is. */
  take(now: number): number | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.at > now) return undefined;
    const last = heap.pop() as Due;
    if (heap.length > 0) this.#sink(last);
    return first.sequence;
  }

  #sink(due: Due): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      const left = heap[below];
      if (left === undefined) break;
      const right = heap[below + 1];
      if (right !== undefined && isBefore(right, left)) below++;
      const least = heap[below] as Due;
      if (isBefore(due, least)) break;
      heap[index] = least;
      index = below;
    }
    heap[index] = due;
  }
}

function isBefore(one: Due, other: Due): boolean {
  return one.at < other.at || (one.at === other.at && one.sequence < other.sequence);
}
