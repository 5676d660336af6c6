import type { Stability } from '../../filesystem/file-system.ts';
import { maxTransfer } from '../../filesystem/limits.ts';
import type { Decoded } from '../../rpc/xdr.ts';
import { StableHow, writeArguments, writeResult } from '../codec/opens.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type Operation } from '../operation.ts';
import { requireFile } from './regular-file.ts';

/** RFC 8881 §18.32: what is too long for one WRITE is taken in part. */
export const write: Operation<Decoded<typeof writeArguments>, Decoded<typeof writeResult>> = {
  opcode: Opcode.WRITE,
  name: 'WRITE',
  minorVersions: [0, 1, 2],
  arguments: writeArguments,
  result: writeResult,
  async perform(context, { stateid, offset, stable, data }) {
    const node = context.requireCurrent();
    requireFile(node);
    const stability = stabilityOf(stable);
    const open = await context.state.io.openState(stateid, node, context, 'write');
    const bytes = data.length > maxTransfer ? data.subarray(0, maxTransfer) : data;
    const { count, committed } =
      open === undefined
        ? await context.fileSystem.write(node, offset, bytes, stability, context.caller)
        : await open.file.use((file) => file.write(offset, bytes, stability));
    return { count, committed: stableHow[committed], verifier: context.fileSystem.writeVerifier() };
  },
};

const stableHow: Readonly<Record<Stability, number>> = {
  unstable: StableHow.UNSTABLE,
  'data-sync': StableHow.DATA_SYNC,
  'file-sync': StableHow.FILE_SYNC,
};

function stabilityOf(stable: number): Stability {
  switch (stable) {
    case StableHow.UNSTABLE:
      return 'unstable';
    case StableHow.DATA_SYNC:
      return 'data-sync';
    case StableHow.FILE_SYNC:
      return 'file-sync';
    default:
      throw new Nfs4Error(Nfs4Status.INVAL, `${stable} is not a stable_how4`);
  }
}
