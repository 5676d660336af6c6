import type { Decoded } from '../../rpc/xdr.ts';
import { encodeAttributes } from '../attributes/encode.ts';
import { attributeSource, type AttributeSource } from '../attributes/source.ts';
import { Attribute } from '../attributes/numbers.ts';
import { readableAttributes } from '../attributes/supported.ts';
import { bits, type Bitmap } from '../codec/basic.ts';
import { getattrArguments, getattrOk } from '../codec/files.ts';
import { Opcode } from '../codec/opcodes.ts';
import type { CompoundContext, Operation } from '../operation.ts';

/** What a client with a write delegation knows better. */
const writersAttributes = bits(Attribute.change, Attribute.size);

/** RFC 8881 §18.7: what is not supported is left out of the answer. */
export const getattr: Operation<Decoded<typeof getattrArguments>, Decoded<typeof getattrOk>> = {
  opcode: Opcode.GETATTR,
  name: 'GETATTR',
  minorVersions: [0, 1, 2],
  arguments: getattrArguments,
  result: getattrOk,
  perform(context, { asked }) {
    const node = context.requireCurrent();
    const mask = readableAttributes(asked, context.minorVersion);
    const source = attributeSource(context.fileSystem, node, mask, {
      leaseSeconds: context.state.leaseSeconds,
      minorVersion: context.minorVersion,
    });
    return source instanceof Promise
      ? source.then((known) => answer(context, mask, known))
      : answer(context, mask, source);
  },
};

function answer(
  { caller, state }: CompoundContext,
  mask: Bitmap,
  source: AttributeSource,
): Promise<Decoded<typeof getattrOk>> | Decoded<typeof getattrOk> {
  const { attributes, node } = source;
  const seen =
    attributes?.type === 'file' && (mask & writersAttributes) !== 0n
      ? state.delegations.seenByWriter(node, attributes, caller.client)
      : undefined;
  if (attributes === undefined || seen === undefined) return { attributes: encodeAttributes(mask, source) };
  return seen.then((newer) => ({
    attributes: encodeAttributes(mask, { ...source, attributes: { ...attributes, ...newer } }),
  }));
}
