import { voidCodec, type Decoded } from '../../rpc/xdr.ts';
import { delegReturnArguments } from '../codec/opens.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type Operation } from '../operation.ts';

/** RFC 8881 §18.6. */
export const delegreturn: Operation<Decoded<typeof delegReturnArguments>, undefined> = {
  opcode: Opcode.DELEGRETURN,
  name: 'DELEGRETURN',
  minorVersions: [0, 1, 2],
  arguments: delegReturnArguments,
  result: voidCodec,
  async perform(context, { stateid }) {
    const state = context.state.io.require(stateid, context.requireCurrent(), context);
    if (state.type !== 'delegation') throw new Nfs4Error(Nfs4Status.BAD_STATEID, 'not a delegation');
    await context.state.delegations.giveBack(state);
    return undefined;
  },
};
