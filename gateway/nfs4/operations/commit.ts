import type { Decoded } from '../../rpc/xdr.ts';
import { commitArguments, commitOk } from '../codec/files.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type Operation } from '../operation.ts';

const end = 2n ** 64n;

/** RFC 8881 §18.3. The whole file is committed, whatever the range. */
export const commit: Operation<Decoded<typeof commitArguments>, Decoded<typeof commitOk>> = {
  opcode: Opcode.COMMIT,
  name: 'COMMIT',
  minorVersions: [0, 1, 2],
  arguments: commitArguments,
  result: commitOk,
  async perform(context, { offset, count }) {
    const node = context.requireCurrent();
    if (offset + BigInt(count) > end) throw new Nfs4Error(Nfs4Status.INVAL, 'range ends beyond 2^64');
    // Taken before: a start or a failed fsync meanwhile must not look as if this COMMIT had covered what it lost.
    const verifier = context.fileSystem.writeVerifier();
    await context.fileSystem.commit(node, context.caller);
    return { verifier };
  },
};
