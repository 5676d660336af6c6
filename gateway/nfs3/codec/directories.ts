/** READDIR and READDIRPLUS. RFC 1813 §3.3.16, §3.3.17. */
import { boolean, list, size64, struct, uint32, type Struct } from '../../rpc/xdr.ts';
import { filehandle, postOpAttributes, postOpFilehandle, textBytes, verifier } from './basic.ts';

export const readdirArguments = struct({
  directory: filehandle,
  cookie: size64,
  verifier,
  /** Bytes of the READDIR3resok. */
  count: uint32,
});

const entryFields = { fileid: size64, name: textBytes, cookie: size64 };
/** entry3 */
export type Entry = Struct<typeof entryFields>;

/** Entries are bounded by `count`, not by their number. */
const mostEntries = 2 ** 20;

export const readdirOk = struct({
  attributes: postOpAttributes,
  verifier,
  entries: list(struct(entryFields), mostEntries),
  eof: boolean,
});

export const readdirplusArguments = struct({
  directory: filehandle,
  cookie: size64,
  verifier,
  /** Bytes of fileids, names and cookies. */
  directoryCount: uint32,
  /** Bytes of the READDIRPLUS3resok. */
  maxCount: uint32,
});

const entryPlusFields = { ...entryFields, attributes: postOpAttributes, handle: postOpFilehandle };
/** entryplus3 */
export type EntryPlus = Struct<typeof entryPlusFields>;

export const readdirplusOk = struct({
  attributes: postOpAttributes,
  verifier,
  entries: list(struct(entryPlusFields), mostEntries),
  eof: boolean,
});
