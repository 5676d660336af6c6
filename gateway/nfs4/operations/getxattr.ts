import type { Decoded } from '../../rpc/xdr.ts';
import { text } from '../codec/basic.ts';
import { getXattrResult, xattrName } from '../codec/extended-attributes.ts';
import { Opcode } from '../codec/opcodes.ts';
import type { Operation } from '../operation.ts';

/** RFC 8276 §8.4.1. */
export const getxattr: Operation<Decoded<typeof xattrName>, Decoded<typeof getXattrResult>> = {
  opcode: Opcode.GETXATTR,
  name: 'GETXATTR',
  minorVersions: [2],
  arguments: xattrName,
  result: getXattrResult,
  async perform(context, { name }) {
    const node = context.requireCurrent();
    return { value: await context.fileSystem.getXattr(node, text(name), context.caller) };
  },
};
