/**
 * Filehandles: 36 bytes that name an inode for ever, and cannot be made up. They hold no path, so they survive renames
 * and restarts.
 */
import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { Fileid } from '../staging/records.ts';

const version = 1;
const macLength = 16;
const macOffset = 20;

/** Bytes; a multiple of 4, at most NFSv3's 64. */
export const filehandleLength = macOffset + macLength;

export interface Filehandle {
  readonly export: number;
  readonly grant: number;
  readonly fileid: Fileid;
}

/** The layout: version (1 byte), zero (1), generation (2, always 0: fileids are never reused), export (4), grant (4), fileid (8), MAC (16). */
export function encodeFilehandle(handle: Filehandle, secret: KeyObject): Buffer {
  const bytes = Buffer.alloc(filehandleLength);
  bytes.writeUInt8(version, 0);
  bytes.writeUInt32BE(handle.export, 4);
  bytes.writeUInt32BE(handle.grant, 8);
  bytes.writeBigUInt64BE(BigInt(handle.fileid), 12);
  mac(bytes, secret).copy(bytes, macOffset);
  return bytes;
}

/** The inode that the bytes say they name, whoever has made them; undefined: not a handle of ours at all. */
export function claimedFileid(bytes: Buffer): Fileid | undefined {
  return bytes.length === filehandleLength ? (Number(bytes.readBigUInt64BE(12)) as Fileid) : undefined;
}

/** @returns `malformed`: not a handle of ours at all; `forged`: well-formed, with a wrong MAC */
export function decodeFilehandle(bytes: Buffer, secret: KeyObject): Filehandle | 'malformed' | 'forged' {
  if (bytes.length !== filehandleLength || bytes.readUInt8(0) !== version || bytes.readUIntBE(1, 3) !== 0)
    return 'malformed';
  const fileid = bytes.readBigUInt64BE(12);
  if (fileid === 0n || fileid > BigInt(Number.MAX_SAFE_INTEGER)) return 'malformed';
  if (!timingSafeEqual(mac(bytes, secret), bytes.subarray(macOffset))) return 'forged';
  return { export: bytes.readUInt32BE(4), grant: bytes.readUInt32BE(8), fileid: Number(fileid) as Fileid };
}

function mac(bytes: Buffer, secret: KeyObject): Buffer {
  return createHmac('sha256', secret).update(bytes.subarray(0, macOffset)).digest().subarray(0, macLength);
}
