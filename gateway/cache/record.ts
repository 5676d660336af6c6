/**
 * What a pack file holds: records one after another, each a head and a block; and once the pack is full, a table of them
 * with a trailer at the very end. Everything carries a checksum, so that what a crash or a broken disk leaves is told
 * from what was written. Pure: bytes in, bytes out.
 */
import { crc32 } from 'node:zlib';
import { blockSize, digestLength } from './blocks.ts';
import type { Tag } from './disk-index.ts';

/** Records begin at multiples of this, bytes. */
export const alignment = 64;

/** Bytes. */
export const headLength = 64;
export const trailerLength = 20;

/** “WLB” and the version of the format. */
const headMagic = 0x3142_4c57;
const trailerMagic = 0x3154_4c57;

const entryLength = 12;

export interface Record {
  readonly digest: Buffer;
  /** Which block of the object. */
  readonly index: number;
  /** Of the block, bytes. */
  readonly length: number;
}

/** Bytes that a record with a block of this length takes. */
export function recordLength(length: number): number {
  return Math.ceil((headLength + length) / alignment) * alignment;
}

export function encodeHead(digest: Buffer, index: number, block: Buffer): Buffer {
  const head = Buffer.alloc(headLength);
  head.writeUInt32LE(headMagic, 0);
  head.writeUInt32LE(index, 4);
  head.writeUInt32LE(block.length, 8);
  digest.copy(head, 12);
  // Of the block, and, because it begins with the head, of whose block it is.
  head.writeUInt32LE(crc32(block, crc32(head.subarray(0, 12 + digestLength))), 28);
  head.writeUInt32LE(crc32(head.subarray(0, 32)), 32);
  return head;
}

/** @returns undefined where this is no head */
export function decodeHead(head: Buffer): Record | undefined {
  if (head.length < headLength || head.readUInt32LE(0) !== headMagic) return undefined;
  if (head.readUInt32LE(32) !== crc32(head.subarray(0, 32))) return undefined;
  const length = head.readUInt32LE(8);
  if (length === 0 || length > blockSize) return undefined;
  return { digest: head.subarray(12, 12 + digestLength), index: head.readUInt32LE(4), length };
}

/** @returns the block of a whole record; undefined where it is not what was written */
export function blockOf(record: Buffer): Buffer | undefined {
  const head = decodeHead(record);
  if (head === undefined || record.length < headLength + head.length) return undefined;
  const block = record.subarray(headLength, headLength + head.length);
  const checksum = crc32(block, crc32(record.subarray(0, 12 + digestLength)));
  return checksum === record.readUInt32LE(28) ? block : undefined;
}

export interface TableEntry {
  readonly tag: Tag;
  /** In units of the alignment. */
  readonly position: number;
}

/** Bytes of the table of so many records, with its trailer. */
export function tableLength(entries: number): number {
  return entries * entryLength + trailerLength;
}

/** @param offset of the table in its pack, bytes */
export function encodeTable(entries: readonly TableEntry[], offset: number): Buffer {
  const bytes = Buffer.alloc(tableLength(entries.length));
  let at = 0;
  for (const { tag, position } of entries) {
    bytes.writeUInt32LE(tag.high, at);
    bytes.writeUInt32LE(tag.low, at + 4);
    bytes.writeUInt32LE(position, at + 8);
    at += entryLength;
  }
  bytes.writeUInt32LE(trailerMagic, at);
  bytes.writeUInt32LE(entries.length, at + 4);
  bytes.writeUInt32LE(offset / alignment, at + 8);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, at)), at + 12);
  bytes.writeUInt32LE(crc32(bytes.subarray(at, at + 16)), at + 16);
  return bytes;
}

/** @returns where the table lies, bytes; undefined where this is no trailer */
export function decodeTrailer(
  trailer: Buffer,
): { readonly offset: number; readonly length: number; readonly checksum: number } | undefined {
  if (trailer.length !== trailerLength || trailer.readUInt32LE(0) !== trailerMagic) return undefined;
  if (trailer.readUInt32LE(16) !== crc32(trailer.subarray(0, 16))) return undefined;
  return {
    offset: trailer.readUInt32LE(8) * alignment,
    length: trailer.readUInt32LE(4) * entryLength,
    checksum: trailer.readUInt32LE(12),
  };
}

/** @returns undefined where the table is damaged */
export function decodeTable(table: Buffer, checksum: number): TableEntry[] | undefined {
  if (crc32(table) !== checksum) return undefined;
  const entries: TableEntry[] = [];
  for (let at = 0; at < table.length; at += entryLength) {
    const tag = { high: table.readUInt32LE(at), low: table.readUInt32LE(at + 4) };
    entries.push({ tag, position: table.readUInt32LE(at + 8) });
  }
  return entries;
}
