/** Lets bytes out at a bounded rate, in the order in which they ask. */
interface Asking {
  bytes: number;
  readonly let: () => void;
}

export interface BandwidthClock {
  /** Milliseconds, ascending. */
  now(): number;
  /** @returns what takes it back */
  after(milliseconds: number, call: () => void): () => void;
}

const systemClock: BandwidthClock = {
  now: () => performance.now(),
  after: (milliseconds, call) => {
    const timer = setTimeout(call, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** Milliseconds whose bytes may go at once after a pause. */
const burst = 100;

/** Bounds of a piece, bytes. */
const largestPiece = 128 * 1024;
const smallestPiece = 256;

/** Pieces in a second: with a hundred bodies under way each still sends one every few seconds, and no server hangs up. */
const piecesPerSecond = 16;

export class Bandwidth {
  readonly #clock: BandwidthClock;
  /** Bytes per millisecond; undefined: unbounded. */
  #rate: number | undefined;
  /** Bytes that may go now; below 0 while those that went are being waited for. */
  #credit = 0;
  #credited: number;
  readonly #asking: Asking[] = [];
  #cancel: (() => void) | undefined;

  constructor(clock: BandwidthClock = systemClock) {
    this.#clock = clock;
    this.#credited = clock.now();
  }

  /** @param bytesPerSecond undefined: unbounded. Counts for who is waiting already too. */
  limit(bytesPerSecond: number | undefined): void {
    this.#refill();
    this.#rate = bytesPerSecond === undefined ? undefined : bytesPerSecond / 1000;
    this.#credit = Math.min(this.#credit, 0);
    this.#serve();
  }

  /** Bytes that a body should ask for at a time: small where little may go, so that no body is silent for long. */
  get piece(): number {
    if (this.#rate === undefined) return largestPiece;
    const share = Math.floor((this.#rate * 1000) / piecesPerSecond);
    return Math.min(largestPiece, Math.max(smallestPiece, share));
  }

  /** Resolves when so many bytes may go. */
  async take(bytes: number): Promise<void> {
    if (this.#rate === undefined && this.#asking.length === 0) return;
    await new Promise<void>((resolve) => {
      this.#asking.push({ bytes, let: resolve });
      this.#serve();
    });
  }

  #refill(): void {
    const now = this.#clock.now();
    if (this.#rate !== undefined) {
      this.#credit = Math.min(this.#credit + (now - this.#credited) * this.#rate, burst * this.#rate);
    }
    this.#credited = now;
  }

  #serve(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#refill();
    for (let first = this.#asking[0]; first !== undefined; first = this.#asking[0]) {
      if (this.#rate !== undefined) {
        if (this.#credit < 0) break;
        // The debt is what the next one waits for: so one that asks for more than a burst holds is served too.
        this.#credit -= first.bytes;
      }
      this.#asking.shift();
      first.let();
    }
    if (this.#asking.length === 0 || this.#rate === undefined) return;
    this.#cancel = this.#clock.after(Math.max(1, Math.ceil(-this.#credit / this.#rate)), () => this.#serve());
  }
}
