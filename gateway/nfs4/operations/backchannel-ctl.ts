import { voidCodec, type Decoded } from '../../rpc/xdr.ts';
import { backchannelControlArguments, callbackCredential } from '../codec/sessions.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type Operation } from '../operation.ts';

/** RFC 8881 §18.33. */
export const backchannelCtl: Operation<Decoded<typeof backchannelControlArguments>, undefined> = {
  opcode: Opcode.BACKCHANNEL_CTL,
  name: 'BACKCHANNEL_CTL',
  minorVersions: [1, 2],
  arguments: backchannelControlArguments,
  result: voidCodec,
  perform({ slot, state }, { program, security }) {
    if (slot?.session === undefined) throw new Nfs4Error(Nfs4Status.DEADSESSION);
    const { session } = slot;
    const credential = security.length === 0 ? session.callbackCredential : callbackCredential(security);
    // RFC 8881 §18.33.3: then nothing is changed.
    if (credential === undefined && security.length > 0)
      throw new Nfs4Error(Nfs4Status.INVAL, 'no flavor that there is');
    Object.assign(session, { callbackProgram: program, callbackCredential: credential });
    state.callbacks.forget(session.client);
    return undefined;
  },
};
