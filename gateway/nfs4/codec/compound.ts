/** COMPOUND4args and COMPOUND4res around the operations. RFC 7531, RFC 5662. */
import { opaque, struct, uint32, type Codec, type Struct } from '../../rpc/xdr.ts';

/** Longest tag that is read, bytes; clients write a word for whoever reads packet captures. */
const maxTag = 1024;

/** Echoed as it came, valid UTF-8 or not: the server never reads it (RFC 7530 §15.2.3). */
const tag = opaque(maxTag);

const headerFields = { tag, minorVersion: uint32, count: uint32 };

/** COMPOUND4args before its operations. */
export type CompoundHeader = Struct<typeof headerFields>;
export const compoundHeader: Codec<CompoundHeader> = struct(headerFields);

const resultFields = { status: uint32, tag, count: uint32 };

/** COMPOUND4res before its results. */
export type CompoundResultHeader = Struct<typeof resultFields>;
export const compoundResultHeader: Codec<CompoundResultHeader> = struct(resultFields);
