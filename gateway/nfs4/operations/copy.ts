import type { Decoded } from '../../rpc/xdr.ts';
import { copyArguments, copyResult } from '../codec/copies.ts';
import { Opcode } from '../codec/opcodes.ts';
import { StableHow } from '../codec/opens.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type Operation } from '../operation.ts';
import { copiedFiles } from './copied-files.ts';

/**
 * RFC 7862 §15.2. Always done, or done in part, when it is answered, in order and on the disk: what the store has to copy
 * follows in the background like every upload, so that nothing is left to wait for.
 */
export const copy: Operation<Decoded<typeof copyArguments>, Decoded<typeof copyResult>> = {
  opcode: Opcode.COPY,
  name: 'COPY',
  minorVersions: [2],
  arguments: copyArguments,
  result: copyResult,
  async perform(context, args) {
    if (args.sourceServer.length > 0) throw new Nfs4Error(Nfs4Status.NOTSUPP, 'the source is on another server');
    const { source, target } = await copiedFiles(context, args);
    if (source.node.key === target.node.key) throw new Nfs4Error(Nfs4Status.INVAL, 'source and target are one file');
    const { sourceOffset, targetOffset, count: length } = args;
    // Taken before, as COMMIT does: a failed fsync meanwhile must not look covered.
    const verifier = context.fileSystem.writeVerifier();
    const count = await context.fileSystem.copy(source, target, { sourceOffset, targetOffset, length }, context.caller);
    return {
      response: { callbackId: [], count, committed: StableHow.FILE_SYNC, verifier },
      requirements: { consecutive: true, synchronous: true },
    };
  },
};
