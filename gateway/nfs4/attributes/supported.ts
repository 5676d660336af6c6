/** Which attributes there are, by minor version, as bitmaps. */
import { bitNumbers, bits, type Bitmap } from '../codec/basic.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type MinorVersion } from '../operation.ts';
import { Attribute } from './numbers.ts';

/** Settable, never readable (RFC 8881 §5.5). */
export const writeOnly: Bitmap = bits(Attribute.timeAccessSet, Attribute.timeModifySet);

/** Everything SETATTR, OPEN and CREATE accept. */
export const settable: Bitmap = writeOnly | bits(Attribute.size, Attribute.mode, Attribute.owner, Attribute.ownerGroup);

const since41 = bits(Attribute.supportedExclusiveCreate, Attribute.filesystemCharset);
const since42 = bits(
  Attribute.cloneBlockSize,
  Attribute.changeAttributeType,
  Attribute.xattrSupport,
  Attribute.openArguments,
);
const all = bits(...Object.values(Attribute));

const byMinorVersion: Readonly<Record<MinorVersion, Bitmap>> = {
  0: all & ~since41 & ~since42,
  1: all & ~since42,
  2: all,
};

/** supported_attrs */
export function supportedAttributes(minorVersion: MinorVersion): Bitmap {
  return byMinorVersion[minorVersion];
}

/** Of the attributes asked for, those that GETATTR and READDIR answer. @throws Nfs4Error INVAL where one is write-only */
export function readableAttributes(asked: Bitmap, minorVersion: MinorVersion): Bitmap {
  if ((asked & writeOnly) !== 0n) throw new Nfs4Error(Nfs4Status.INVAL, 'asks for an attribute that can only be set');
  return asked & byMinorVersion[minorVersion];
}

/** @throws Nfs4Error ATTRNOTSUPP where one of them is not supported */
export function requireSupported(mask: Bitmap, minorVersion: MinorVersion): void {
  const unknown = mask & ~byMinorVersion[minorVersion];
  if (unknown !== 0n) throw new Nfs4Error(Nfs4Status.ATTRNOTSUPP, `attributes ${bitNumbers(unknown).join(', ')}`);
}
