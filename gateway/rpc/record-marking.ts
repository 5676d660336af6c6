/** Record marking: how RPC messages are delimited on a TCP stream. RFC 5531 §11. Pure: bytes in, records out. */

const lastFragment = 0x8000_0000;
const headerLength = 4;

/** The stream cannot be trusted any more: the connection has to be closed. */
export class RecordError extends Error {
  override readonly name = 'RecordError';
}

/** Fragments without any bytes in one record before it counts as an attack: nobody needs any. */
const maxEmptyFragments = 64;

/** Bytes; what is shorter is copied together, so that a record in tiny pieces takes no more memory than it is long. */
const smallPart = 1024;
const blockLength = 8 * 1024;

/** Takes a stream apart into records. A record that lies in one chunk is a view of it; any other is put together once. */
export class RecordDecoder {
  readonly #maxRecord: number;
  #header = 0;
  /** Of the fragment's header, which have arrived. */
  #headerBytes = 0;
  #isLast = false;
  /** Bytes of the fragment that are still to come. */
  #left = 0;
  #fragments = 0;
  #emptyFragments = 0;
  /** Bytes of the record as far as its headers have announced it. */
  #announced = 0;
  /** Bytes of the record that have arrived. */
  #held = 0;
  #parts: Buffer[] = [];
  /** Small parts are copied here; from `#blockStart` to `#blockEnd` is what `#parts` does not have yet. */
  #block: Buffer | undefined;
  #blockStart = 0;
  #blockEnd = 0;

  /** @param maxRecord largest record, bytes */
  constructor(maxRecord: number) {
    this.#maxRecord = maxRecord;
  }

  /** Bytes held back for a record that is not whole yet. */
  get held(): number {
    return this.#held;
  }

  /** Whether a record has begun, be it with one byte of its header, and is not whole yet. */
  get isPartial(): boolean {
    return this.#headerBytes > 0 || this.#fragments > 0;
  }

  /** The records that are whole with this chunk. @throws RecordError */
  push(chunk: Buffer): Buffer[] {
    const records: Buffer[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#headerBytes < headerLength) {
        this.#header = this.#header * 256 + chunk.readUInt8(at++);
        this.#headerBytes++;
        if (this.#headerBytes < headerLength) continue;
        this.#beginFragment();
      } else {
        const part = chunk.subarray(at, at + this.#left);
        at += part.length;
        this.#left -= part.length;
        if (this.#left === 0 && this.#isLast && this.#held === 0) {
          records.push(part);
          this.#reset();
          continue;
        }
        this.#keep(part);
      }
      if (this.#left > 0) continue;
      this.#header = 0;
      this.#headerBytes = 0;
      if (!this.#isLast) continue;
      this.#seal();
      records.push(Buffer.concat(this.#parts, this.#held));
      this.#reset();
    }
    return records;
  }

  #beginFragment(): void {
    this.#isLast = this.#header >= lastFragment;
    this.#left = this.#isLast ? this.#header - lastFragment : this.#header;
    this.#announced += this.#left;
    this.#fragments++;
    if (this.#announced > this.#maxRecord) throw new RecordError(`a record of more than ${this.#maxRecord} bytes`);
    if (this.#left === 0 && ++this.#emptyFragments > maxEmptyFragments) {
      throw new RecordError('a record of too many empty fragments');
    }
  }

  #keep(part: Buffer): void {
    this.#held += part.length;
    if (part.length >= smallPart) {
      this.#seal();
      this.#parts.push(part);
      return;
    }
    if (this.#block === undefined || this.#blockEnd + part.length > this.#block.length) {
      this.#seal();
      this.#block = Buffer.allocUnsafe(blockLength);
      this.#blockStart = 0;
      this.#blockEnd = 0;
    }
    this.#blockEnd += part.copy(this.#block, this.#blockEnd);
  }

  #seal(): void {
    if (this.#block === undefined || this.#blockEnd === this.#blockStart) return;
    this.#parts.push(this.#block.subarray(this.#blockStart, this.#blockEnd));
    this.#blockStart = this.#blockEnd;
  }

  #reset(): void {
    this.#header = 0;
    this.#headerBytes = 0;
    this.#fragments = 0;
    this.#emptyFragments = 0;
    this.#announced = 0;
    this.#held = 0;
    this.#parts = [];
    this.#block = undefined;
    this.#blockStart = 0;
    this.#blockEnd = 0;
  }
}

/** The header that makes `length` bytes one record of one fragment. */
export function recordHeader(length: number): Buffer {
  const header = Buffer.allocUnsafe(headerLength);
  header.writeUInt32BE(lastFragment + length, 0);
  return header;
}
