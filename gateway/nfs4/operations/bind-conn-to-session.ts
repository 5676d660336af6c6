import type { Decoded } from '../../rpc/xdr.ts';
import { bindConnectionArguments, bindConnectionResult, DirectionFromClient } from '../codec/sessions.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type Operation } from '../operation.ts';

const directions: ReadonlySet<number> = new Set(Object.values(DirectionFromClient));

/** RFC 8881 §18.34. */
export const bindConnToSession: Operation<
  Decoded<typeof bindConnectionArguments>,
  Decoded<typeof bindConnectionResult>
> = {
  opcode: Opcode.BIND_CONN_TO_SESSION,
  name: 'BIND_CONN_TO_SESSION',
  minorVersions: [1, 2],
  arguments: bindConnectionArguments,
  result: bindConnectionResult,
  perform({ connection, state }, { sessionid, direction }) {
    if (!directions.has(direction)) throw new Nfs4Error(Nfs4Status.INVAL, `${direction} is no direction`);
    const session = state.sessions.require(sessionid);
    const back = direction !== DirectionFromClient.FORE;
    const bound = state.sessions.bind(session, connection, back);
    return { sessionid, direction: bound, rdmaMode: false };
  },
};
