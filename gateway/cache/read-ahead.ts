/** Decides from the reads of a version how much to ask for at once: all of a small one, windows for a sequential reader, else what is read. */

/** Objects up to this size are fetched whole, bytes. */
const wholeObject = 1024 * 1024;

/** Range of one GET for a sequential reader, bytes. Windows lie on multiples of it. */
export const windowSize = 8 * 1024 * 1024;

/** Reads in parallel arrive in any order: so far from the expected place, in bytes, still counts as sequential. */
const tolerance = 2 * 1024 * 1024;

/** How many reads in sequence make a reader that began in the middle a sequential one. */
const proof = 3;

/** How many readers are remembered. */
const maxReaders = 1024;

export interface Plan {
  /** Fetch at least up to here, in the same request as what is read. */
  readonly until: number;
  /** Ask for the bytes up to here as well, in a request of their own. */
  readonly ahead: number;
}

interface Reader {
  /** Where a sequential reader goes on. */
  next: number;
  /** Reads that followed each other. */
  run: number;
  /** Asked for up to here. */
  reach: number;
}

export class ReadAhead {
  readonly #readers = new Map<string, Reader>();

  /** All in bytes; `size` is the version's. */
  plan(id: string, offset: number, length: number, size: number): Plan {
    const end = offset + length;
    if (size <= wholeObject) return { until: size, ahead: size };
    const reader = this.#reader(id, offset);
    const isNear = offset <= reader.next + tolerance && end >= reader.next - tolerance;
    reader.run = isNear ? reader.run + 1 : 1;
    reader.next = isNear ? Math.max(reader.next, end) : end;
    if (!isNear) reader.reach = end;
    if (reader.run < proof) return { until: end, ahead: end };
    if (end > reader.reach) {
      reader.reach = Math.min(size, Math.ceil(end / windowSize) * windowSize);
      return { until: reader.reach, ahead: reader.reach };
    }
    if (reader.reach >= size || end <= reader.reach - windowSize / 2) return { until: end, ahead: end };
    // Half of the window is used up: the next one is asked for before it is needed.
    const until = reader.reach;
    reader.reach = Math.min(size, reader.reach + windowSize);
    return { until, ahead: reader.reach };
  }

  /** Where the reader of the version goes on; 0 where it is forgotten. */
  position(id: string): number {
    return this.#readers.get(id)?.next ?? 0;
  }

  #reader(id: string, offset: number): Reader {
    let reader = this.#readers.get(id);
    if (reader !== undefined) return reader;
    // Whoever begins at the start goes on, as a rule; what is asked for is drawn only as far as the reader comes.
    reader = { next: offset, run: offset === 0 ? proof : 0, reach: 0 };
    this.#readers.set(id, reader);
    for (const oldest of this.#readers.keys()) {
      if (this.#readers.size <= maxReaders) break;
      this.#readers.delete(oldest);
    }
    return reader;
  }
}
