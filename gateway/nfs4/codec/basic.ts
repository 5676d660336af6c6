/** The basic data types of RFC 7531, RFC 5662 and RFC 7863 that several operations share. */
import type { Fsid, DeviceNumber, Nanoseconds } from '../../filesystem/attributes.ts';
import type { ChangeInfo } from '../../filesystem/file-system.ts';
import { boolean, fixedOpaque, opaque, struct, uint32, uint64, XdrError, type Codec } from '../../rpc/xdr.ts';
import { Nfs4Error } from '../operation.ts';
import { Nfs4Status } from './status.ts';

/** NFS4_FHSIZE, bytes. */
export const filehandleSize = 128;
/** NFS4_OPAQUE_LIMIT: owners, client identifiers. Bytes. */
export const opaqueLimit = 1024;
/** NFS4_VERIFIER_SIZE, bytes. */
export const verifierSize = 8;
/** NFS4_SESSIONID_SIZE, bytes. */
export const sessionIdSize = 16;
/** NFS4_OTHER_SIZE: the opaque part of a stateid, bytes. */
export const stateidOtherSize = 12;

/**
 * Largest component4, linktext4 or utf8str that is read, bytes. Above the longest name and symlink target, so that what
 * is too long is answered with NAMETOOLONG by the operation and not as undecodable.
 */
const maxText = 64 * 1024;
/** Largest bitmap4 that is read, words; attributes are defined in the first three, and who asks for others gets none. */
const maxBitmapWords = 64;
/** Largest attrlist4 that is read, bytes: an ACL from a client that asks for one still has to be refused in words. */
const maxAttributeBytes = 64 * 1024;

/** nfs_fh4 */
export const filehandle: Codec<Buffer> = opaque(filehandleSize);

/** verifier4 */
export const verifier: Codec<Buffer> = fixedOpaque(verifierSize);

/** sessionid4 */
export const sessionId: Codec<Buffer> = fixedOpaque(sessionIdSize);

/** clientid4 */
export const clientId: Codec<bigint> = uint64;

/** stateid4; `other` has 12 bytes. */
export interface StateidValue {
  readonly seqid: number;
  readonly other: Buffer;
}

export const stateid: Codec<StateidValue> = struct({ seqid: uint32, other: fixedOpaque(stateidOtherSize) });

/** component4, linktext4, utf8str_cs: bytes that are not known to be UTF-8 yet; see `text` for reading them. */
export const textBytes: Codec<Buffer> = opaque(maxText);

/** component4 */
export const component: Codec<Buffer> = textBytes;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The bytes as UTF-8.
 * @throws Nfs4Error INVAL where they are not UTF-8 (RFC 7530 §12.7, RFC 8881 §14.4): a matter of the operation, not of
 *   decoding
 */
export function text(bytes: Buffer): string {
  try {
    return strictUtf8.decode(bytes);
  } catch (cause) {
    throw new Nfs4Error(Nfs4Status.INVAL, `not UTF-8: ${String(cause)}`);
  }
}

/** bitmap4 as one number: bit n is attribute (or operation) n. */
export type Bitmap = bigint;

/** bitmap4; encoded without trailing zero words. */
export const bitmap: Codec<Bitmap> = {
  decode(reader) {
    const words = reader.uint32();
    if (words > maxBitmapWords) throw new XdrError(`bitmap of ${words} words, at most ${maxBitmapWords} allowed`);
    let bits = 0n;
    for (let word = 0; word < words; word++) bits |= BigInt(reader.uint32()) << BigInt(32 * word);
    return bits;
  },
  encode(writer, bits) {
    const words: number[] = [];
    for (let rest = bits; rest > 0n; rest >>= 32n) words.push(Number(rest & 0xffff_ffffn));
    writer.uint32(words.length);
    for (const word of words) writer.uint32(word);
  },
};

/** The bitmap of these bit numbers. */
export function bits(...numbers: readonly number[]): Bitmap {
  return numbers.reduce((sum, number) => sum | (1n << BigInt(number)), 0n);
}

/** The bit numbers in a bitmap, ascending. */
export function bitNumbers(bitmapValue: Bitmap): number[] {
  const numbers: number[] = [];
  for (let rest = bitmapValue, number = 0; rest > 0n; rest >>= 1n, number++) if (rest & 1n) numbers.push(number);
  return numbers;
}

/** fattr4 undecoded: which attributes, and their values one after another. */
export interface RawAttributes {
  readonly mask: Bitmap;
  readonly values: Buffer;
}

/** fattr4 */
export const rawAttributes: Codec<RawAttributes> = struct({ mask: bitmap, values: opaque(maxAttributeBytes) });

const billion = 1_000_000_000n;

/**
 * nfstime4 as nanoseconds since the epoch; seconds may be negative, nanoseconds never are (RFC 8881 §3.3.1). Decoding
 * throws Nfs4Error INVAL for nanoseconds that make a whole second: well-formed XDR of an invalid time.
 */
export const time: Codec<Nanoseconds> = {
  decode(reader) {
    const seconds = reader.int64();
    const nanoseconds = BigInt(reader.uint32());
    if (nanoseconds >= billion) throw new Nfs4Error(Nfs4Status.INVAL, `${nanoseconds} ns is not below a second`);
    return seconds * billion + nanoseconds;
  },
  encode(writer, value) {
    const seconds = value >= 0n ? value / billion : -((-value + billion - 1n) / billion);
    writer.int64(seconds);
    writer.uint32(Number(value - seconds * billion));
  },
};

/** change_info4; always atomic here. */
export const changeInfo: Codec<ChangeInfo> = {
  decode(reader) {
    boolean.decode(reader);
    return { before: reader.uint64(), after: reader.uint64() };
  },
  encode(writer, value) {
    boolean.encode(writer, true);
    writer.uint64(value.before);
    writer.uint64(value.after);
  },
};

/** specdata4 */
export const deviceNumber: Codec<DeviceNumber> = struct({ major: uint32, minor: uint32 });

/** fsid4 */
export const fsid: Codec<Fsid> = struct({ major: uint64, minor: uint64 });
