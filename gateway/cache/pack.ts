/** One pack: a file of blocks that is written from front to back, read anywhere, and deleted as a whole. */
import { open, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { tagOf } from './disk-index.ts';
import {
  alignment,
  blockOf,
  decodeHead,
  decodeTable,
  decodeTrailer,
  encodeHead,
  encodeTable,
  headLength,
  recordLength,
  tableLength,
  trailerLength,
  type TableEntry,
} from './record.ts';

/** Bytes in one write. */
const largestWrite = 4 * 1024 * 1024;

interface Unwritten {
  readonly position: number;
  readonly digest: Buffer;
  readonly index: number;
  readonly block: Buffer;
}

export interface StoredBlock {
  readonly digest: Buffer;
  readonly index: number;
  readonly block: Buffer;
}

const zeros = Buffer.alloc(alignment);

export class Pack {
  readonly number: number;
  readonly #path: string;
  readonly #file: Promise<FileHandle>;
  /** Bytes handed out. */
  #length = 0;
  /** Bytes of the blocks in the file. */
  #written = 0;
  /** For the table, as long as the pack is being written. */
  #entries: TableEntry[] = [];
  /** By position; readable from here until it is in the file. */
  readonly #unwritten = new Map<number, Unwritten>();

  private constructor(folder: string, number: number, flags: string) {
    this.number = number;
    this.#path = path.join(folder, fileName(number));
    this.#file = open(this.#path, flags, 0o600);
    // Whoever uses it meets the error.
    this.#file.catch(() => undefined);
  }

  /** A new one; that it cannot be made shows with its first write. */
  static create(folder: string, number: number): Pack {
    return new Pack(folder, number, 'wx+');
  }

  /** One of an earlier run, with what it says it holds. A pack that was not finished then is finished now. */
  static async load(folder: string, number: number): Promise<{ pack: Pack; entries: readonly TableEntry[] }> {
    const pack = new Pack(folder, number, 'r+');
    const table = await pack.#readTable();
    if (table !== undefined) return { pack, entries: table };
    await pack.#scan();
    const entries = pack.#entries;
    await pack.finish();
    return { pack, entries };
  }

  /** Bytes handed out. */
  get length(): number {
    return this.#length;
  }

  /** Whether nothing is in the file yet. */
  get isNew(): boolean {
    return this.#written === 0;
  }

  /** Bytes that the table will take. */
  get tableLength(): number {
    return tableLength(this.#entries.length + 1);
  }

  /** Bytes of the blocks that are not in the file yet. */
  get unwrittenBytes(): number {
    let bytes = 0;
    for (const { block } of this.#unwritten.values()) bytes += block.length;
    return bytes;
  }

  /** Takes a block in; it can be read at once. @returns its position, in units of the alignment */
  add(digest: Buffer, index: number, block: Buffer): number {
    const position = this.#length / alignment;
    this.#length += recordLength(block.length);
    this.#entries.push({ tag: tagOf(digest, index), position });
    this.#unwritten.set(position, { position, digest, index, block });
    return position;
  }

  /** Writes what has been taken in. Never twice at the same time. @returns bytes of the blocks written @throws the system's errors */
  async write(): Promise<number> {
    const first = this.#unwritten.values().next().value;
    if (first === undefined) return 0;
    const file = await this.#file;
    const batch: Unwritten[] = [];
    const buffers: Buffer[] = [];
    let bytes = 0;
    for (const each of this.#unwritten.values()) {
      if (bytes >= largestWrite) break;
      const { digest, index, block } = each;
      batch.push(each);
      buffers.push(encodeHead(digest, index, block), block);
      const padding = recordLength(block.length) - headLength - block.length;
      if (padding > 0) buffers.push(zeros.subarray(0, padding));
      bytes += block.length;
    }
    await writeAll(file, buffers, first.position * alignment);
    this.#written += bytes;
    for (const { position } of batch) this.#unwritten.delete(position);
    return bytes;
  }

  /** Writes the table: nothing is added any more. @throws the system's errors */
  async finish(): Promise<void> {
    const file = await this.#file;
    const table = encodeTable(this.#entries, this.#length);
    await writeAll(file, [table], this.#length);
    this.#length += table.length;
    this.#entries = [];
  }

  /** @returns undefined where there is no such block, or not what was written @throws the system's errors */
  async read(position: number, length: number): Promise<StoredBlock | undefined> {
    const unwritten = this.#unwritten.get(position);
    if (unwritten !== undefined) return unwritten;
    const record = await this.#readAt(position * alignment, headLength + length);
    const head = record === undefined ? undefined : decodeHead(record);
    const block = record === undefined ? undefined : blockOf(record);
    return head === undefined || block === undefined ? undefined : { ...head, block };
  }

  /** As `read`, where the length is not known. */
  async readUnknown(position: number): Promise<StoredBlock | undefined> {
    const head = await this.#readAt(position * alignment, headLength);
    const length = head === undefined ? undefined : decodeHead(head)?.length;
    return length === undefined ? undefined : this.read(position, length);
  }

  async close(): Promise<void> {
    await (await this.#file).close();
  }

  /** With the file. */
  async delete(): Promise<void> {
    await this.close().catch(() => undefined);
    await rm(this.#path, { force: true });
  }

  async #readAt(offset: number, length: number): Promise<Buffer | undefined> {
    const buffer = Buffer.allocUnsafeSlow(length);
    const { bytesRead } = await (await this.#file).read(buffer, 0, length, offset);
    return bytesRead === length ? buffer : undefined;
  }

  async #readTable(): Promise<TableEntry[] | undefined> {
    const { size } = await (await this.#file).stat();
    const trailer = size < trailerLength ? undefined : await this.#readAt(size - trailerLength, trailerLength);
    const place = trailer === undefined ? undefined : decodeTrailer(trailer);
    if (place === undefined || place.offset + place.length + trailerLength !== size) return undefined;
    const table = await this.#readAt(place.offset, place.length);
    const entries = table === undefined ? undefined : decodeTable(table, place.checksum);
    if (entries !== undefined) this.#length = size;
    return entries;
  }

  /** Goes from head to head; what follows the first that is none is lost. */
  async #scan(): Promise<void> {
    for (;;) {
      const bytes = await this.#readAt(this.#length, headLength);
      const head = bytes === undefined ? undefined : decodeHead(bytes);
      if (head === undefined) return;
      this.#entries.push({ tag: tagOf(head.digest, head.index), position: this.#length / alignment });
      this.#length += recordLength(head.length);
    }
  }
}

export function fileName(number: number): string {
  return `${number}.blocks`;
}

/** @returns undefined where the file is none of ours */
export function numberOf(name: string): number | undefined {
  const digits = /^([1-9]\d{0,8})\.blocks$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

async function writeAll(file: FileHandle, buffers: readonly Buffer[], position: number): Promise<void> {
  const total = buffers.reduce((sum, { length }) => sum + length, 0);
  const { bytesWritten } = await file.writev([...buffers], position);
  if (bytesWritten === total) return;
  // A disk that is nearly full takes a part: what the rest meets is the reason.
  const rest = Buffer.concat(buffers).subarray(bytesWritten);
  for (let at = 0; at < rest.length;) {
    at += (await file.write(rest, at, rest.length - at, position + bytesWritten + at)).bytesWritten;
  }
}
