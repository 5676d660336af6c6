import { voidCodec, type Decoded } from '../../rpc/xdr.ts';
import { reclaimCompleteArguments } from '../codec/clients.ts';
import { Opcode } from '../codec/opcodes.ts';
import type { Operation } from '../operation.ts';

/** RFC 8881 §18.51. No file system ever moves here: for one alone there is nothing to complete. */
export const reclaimComplete: Operation<Decoded<typeof reclaimCompleteArguments>, undefined> = {
  opcode: Opcode.RECLAIM_COMPLETE,
  name: 'RECLAIM_COMPLETE',
  minorVersions: [1, 2],
  arguments: reclaimCompleteArguments,
  result: voidCodec,
  perform(context, { oneFileSystem }) {
    const client = context.state.clientOf(context);
    if (oneFileSystem) context.requireCurrent();
    else context.state.reclaimComplete(client);
    return undefined;
  },
};
