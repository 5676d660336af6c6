/** XDR (RFC 4506) word by word: what the codecs of xdr.ts read from and write to. Payloads are never copied. */

/** The bytes are not the XDR they should be; protocols answer GARBAGE_ARGS or BADXDR. */
export class XdrError extends Error {
  override readonly name = 'XdrError';
}

/** Lengths of what a writer writes small values into, bytes: the first, and the longest that it grows to. */
const firstChunk = 1024;
const largestChunk = 64 * 1024;

/** Buffers at least this long are passed on as they are instead of being copied into the writer's own chunk. */
const zeroCopyThreshold = 512;

export class XdrReader {
  readonly #buffer: Buffer;
  #offset: number;
  readonly #end: number;

  constructor(buffer: Buffer, offset = 0, end = buffer.length) {
    this.#buffer = buffer;
    this.#offset = offset;
    this.#end = end;
  }

  /** Position in the buffer, bytes. */
  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#end - this.#offset;
  }

  #take(bytes: number): number {
    const at = this.#offset;
    if (bytes > this.#end - at) throw new XdrError(`needs ${bytes} bytes, ${this.#end - at} left`);
    this.#offset = at + bytes;
    return at;
  }

  uint32(): number {
    return this.#buffer.readUInt32BE(this.#take(4));
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#take(4));
  }

  uint64(): bigint {
    return this.#buffer.readBigUInt64BE(this.#take(8));
  }

  int64(): bigint {
    return this.#buffer.readBigInt64BE(this.#take(8));
  }

  /** `bytes` bytes and their padding, as a view into the record. */
  bytes(bytes: number): Buffer {
    const at = this.#take(bytes);
    this.#take((4 - (bytes & 3)) & 3);
    return this.#buffer.subarray(at, at + bytes);
  }
}

export class XdrWriter {
  readonly #parts: Buffer[] = [];
  #chunk = Buffer.allocUnsafe(firstChunk);
  #start = 0;
  #offset = 0;
  #length = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#length + this.#offset - this.#start;
  }

  #reserve(bytes: number): number {
    if (this.#offset + bytes > this.#chunk.length) {
      this.#seal();
      this.#chunk = Buffer.allocUnsafe(Math.max(bytes, Math.min(this.#chunk.length * 2, largestChunk)));
      this.#start = 0;
      this.#offset = 0;
    }
    const at = this.#offset;
    this.#offset += bytes;
    return at;
  }

  #seal(): void {
    if (this.#offset > this.#start) {
      this.#parts.push(this.#chunk.subarray(this.#start, this.#offset));
      this.#length += this.#offset - this.#start;
      this.#start = this.#offset;
    }
  }

  uint32(value: number): void {
    const at = this.#reserve(4);
    this.#chunk.writeUInt32BE(value, at);
  }

  int32(value: number): void {
    const at = this.#reserve(4);
    this.#chunk.writeInt32BE(value, at);
  }

  uint64(value: bigint): void {
    const at = this.#reserve(8);
    this.#chunk.writeBigUInt64BE(value, at);
  }

  int64(value: bigint): void {
    const at = this.#reserve(8);
    this.#chunk.writeBigInt64BE(value, at);
  }

  /** The bytes and their padding; a long buffer is kept by reference and must not change until it has been sent. */
  bytes(value: Buffer): void {
    const padding = (4 - (value.length & 3)) & 3;
    if (value.length >= zeroCopyThreshold) {
      this.#seal();
      this.#parts.push(value);
      this.#length += value.length;
    } else {
      // #reserve may replace #chunk, so it must come before #chunk is read.
      const at = this.#reserve(value.length);
      value.copy(this.#chunk, at);
    }
    if (padding > 0) {
      const at = this.#reserve(padding);
      this.#chunk.fill(0, at, at + padding);
    }
  }

  /** Everything that another writer holds, whose length is a multiple of 4; its long buffers are not copied. */
  append(other: XdrWriter): void {
    for (const part of other.buffers()) {
      if (part.length >= zeroCopyThreshold) {
        this.#seal();
        this.#parts.push(part);
        this.#length += part.length;
      } else {
        const at = this.#reserve(part.length);
        part.copy(this.#chunk, at);
      }
    }
  }

  /** Writes over a word that was written with `uint32`. @param position of it, bytes from the start */
  setUint32(position: number, value: number): void {
    let at = position;
    for (const part of this.#parts) {
      if (at < part.length) {
        part.writeUInt32BE(value, at);
        return;
      }
      at -= part.length;
    }
    this.#chunk.writeUInt32BE(value, this.#start + at);
  }

  /** Takes back what was written after the first `length` bytes. */
  rewind(length: number): void {
    this.#seal();
    let excess = this.#length - length;
    for (let last = this.#parts.pop(); last !== undefined; last = this.#parts.pop()) {
      if (last.length > excess) {
        this.#parts.push(last.subarray(0, last.length - excess));
        break;
      }
      excess -= last.length;
    }
    this.#length = length;
  }

  /** A copy of what was written from one position up to another, bytes from the start. */
  copy(from: number, to: number): Buffer {
    const copy = Buffer.allocUnsafe(to - from);
    let at = 0;
    for (const part of this.buffers()) {
      if (at < to && at + part.length > from) part.copy(copy, Math.max(0, at - from), Math.max(0, from - at), to - at);
      at += part.length;
    }
    return copy;
  }

  /** Everything written, in order; the writer may go on being used. */
  buffers(): Buffer[] {
    this.#seal();
    return [...this.#parts];
  }

  /** Everything written, as one buffer. */
  concat(): Buffer {
    return Buffer.concat(this.buffers());
  }
}
