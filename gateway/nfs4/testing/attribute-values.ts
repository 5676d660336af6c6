/** Reads fattr4 as a client does, independently of how the server writes it. */
import { boolean, opaque, struct, uint32, uint64, XdrReader, XdrWriter, type Codec } from '../../rpc/xdr.ts';
import { Attribute, type AttributeNumber } from '../attributes/numbers.ts';
import { bitmap, bitNumbers, bits, type RawAttributes } from '../codec/basic.ts';

const seconds = { decode: (r: XdrReader) => [r.int64(), r.uint32()] as const, encode: () => undefined };
const text: Codec<string> = { decode: (r) => opaque(1024).decode(r).toString('utf8'), encode: () => undefined };
const pair = struct({ major: uint64, minor: uint64 });
const device = struct({ major: uint32, minor: uint32 });

const codecs: Readonly<Partial<Record<number, Codec<unknown>>>> = {
  [Attribute.supportedAttributes]: bitmap,
  [Attribute.change]: uint64,
  [Attribute.size]: uint64,
  [Attribute.linkSupport]: boolean,
  [Attribute.symlinkSupport]: boolean,
  [Attribute.namedAttributes]: boolean,
  [Attribute.fsid]: pair,
  [Attribute.uniqueHandles]: boolean,
  [Attribute.canSetTime]: boolean,
  [Attribute.caseInsensitive]: boolean,
  [Attribute.casePreserving]: boolean,
  [Attribute.chownRestricted]: boolean,
  [Attribute.filehandle]: opaque(128),
  [Attribute.fileid]: uint64,
  [Attribute.filesAvailable]: uint64,
  [Attribute.filesFree]: uint64,
  [Attribute.filesTotal]: uint64,
  [Attribute.homogeneous]: boolean,
  [Attribute.maxFileSize]: uint64,
  [Attribute.maxRead]: uint64,
  [Attribute.maxWrite]: uint64,
  [Attribute.noTruncation]: boolean,
  [Attribute.owner]: text,
  [Attribute.ownerGroup]: text,
  [Attribute.rawDevice]: device,
  [Attribute.spaceAvailable]: uint64,
  [Attribute.spaceFree]: uint64,
  [Attribute.spaceTotal]: uint64,
  [Attribute.spaceUsed]: uint64,
  [Attribute.timeAccess]: seconds,
  [Attribute.timeDelta]: seconds,
  [Attribute.timeMetadata]: seconds,
  [Attribute.timeModify]: seconds,
  [Attribute.mountedOnFileid]: uint64,
  [Attribute.supportedExclusiveCreate]: bitmap,
  [Attribute.openArguments]: struct({ access: bitmap, deny: bitmap, wants: bitmap, claims: bitmap, modes: bitmap }),
};

export type AttributeValues = ReadonlyMap<AttributeNumber, unknown>;

/** @throws Error where values are left over */
export function attributeValues(raw: RawAttributes): AttributeValues {
  const reader = new XdrReader(raw.values);
  const values = new Map<AttributeNumber, unknown>();
  for (const number of bitNumbers(raw.mask)) {
    values.set(number as AttributeNumber, (codecs[number] ?? uint32).decode(reader));
  }
  if (reader.remaining > 0) throw new Error(`${reader.remaining} bytes after the last attribute`);
  return values;
}

/** fattr4 of settable attributes, each encoded by hand, given in the order of their numbers. */
export function settableAttributes(
  ...given: readonly (readonly [number, (writer: XdrWriter) => void])[]
): RawAttributes {
  const writer = new XdrWriter();
  for (const [, encode] of given) encode(writer);
  return { mask: bits(...given.map(([number]) => number)), values: writer.concat() };
}
