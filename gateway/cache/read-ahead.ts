/**
 * Decides from the reads of a reader what to ask for before it is read: nothing for a random reader; for a sequential one
 * windows, one GET each, and the more of them the more it has read. So whoever reads a file's head does not pay for the
 * rest, and whoever reads on has several GETs under way. Pure, but for the clock that is passed in.
 */
import { blockSize } from './blocks.ts';

const MiB = 1024 * 1024;

/** Objects up to this size are fetched whole, bytes. */
export const wholeObject = MiB;

/** A window is fetched by one GET; from the second on they end on multiples of this, bytes. */
const windowSize = 8 * MiB;

/** The most that one reader is ahead of itself, bytes. */
const maxAhead = 32 * MiB;

/** Reads in parallel arrive in any order: so far from the expected place, in bytes, still counts as sequential. */
const tolerance = 2 * MiB;

/** How many reads in sequence make a reader that began in the middle a sequential one. */
const proof = 3;

/** Streams of one reader: a client may have several programs read by one open. */
const maxStreams = 4;

/** Milliseconds without a read after which a stream's share of the memory is given to others. */
const idleAfter = 2000;

/** From `from` to `to`, bytes, `from` on the border of a block. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

interface Stream {
  /** Where it began, and where it goes on. */
  readonly start: number;
  next: number;
  /** Reads that followed each other. */
  run: number;
  /** Asked for up to here. */
  reach: number;
  /** Windows that were asked for. */
  windows: number;
  usedAt: number;
}

/** Whoever has an object open: what it has read. Makes sense with the `ReadAhead` that it is given to, and one object. */
export class Reader {
  /** In the order of their last use. */
  readonly streams: Stream[] = [];
  /** Bytes: all up to there will be read, and nothing beyond. undefined: nobody knows. */
  readonly end: number | undefined;

  constructor(end?: number) {
    this.end = end;
  }
}

export class ReadAhead {
  readonly #budget: number;
  readonly #now: () => number;
  /** Those that have windows, in the order of their last use. */
  readonly #active = new Set<Stream>();

  /**
   * @param budget bytes that all readers together may be ahead
   * @param now milliseconds of a monotonic clock
   */
  constructor(budget: number, now: () => number = () => performance.now()) {
    this.#budget = budget;
    this.#now = now;
  }

  /** The windows to ask for now that `length` bytes from `offset` of an object of `size` are read. All in bytes. */
  plan(reader: Reader, offset: number, length: number, size: number): readonly Window[] {
    const end = offset + length;
    const stream = this.#stream(reader, offset, end);
    if (stream.run < proof && reader.end === undefined) {
      stream.reach = Math.max(stream.reach, Math.ceil(end / blockSize) * blockSize);
      return none;
    }
    this.#active.delete(stream);
    this.#active.add(stream);
    const share = this.#share();
    // As much as it had read before this, unless it says how much it reads.
    const trusted = Math.min(Math.max(0, reader.end === undefined ? offset - stream.start : reader.end - end), share);
    const target = Math.min(size, stream.next + trusted);
    if (stream.reach >= target) return none;
    const windows: Window[] = [];
    while (stream.reach < target) {
      const from = stream.reach;
      stream.reach = Math.min(
        size,
        reader.end === undefined ? windowEnd(from, stream.windows++, share) : Math.ceil(target / blockSize) * blockSize,
      );
      windows.push({ from, to: stream.reach });
    }
    return windows;
  }

  /** The stream that the read goes on with, or a new one. */
  #stream({ streams }: Reader, offset: number, end: number): Stream {
    const usedAt = this.#now();
    const at = streams.findLastIndex(({ next }) => offset <= next + tolerance && end >= next - tolerance);
    const known = streams[at];
    if (known !== undefined) {
      if (at < streams.length - 1) streams.push(...streams.splice(at, 1));
      known.run++;
      known.next = Math.max(known.next, end);
      known.usedAt = usedAt;
      return known;
    }
    // Whoever begins at the start goes on, as a rule.
    const run = offset === 0 ? proof : 1;
    const reach = Math.floor(offset / blockSize) * blockSize;
    const stream = { start: offset, next: end, run, reach, windows: offset === 0 ? 0 : 1, usedAt };
    streams.push(stream);
    const dropped = streams.length > maxStreams ? streams.shift() : undefined;
    if (dropped !== undefined) this.#active.delete(dropped);
    return stream;
  }

  /** What one stream may be ahead, bytes: the budget is for all that have read lately. */
  #share(): number {
    const idle = this.#now() - idleAfter;
    for (const stream of this.#active) {
      if (stream.usedAt > idle) break;
      this.#active.delete(stream);
    }
    return Math.max(blockSize, Math.min(maxAhead, this.#budget / this.#active.size));
  }
}

const none: readonly Window[] = [];

/**
 * The first window of a file is short, for those who read its head alone; the third is double, so that 64 MiB still take
 * eight requests.
 */
function windowEnd(from: number, number: number, share: number): number {
  const border = (Math.floor(from / windowSize) + 1) * windowSize;
  const end = number === 0 ? from + wholeObject : number === 2 ? border + windowSize : border;
  return Math.min(end, from + Math.max(blockSize, Math.floor(share / blockSize) * blockSize));
}
