import { voidCodec, type Decoded } from '../../rpc/xdr.ts';
import { delegPurgeArguments } from '../codec/opens.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type Operation } from '../operation.ts';

/** RFC 8881 §18.5: not for a server without CLAIM_DELEGATE_PREV. */
export const delegpurge: Operation<Decoded<typeof delegPurgeArguments>, undefined> = {
  opcode: Opcode.DELEGPURGE,
  name: 'DELEGPURGE',
  minorVersions: [0, 1, 2],
  arguments: delegPurgeArguments,
  result: voidCodec,
  perform() {
    throw new Nfs4Error(Nfs4Status.NOTSUPP);
  },
};
