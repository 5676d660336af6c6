/** What a client asks to set: fattr4 of SETATTR, CREATE and OPEN. RFC 8881 §5, RFC 7530 §5. */
import type { AttributeChanges, SetTime } from '../../filesystem/attributes.ts';
import { opaque, size64, uint32, XdrError, XdrReader } from '../../rpc/xdr.ts';
import { bitNumbers, opaqueLimit, text, time, type Bitmap, type RawAttributes } from '../codec/basic.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type MinorVersion } from '../operation.ts';
import { Attribute } from './numbers.ts';
import { requireSupported, settable } from './supported.ts';

const largestMode = 0o7777;
/** (uid_t) -1 means "leave as it is" in chown(2) and is nobody's id. */
const largestId = 0xffff_fffe;

/**
 * RFC 8881 §5.9: a decimal number without leading zeros names the id; names of users are not translated.
 * @throws Nfs4Error INVAL (not UTF-8, or empty), BADOWNER
 */
function decodeOwner(reader: XdrReader): number {
  const name = text(opaque(opaqueLimit).decode(reader));
  if (name === '') throw new Nfs4Error(Nfs4Status.INVAL, 'an owner without a name');
  const id = /^(0|[1-9]\d{0,9})$/.test(name) ? Number(name) : Infinity;
  if (id > largestId) throw new Nfs4Error(Nfs4Status.BADOWNER, 'owner is not a decimal id');
  return id;
}

/** settime4 */
function decodeSetTime(reader: XdrReader): SetTime {
  const how = reader.uint32();
  switch (how) {
    case 0:
      return 'now';
    case 1:
      return time.decode(reader);
    default:
      throw new XdrError(`${how} is not a time_how4`);
  }
}

function decodeMode(reader: XdrReader): number {
  const mode = uint32.decode(reader);
  if (mode > largestMode) throw new Nfs4Error(Nfs4Status.INVAL, `mode ${mode.toString(8)}`);
  return mode;
}

/** By attribute number; a file system applies them at once, so that their order does not matter. */
const decoders: Readonly<Record<number, (reader: XdrReader) => AttributeChanges>> = {
  [Attribute.size]: (reader) => ({ size: size64.decode(reader) }),
  [Attribute.mode]: (reader) => ({ mode: decodeMode(reader) }),
  [Attribute.owner]: (reader) => ({ uid: decodeOwner(reader) }),
  [Attribute.ownerGroup]: (reader) => ({ gid: decodeOwner(reader) }),
  [Attribute.timeAccessSet]: (reader) => ({ atime: decodeSetTime(reader) }),
  [Attribute.timeModifySet]: (reader) => ({ mtime: decodeSetTime(reader) }),
};

/**
 * The changes that these attributes ask for; `raw.mask` names exactly those.
 * @throws Nfs4Error ATTRNOTSUPP (not supported), INVAL (read-only, mode above 07777, time with a second of nanoseconds),
 *   BADOWNER, BADXDR (values cut short or left over)
 */
export function decodeAttributeChanges(raw: RawAttributes, minorVersion: MinorVersion): AttributeChanges {
  requireSupported(raw.mask, minorVersion);
  const readOnly: Bitmap = raw.mask & ~settable;
  if (readOnly !== 0n)
    throw new Nfs4Error(Nfs4Status.INVAL, `attributes ${bitNumbers(readOnly).join(', ')} are read-only`);
  const reader = new XdrReader(raw.values);
  let changes: AttributeChanges = {};
  for (const number of bitNumbers(raw.mask)) changes = { ...changes, ...decoders[number]?.(reader) };
  if (reader.remaining > 0) throw new XdrError(`${reader.remaining} bytes after the last attribute`);
  return changes;
}

/** The bitmap of what changes set: attrsset of SETATTR, CREATE and OPEN. */
export function changedAttributes(changes: AttributeChanges): Bitmap {
  const bit = (value: unknown, number: number): Bitmap => (value === undefined ? 0n : 1n << BigInt(number));
  return (
    bit(changes.size, Attribute.size) |
    bit(changes.mode, Attribute.mode) |
    bit(changes.uid, Attribute.owner) |
    bit(changes.gid, Attribute.ownerGroup) |
    bit(changes.atime, Attribute.timeAccessSet) |
    bit(changes.mtime, Attribute.timeModifySet)
  );
}
