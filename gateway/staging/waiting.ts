/** Changes that wait, each for one thing. */
export class Waiting<T> {
  readonly #byReason = new Map<T, Set<number>>();
  readonly #reasons = new Map<number, T>();

  add(reason: T, sequence: number): void {
    this.delete(sequence);
    this.#reasons.set(sequence, reason);
    const waiting = this.#byReason.get(reason) ?? new Set();
    waiting.add(sequence);
    this.#byReason.set(reason, waiting);
  }

  delete(sequence: number): void {
    const reason = this.#reasons.get(sequence);
    if (reason === undefined) return;
    this.#reasons.delete(sequence);
    const waiting = this.#byReason.get(reason);
    waiting?.delete(sequence);
    if (waiting?.size === 0) this.#byReason.delete(reason);
  }

  /** Those that waited for it, which wait no longer. */
  take(reason: T): Iterable<number> {
    const waiting = this.#byReason.get(reason);
    if (waiting === undefined) return [];
    this.#byReason.delete(reason);
    for (const sequence of waiting) this.#reasons.delete(sequence);
    return waiting;
  }

  takeAll(): Iterable<number> {
    const all = [...this.#reasons.keys()];
    this.#reasons.clear();
    this.#byReason.clear();
    return all;
  }
}
