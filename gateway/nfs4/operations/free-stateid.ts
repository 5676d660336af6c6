import { voidCodec, type Decoded } from '../../rpc/xdr.ts';
import { freeStateidArguments } from '../codec/opens.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type Operation } from '../operation.ts';
import { classify } from '../state/stateid.ts';

/** RFC 8881 §18.38: lets go of locks that are all unlocked, and acknowledges what was revoked. */
export const freeStateid: Operation<Decoded<typeof freeStateidArguments>, undefined> = {
  opcode: Opcode.FREE_STATEID,
  name: 'FREE_STATEID',
  minorVersions: [1, 2],
  arguments: freeStateidArguments,
  result: voidCodec,
  perform(context, args) {
    const isCurrent = classify(args.stateid, context.minorVersion) === 'current';
    const stateid = isCurrent ? context.currentStateid : args.stateid;
    if (stateid === undefined) throw new Nfs4Error(Nfs4Status.BAD_STATEID);
    const { locking, stateids } = context.state;
    const state = stateids.find(stateid, context.state.clientOf(context), context.minorVersion);
    if (state.status === 'revoked') stateids.remove(state);
    else if (state.type === 'lock') locking.free(state);
    else throw new Nfs4Error(Nfs4Status.LOCKS_HELD, 'the file is open or delegated');
    return undefined;
  },
};
