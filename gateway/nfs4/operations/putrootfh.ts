import { voidCodec } from '../../rpc/xdr.ts';
import { Opcode } from '../codec/opcodes.ts';
import type { Operation } from '../operation.ts';

/** RFC 8881 §18.21 */
export const putrootfh: Operation<undefined, undefined> = {
  opcode: Opcode.PUTROOTFH,
  name: 'PUTROOTFH',
  minorVersions: [0, 1, 2],
  arguments: voidCodec,
  result: voidCodec,
  perform(context) {
    context.current = context.fileSystem.root(context.caller);
    return undefined;
  },
};
