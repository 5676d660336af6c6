import type { Decoded } from '../../rpc/xdr.ts';
import { clientAddress, setClientidArguments, setClientidResult } from '../codec/clients.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import type { Operation } from '../operation.ts';

/** RFC 7530 §16.33. */
export const setclientid: Operation<Decoded<typeof setClientidArguments>, Decoded<typeof setClientidResult>> = {
  opcode: Opcode.SETCLIENTID,
  name: 'SETCLIENTID',
  minorVersions: [0],
  arguments: setClientidArguments,
  result: setClientidResult,
  failure: { [Nfs4Status.CLID_INUSE]: clientAddress },
  perform: (context, args) => context.state.clients40.setClientid(args, context.caller.uid, context.caller.address),
};
