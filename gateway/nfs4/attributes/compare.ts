/** VERIFY and NVERIFY: whether an object has exactly these attributes. RFC 8881 §18.15, §18.31. */
import { bits, type RawAttributes } from '../codec/basic.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type CompoundContext } from '../operation.ts';
import { encodeAttributes } from './encode.ts';
import { Attribute } from './numbers.ts';
import { attributeSource } from './source.ts';
import { readableAttributes, requireSupported } from './supported.ts';

/** @throws Nfs4Error ATTRNOTSUPP, INVAL (rdattr_error or what can only be set), NOFILEHANDLE */
export async function hasAttributes(context: CompoundContext, given: RawAttributes): Promise<boolean> {
  const { fileSystem, minorVersion, state } = context;
  const node = context.requireCurrent();
  requireSupported(given.mask, minorVersion);
  if ((given.mask & bits(Attribute.readdirError)) !== 0n) {
    throw new Nfs4Error(Nfs4Status.INVAL, 'rdattr_error belongs to READDIR');
  }
  const mask = readableAttributes(given.mask, minorVersion);
  const source = await attributeSource(fileSystem, node, mask, { leaseSeconds: state.leaseSeconds, minorVersion });
  return encodeAttributes(mask, source).values.equals(given.values);
}
