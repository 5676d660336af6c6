/** The slots of a back channel: the server's requests in one come one after another. RFC 8881 §2.10.6.1. */
export interface BackSlot {
  readonly index: number;
  /** Of its next request. */
  sequence: number;
}

export class BackSlots {
  readonly #free: BackSlot[];
  readonly #waiting: ((slot: BackSlot) => void)[] = [];

  constructor(count: number) {
    this.#free = Array.from({ length: count }, (_, at) => ({ index: count - 1 - at, sequence: 1 }));
  }

  /** The lowest that is free, soon or later. */
  take(): Promise<BackSlot> {
    const slot = this.#free.pop();
    if (slot !== undefined) return Promise.resolve(slot);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  giveBack(slot: BackSlot): void {
    const next = this.#waiting.shift();
    if (next !== undefined) next(slot);
    else {
      this.#free.push(slot);
      this.#free.sort((a, b) => b.index - a.index);
    }
  }
}
