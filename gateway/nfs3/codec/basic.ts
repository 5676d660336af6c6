/** The basic data types of RFC 1813 §2.5 and §2.6 that several procedures share. */
import type {
  AttributeChanges,
  Attributes,
  FileType,
  Fsid,
  Nanoseconds,
  SetTime,
} from '../../filesystem/attributes.ts';
import {
  enumeration,
  fixedOpaque,
  opaque,
  optional,
  size64,
  struct,
  uint32,
  type Codec,
  type Decoded,
} from '../../rpc/xdr.ts';

/** NFS3_FHSIZE, bytes. */
export const filehandleSize = 64;
/** NFS3_COOKIEVERFSIZE, NFS3_CREATEVERFSIZE, NFS3_WRITEVERFSIZE, bytes. */
export const verifierSize = 8;

/**
 * Largest filename3 and nfspath3 that is read, bytes. Above the longest name and symlink target, so that what is too
 * long is answered with NAMETOOLONG by the procedure and not as undecodable.
 */
const maxText = 64 * 1024;

/** nfs_fh3 */
export const filehandle: Codec<Buffer> = opaque(filehandleSize);

/** cookieverf3, createverf3, writeverf3 */
export const verifier: Codec<Buffer> = fixedOpaque(verifierSize);

/** filename3, nfspath3: bytes that are not known to be UTF-8 yet; see names.ts. */
export const textBytes: Codec<Buffer> = opaque(maxText);

/** diropargs3 */
export const directoryEntry = struct({ directory: filehandle, name: textBytes });
export type DirectoryEntryName = Decoded<typeof directoryEntry>;

/** ftype3 */
export const typeNumbers: Readonly<Record<FileType, number>> = {
  file: 1,
  directory: 2,
  block: 3,
  character: 4,
  symlink: 5,
  socket: 6,
  fifo: 7,
};

const fileType: Codec<FileType> = {
  decode(reader) {
    const number = enumeration('ftype3', Object.values(typeNumbers)).decode(reader);
    return Object.entries(typeNumbers).find(([, value]) => value === number)?.[0] as FileType;
  },
  encode: (writer, type) => writer.uint32(typeNumbers[type]),
};

/** specdata3 */
export const deviceNumber = struct({ major: uint32, minor: uint32 });

const billion = 1_000_000_000n;
const largestSecond = 0xffff_ffffn;

/** nfstime3: unsigned seconds, so that what lies before 1970 is 0 and what lies after 2106 the last second there is. */
export const time: Codec<Nanoseconds> = {
  decode(reader) {
    const seconds = BigInt(reader.uint32());
    return seconds * billion + BigInt(reader.uint32());
  },
  encode(writer, value) {
    const clamped = value < 0n ? 0n : value;
    const seconds = clamped / billion;
    writer.uint32(Number(seconds > largestSecond ? largestSecond : seconds));
    writer.uint32(seconds > largestSecond ? 0 : Number(clamped % billion));
  },
};

/** 2^64 divided by the golden ratio: spreads small numbers over all of 64 bits. */
const spread = 0x9e37_79b9_7f4a_7c15n;

/** fattr3.fsid has 64 bits for what NFSv4 has twice as many: grants of one export still differ. */
const fsid: Codec<Fsid> = {
  decode: (reader) => ({ major: reader.uint64(), minor: 0n }),
  encode: (writer, { major, minor }) => writer.uint64(BigInt.asUintN(64, major ^ (minor * spread))),
};

/** What fattr3 says, of what Attributes have. */
export type WireAttributes = Omit<Attributes, 'change' | 'mountedOnFileid'>;

/** fattr3 */
export const attributes: Codec<WireAttributes> = struct({
  type: fileType,
  mode: uint32,
  links: uint32,
  uid: uint32,
  gid: uint32,
  size: size64,
  used: size64,
  device: deviceNumber,
  fsid,
  fileid: size64 as Codec<Attributes['fileid']>,
  atime: time,
  mtime: time,
  ctime: time,
});

/** post_op_attr */
export const postOpAttributes: Codec<WireAttributes | undefined> = optional(attributes);

/** wcc_attr */
export type WeakAttributes = Pick<Attributes, 'size' | 'mtime' | 'ctime'>;
const weakAttributes: Codec<WeakAttributes> = struct({ size: size64, mtime: time, ctime: time });

/** wcc_data */
export const weakCacheConsistency = struct({ before: optional(weakAttributes), after: postOpAttributes });
export type WeakCacheConsistency = Decoded<typeof weakCacheConsistency>;

/** post_op_fh3 */
export const postOpFilehandle: Codec<Buffer | undefined> = optional(filehandle);

/** set_atime, set_mtime */
const setTime: Codec<SetTime | undefined> = {
  decode(reader) {
    switch (enumeration('time_how', [0, 1, 2]).decode(reader)) {
      case 0:
        return undefined;
      case 1:
        return 'now';
      case 2:
        return time.decode(reader);
    }
  },
  encode(writer, value) {
    writer.uint32(value === undefined ? 0 : value === 'now' ? 1 : 2);
    if (value !== undefined && value !== 'now') time.encode(writer, value);
  },
};

const sattr = struct({
  mode: optional(uint32),
  uid: optional(uint32),
  gid: optional(uint32),
  size: optional(size64),
  atime: setTime,
  mtime: setTime,
});

/** Permission bits: clients send the type along with them at times. */
const modeBits = 0o7777;

/** sattr3 */
export const attributeChanges: Codec<AttributeChanges> = {
  decode(reader) {
    const { mode, uid, gid, size, atime, mtime } = sattr.decode(reader);
    return {
      ...(mode === undefined ? {} : { mode: mode & modeBits }),
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
      ...(size === undefined ? {} : { size }),
      ...(atime === undefined ? {} : { atime }),
      ...(mtime === undefined ? {} : { mtime }),
    };
  },
  encode(writer, { mode, uid, gid, size, atime, mtime }) {
    sattr.encode(writer, { mode, uid, gid, size, atime, mtime });
  },
};
