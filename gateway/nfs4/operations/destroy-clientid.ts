import { voidCodec, type Decoded } from '../../rpc/xdr.ts';
import { destroyClientidArguments } from '../codec/clients.ts';
import { Opcode } from '../codec/opcodes.ts';
import type { Operation } from '../operation.ts';

/** RFC 8881 §18.50. A client with a session is busy, so also the one that SEQUENCE names. */
export const destroyClientid: Operation<Decoded<typeof destroyClientidArguments>, undefined> = {
  opcode: Opcode.DESTROY_CLIENTID,
  name: 'DESTROY_CLIENTID',
  minorVersions: [1, 2],
  arguments: destroyClientidArguments,
  result: voidCodec,
  async perform({ state }, { clientid }) {
    await state.clients41.destroyClientid(clientid);
    return undefined;
  },
};
