import { voidCodec, type Decoded } from '../../rpc/xdr.ts';
import { setClientidConfirmArguments } from '../codec/clients.ts';
import { Opcode } from '../codec/opcodes.ts';
import type { Operation } from '../operation.ts';

/** RFC 7530 §16.34. */
export const setclientidConfirm: Operation<Decoded<typeof setClientidConfirmArguments>, undefined> = {
  opcode: Opcode.SETCLIENTID_CONFIRM,
  name: 'SETCLIENTID_CONFIRM',
  minorVersions: [0],
  arguments: setClientidConfirmArguments,
  result: voidCodec,
  async perform(context, { clientid, confirm }) {
    await context.state.clients40.confirm(clientid, confirm, context.caller.uid);
    return undefined;
  },
};
