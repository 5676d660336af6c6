import { voidCodec, type Decoded } from '../../rpc/xdr.ts';
import { putfhArguments } from '../codec/files.ts';
import { Opcode } from '../codec/opcodes.ts';
import type { Operation } from '../operation.ts';

/** RFC 8881 §18.19 */
export const putfh: Operation<Decoded<typeof putfhArguments>, undefined> = {
  opcode: Opcode.PUTFH,
  name: 'PUTFH',
  minorVersions: [0, 1, 2],
  arguments: putfhArguments,
  result: voidCodec,
  perform(context, { handle }) {
    context.current = context.fileSystem.resolve(handle, context.caller);
    return undefined;
  },
};
