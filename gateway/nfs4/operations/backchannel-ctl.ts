import { voidCodec, type Decoded } from '../../rpc/xdr.ts';
import { backchannelControlArguments } from '../codec/sessions.ts';
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
  perform({ slot }, { program }) {
    if (slot?.session === undefined) throw new Nfs4Error(Nfs4Status.DEADSESSION);
    slot.session.callbackProgram = program;
    return undefined;
  },
};
