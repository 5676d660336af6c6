import { voidCodec, type Decoded } from '../../rpc/xdr.ts';
import { renewArguments } from '../codec/clients.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type Operation } from '../operation.ts';

/**
 * RFC 7530 §16.28. A lease that had run out is renewed as well, unless something was taken meanwhile: then the client
 * hears of it here until it has confirmed itself again. A client that cannot be told to give delegations back hears that.
 */
export const renew: Operation<Decoded<typeof renewArguments>, undefined> = {
  opcode: Opcode.RENEW,
  name: 'RENEW',
  minorVersions: [0],
  arguments: renewArguments,
  result: voidCodec,
  perform({ state }, { clientid }) {
    const client = state.clients40.require(clientid);
    if (client.hasLost) throw new Nfs4Error(Nfs4Status.EXPIRED);
    if (client.hasDelegations && state.callbacks.isDown(client)) throw new Nfs4Error(Nfs4Status.CB_PATH_DOWN);
    return undefined;
  },
};
