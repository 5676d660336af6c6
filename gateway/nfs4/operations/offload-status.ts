import type { Decoded } from '../../rpc/xdr.ts';
import { offloadArguments, offloadStatusResult } from '../codec/copies.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type Operation } from '../operation.ts';
import { requireFile } from './regular-file.ts';

/** RFC 7862 §15.9. COPY gives out no copy stateid, its work being done when it is answered: any is a bad one. */
export const offloadStatus: Operation<Decoded<typeof offloadArguments>, Decoded<typeof offloadStatusResult>> = {
  opcode: Opcode.OFFLOAD_STATUS,
  name: 'OFFLOAD_STATUS',
  minorVersions: [2],
  arguments: offloadArguments,
  result: offloadStatusResult,
  perform(context) {
    requireFile(context.requireCurrent());
    throw new Nfs4Error(Nfs4Status.BAD_STATEID, 'no copy is under way');
  },
};
