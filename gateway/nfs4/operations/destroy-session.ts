import { voidCodec, type Decoded } from '../../rpc/xdr.ts';
import { destroySessionArguments } from '../codec/sessions.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type Operation } from '../operation.ts';

/** RFC 8881 §18.37. The client stays, with what it has open. */
export const destroySession: Operation<Decoded<typeof destroySessionArguments>, undefined> = {
  opcode: Opcode.DESTROY_SESSION,
  name: 'DESTROY_SESSION',
  minorVersions: [1, 2],
  arguments: destroySessionArguments,
  result: voidCodec,
  perform({ position, slot, state }, { sessionid }) {
    const session = state.sessions.require(sessionid);
    const isOwn = slot?.session === session;
    if (isOwn && position.index < position.count - 1) throw new Nfs4Error(Nfs4Status.NOT_ONLY_OP);
    if (session.busySlots > (isOwn ? 1 : 0)) throw new Nfs4Error(Nfs4Status.DELAY, 'requests are under way');
    state.sessions.destroy(session);
    return undefined;
  },
};
