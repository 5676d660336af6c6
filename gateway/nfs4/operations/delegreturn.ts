import { voidCodec, type Decoded } from '../../rpc/xdr.ts';
import { delegReturnArguments } from '../codec/opens.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type Operation } from '../operation.ts';

/** RFC 8881 §18.6. No delegation is ever given: a stateid may be stale or old, but not of one. */
export const delegreturn: Operation<Decoded<typeof delegReturnArguments>, undefined> = {
  opcode: Opcode.DELEGRETURN,
  name: 'DELEGRETURN',
  minorVersions: [0, 1, 2],
  arguments: delegReturnArguments,
  result: voidCodec,
  perform(context, { stateid }) {
    context.state.io.require(stateid, context.requireCurrent(), context);
    throw new Nfs4Error(Nfs4Status.BAD_STATEID, 'not a delegation');
  },
};
