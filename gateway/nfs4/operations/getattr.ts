import type { Decoded } from '../../rpc/xdr.ts';
import { encodeAttributes } from '../attributes/encode.ts';
import { attributeSource } from '../attributes/source.ts';
import { Attribute } from '../attributes/numbers.ts';
import { readableAttributes } from '../attributes/supported.ts';
import { bits } from '../codec/basic.ts';
import { getattrArguments, getattrOk } from '../codec/files.ts';
import { Opcode } from '../codec/opcodes.ts';
import type { Operation } from '../operation.ts';

/** What a client with a write delegation knows better. */
const writersAttributes = bits(Attribute.change, Attribute.size);

/** RFC 8881 §18.7: what is not supported is left out of the answer. */
export const getattr: Operation<Decoded<typeof getattrArguments>, Decoded<typeof getattrOk>> = {
  opcode: Opcode.GETATTR,
  name: 'GETATTR',
  minorVersions: [0, 1, 2],
  arguments: getattrArguments,
  result: getattrOk,
  async perform(context, { asked }) {
    const node = context.requireCurrent();
    const mask = readableAttributes(asked, context.minorVersion);
    const source = await attributeSource(context.fileSystem, node, mask, {
      leaseSeconds: context.state.leaseSeconds,
      minorVersion: context.minorVersion,
    });
    const { attributes } = source;
    if (attributes?.type !== 'file' || (mask & writersAttributes) === 0n) {
      return { attributes: encodeAttributes(mask, source) };
    }
    const seen = await context.state.delegations.seenByWriter(node, attributes, context.caller.client);
    return { attributes: encodeAttributes(mask, { ...source, attributes: { ...attributes, ...seen } }) };
  },
};
