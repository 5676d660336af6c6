import type { Decoded } from '../../rpc/xdr.ts';
import { text } from '../codec/basic.ts';
import { xattrChanged, xattrName } from '../codec/extended-attributes.ts';
import { Opcode } from '../codec/opcodes.ts';
import type { Operation } from '../operation.ts';

/** RFC 8276 §8.4.4. */
export const removexattr: Operation<Decoded<typeof xattrName>, Decoded<typeof xattrChanged>> = {
  opcode: Opcode.REMOVEXATTR,
  name: 'REMOVEXATTR',
  minorVersions: [2],
  arguments: xattrName,
  result: xattrChanged,
  async perform(context, { name }) {
    const node = context.requireCurrent();
    return { change: await context.fileSystem.removeXattr(node, text(name), context.operationContext()) };
  },
};
