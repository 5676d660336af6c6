/** How far the uploads that are under way have come. */

/** Bytes. Parts that are sent again are counted once. */
export interface Progress {
  readonly sent: number;
  readonly total: number;
}

/** One upload under way. */
export class Meter {
  sent = 0;
  readonly total: number;
  readonly #changed: () => void;

  constructor(total: number, changed: () => void) {
    this.total = total;
    this.#changed = changed;
  }

  /** @param bytes that went out; negative: what went out before goes out again */
  add(bytes: number): void {
    this.sent += bytes;
    this.#changed();
  }
}

export class ProgressBoard {
  readonly #meters = new Map<number, Meter>();
  readonly #listeners = new Set<(sequence: number, progress: Progress) => void>();

  /** @param sequence of the change that is carried out @param total bytes */
  begin(sequence: number, total: number): Meter {
    const meter = new Meter(total, () => {
      for (const listener of this.#listeners) listener(sequence, meter);
    });
    this.#meters.set(sequence, meter);
    return meter;
  }

  end(sequence: number): void {
    this.#meters.delete(sequence);
  }

  get(sequence: number): Progress | undefined {
    return this.#meters.get(sequence);
  }

  /** Called with every piece that goes out. @returns what ends the subscription */
  listen(listener: (sequence: number, progress: Progress) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
