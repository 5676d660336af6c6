import { voidCodec } from '../../rpc/xdr.ts';
import { Opcode } from '../codec/opcodes.ts';
import type { Operation } from '../operation.ts';

/** RFC 8881 §18.28; the stateid is saved with the filehandle (§16.2.3.1.2). */
export const savefh: Operation<undefined, undefined> = {
  opcode: Opcode.SAVEFH,
  name: 'SAVEFH',
  minorVersions: [0, 1, 2],
  arguments: voidCodec,
  result: voidCodec,
  perform(context) {
    context.saved = context.requireCurrent();
    context.savedStateid = context.currentStateid;
    return undefined;
  },
};
