/** fattr4 from what the file system says of an inode. RFC 8881 §5, RFC 7530 §5. */
import type { Attributes, FileSystemStatus, FileType } from '../../filesystem/attributes.ts';
import { maxFile, maxName, maxTransfer } from '../../filesystem/limits.ts';
import { boolean, opaque, size64, struct, uint32, uint64, XdrWriter, type Codec } from '../../rpc/xdr.ts';
import {
  bitmap,
  bitNumbers,
  bits,
  deviceNumber,
  filehandle,
  fsid,
  opaqueLimit,
  time,
  type Bitmap,
  type RawAttributes,
} from '../codec/basic.ts';
import { Claim, CreateMode } from '../codec/opens.ts';
import { Nfs4Status } from '../codec/status.ts';
import type { MinorVersion } from '../operation.ts';
import { Attribute, type AttributeNumber } from './numbers.ts';
import type { AttributeSource } from './source.ts';
import { settable, supportedAttributes, writeOnly } from './supported.ts';

/** nfs_ftype4 */
const typeNumbers: Readonly<Record<FileType, number>> = {
  file: 1,
  directory: 2,
  block: 3,
  character: 4,
  symlink: 5,
  socket: 6,
  fifo: 7,
};

/** FH4_PERSISTENT */
const persistent = 0;
/** FSCHARSET_CAP4_ALLOWS_ONLY_UTF8 */
const onlyUtf8 = 2;
/** NFS4_CHANGE_TYPE_IS_MONOTONIC_INCR (RFC 7862 §12.2.3): `change` of an inode only ever grows. */
const monotonic = 0;
/** Times are kept to the nanosecond. */
const timeResolution = 1n;

const owner: Codec<number> = {
  // RFC 8881 §5.9: a decimal number without leading zeros names the id itself.
  decode: (reader) => Number(opaque(opaqueLimit).decode(reader).toString('latin1')),
  encode: (writer, id) => opaque(opaqueLimit).encode(writer, Buffer.from(String(id), 'latin1')),
};

/** fattr4_open_arguments, RFC 9754 §3.1 */
const openArguments = struct({ access: bitmap, deny: bitmap, wants: bitmap, claims: bitmap, createModes: bitmap });

/** What OPEN understands: bits are the values of its arguments; for `wants`, those of OPEN4_SHARE_ACCESS_WANT_* above 255. */
const knownOpenArguments = {
  access: bits(1, 2, 3),
  deny: bits(0, 1, 2, 3),
  wants: bits(1, 2, 3, 4, 5),
  claims: bits(Claim.NULL, Claim.PREVIOUS, Claim.DELEGATE_CUR, Claim.FH, Claim.DELEG_CUR_FH),
  createModes: bits(CreateMode.UNCHECKED, CreateMode.GUARDED, CreateMode.EXCLUSIVE, CreateMode.EXCLUSIVE_1),
};

type Encoder = (writer: XdrWriter, source: AttributeSource) => void;

function constant<T>(codec: Codec<T>, value: T): Encoder {
  return (writer) => codec.encode(writer, value);
}

function of<T>(codec: Codec<T>, value: (source: AttributeSource) => T): Encoder {
  return (writer, source) => codec.encode(writer, value(source));
}

function ofInode<T>(codec: Codec<T>, value: (attributes: Attributes) => T): Encoder {
  return (writer, { attributes }) => {
    if (attributes === undefined) throw new TypeError('an attribute of the inode without its attributes');
    codec.encode(writer, value(attributes));
  };
}

function ofFileSystem(value: (status: FileSystemStatus) => number): Encoder {
  return (writer, { status }) => {
    if (status === undefined) throw new TypeError('an attribute of the file system without its status');
    size64.encode(writer, value(status));
  };
}

const encoders: Readonly<Record<Exclude<AttributeNumber, 48 | 54>, Encoder>> = {
  [Attribute.supportedAttributes]: of(bitmap, (source) => supportedAttributes(source.minorVersion)),
  [Attribute.type]: ofInode(uint32, (attributes) => typeNumbers[attributes.type]),
  [Attribute.filehandleExpireType]: constant(uint32, persistent),
  [Attribute.change]: ofInode(uint64, (attributes) => attributes.change),
  [Attribute.size]: ofInode(size64, (attributes) => attributes.size),
  [Attribute.linkSupport]: constant(boolean, false),
  [Attribute.symlinkSupport]: constant(boolean, true),
  [Attribute.namedAttributes]: constant(boolean, false),
  [Attribute.fsid]: ofInode(fsid, (attributes) => attributes.fsid),
  [Attribute.uniqueHandles]: constant(boolean, true),
  [Attribute.leaseTime]: of(uint32, (source) => source.leaseSeconds),
  [Attribute.readdirError]: of(uint32, (source) => source.error ?? Nfs4Status.OK),
  [Attribute.canSetTime]: constant(boolean, true),
  [Attribute.caseInsensitive]: constant(boolean, false),
  [Attribute.casePreserving]: constant(boolean, true),
  [Attribute.chownRestricted]: constant(boolean, true),
  [Attribute.filehandle]: of(filehandle, (source) => source.node.handle),
  [Attribute.fileid]: of(size64, (source) => source.node.fileid),
  [Attribute.filesAvailable]: ofFileSystem((status) => status.freeFiles),
  [Attribute.filesFree]: ofFileSystem((status) => status.freeFiles),
  [Attribute.filesTotal]: ofFileSystem((status) => status.totalFiles),
  [Attribute.homogeneous]: constant(boolean, true),
  [Attribute.maxFileSize]: constant(size64, maxFile),
  [Attribute.maxLink]: constant(uint32, 1),
  [Attribute.maxName]: constant(uint32, maxName),
  [Attribute.maxRead]: constant(size64, maxTransfer),
  [Attribute.maxWrite]: constant(size64, maxTransfer),
  [Attribute.mode]: ofInode(uint32, (attributes) => attributes.mode),
  [Attribute.noTruncation]: constant(boolean, true),
  [Attribute.links]: ofInode(uint32, (attributes) => attributes.links),
  [Attribute.owner]: ofInode(owner, (attributes) => attributes.uid),
  [Attribute.ownerGroup]: ofInode(owner, (attributes) => attributes.gid),
  [Attribute.rawDevice]: ofInode(deviceNumber, (attributes) => attributes.device),
  [Attribute.spaceAvailable]: ofFileSystem((status) => status.freeBytes),
  [Attribute.spaceFree]: ofFileSystem((status) => status.freeBytes),
  [Attribute.spaceTotal]: ofFileSystem((status) => status.totalBytes),
  [Attribute.spaceUsed]: ofInode(size64, (attributes) => attributes.used),
  [Attribute.timeAccess]: ofInode(time, (attributes) => attributes.atime),
  [Attribute.timeDelta]: constant(time, timeResolution),
  [Attribute.timeMetadata]: ofInode(time, (attributes) => attributes.ctime),
  [Attribute.timeModify]: ofInode(time, (attributes) => attributes.mtime),
  [Attribute.mountedOnFileid]: of(size64, ({ attributes, node }) => attributes?.mountedOnFileid ?? node.fileid),
  [Attribute.supportedExclusiveCreate]: constant(bitmap, settable),
  [Attribute.filesystemCharset]: constant(uint32, onlyUtf8),
  [Attribute.cloneBlockSize]: constant(uint32, 1),
  [Attribute.changeAttributeType]: constant(uint32, monotonic),
  [Attribute.xattrSupport]: constant(boolean, true),
  [Attribute.openArguments]: constant(openArguments, knownOpenArguments),
};

/** These are not the inode's alone: they differ between grants, replies and moments. */
const ofOthers = bits(
  Attribute.filehandle,
  Attribute.readdirError,
  Attribute.filesAvailable,
  Attribute.filesFree,
  Attribute.filesTotal,
  Attribute.spaceAvailable,
  Attribute.spaceFree,
  Attribute.spaceTotal,
);

/** The attributes of `mask`, which holds supported, readable ones alone, in the order of their numbers. */
export function encodeAttributes(mask: Bitmap, source: AttributeSource): RawAttributes {
  const { attributes, minorVersion } = source;
  if (attributes === undefined || (mask & ofOthers) !== 0n) return encodeAnew(mask, source);
  // Clients ask for the same again and again, and mostly nothing has changed.
  const known = encoded.get(attributes);
  if (known?.mask === mask && known.minorVersion === minorVersion) return known.raw;
  const raw = encodeAnew(mask, source);
  encoded.set(attributes, { mask, minorVersion, raw });
  return raw;
}

/** What was encoded last of attributes, which are replaced when any of them changes: a memo, and no state. */
const encoded = new WeakMap<
  Attributes,
  { readonly mask: Bitmap; readonly minorVersion: MinorVersion; readonly raw: RawAttributes }
>();

function encodeAnew(mask: Bitmap, source: AttributeSource): RawAttributes {
  const writer = new XdrWriter();
  for (const number of bitNumbers(mask & ~writeOnly)) encoders[number as keyof typeof encoders](writer, source);
  return { mask, values: writer.concat() };
}
