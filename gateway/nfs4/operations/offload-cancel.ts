import { voidCodec, type Decoded } from '../../rpc/xdr.ts';
import { offloadArguments } from '../codec/copies.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type Operation } from '../operation.ts';
import { requireFile } from './regular-file.ts';

/** RFC 7862 §15.8; as OFFLOAD_STATUS, there is never anything to cancel. */
export const offloadCancel: Operation<Decoded<typeof offloadArguments>, undefined> = {
  opcode: Opcode.OFFLOAD_CANCEL,
  name: 'OFFLOAD_CANCEL',
  minorVersions: [2],
  arguments: offloadArguments,
  result: voidCodec,
  perform(context) {
    requireFile(context.requireCurrent());
    throw new Nfs4Error(Nfs4Status.BAD_STATEID, 'no copy is under way');
  },
};
