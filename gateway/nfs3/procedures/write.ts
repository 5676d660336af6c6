import type { Stability } from '../../filesystem/file-system.ts';
import { maxTransfer } from '../../filesystem/limits.ts';
import type { Decoded } from '../../rpc/xdr.ts';
import { StableHow, writeArguments, writeOk } from '../codec/files.ts';
import { Nfs3Status } from '../codec/status.ts';
import { Nfs3Error } from '../nfs3-error.ts';
import type { Procedure } from '../procedure.ts';
import { requireShare } from '../share.ts';
import { Watch } from '../weak-cache.ts';

const stabilities: Readonly<Record<Decoded<typeof writeArguments>['stable'], Stability>> = {
  [StableHow.UNSTABLE]: 'unstable',
  [StableHow.DATA_SYNC]: 'data-sync',
  [StableHow.FILE_SYNC]: 'file-sync',
};

const stableHow = {
  unstable: StableHow.UNSTABLE,
  'data-sync': StableHow.DATA_SYNC,
  'file-sync': StableHow.FILE_SYNC,
} as const satisfies Record<Stability, number>;

/** RFC 1813 §3.3.7: what is too long for one WRITE is taken in part. */
export const write: Procedure<Decoded<typeof writeArguments>, Decoded<typeof writeOk>> = {
  number: 7,
  name: 'WRITE',
  arguments: writeArguments,
  result: writeOk,
  told: ({ file }) => [{ handle: file, as: 'weak cache consistency' }],
  async perform({ caller, fileSystem, locks, resolve }, { file, offset, count: asked, stable, data }) {
    if (asked > data.length) throw new Nfs3Error(Nfs3Status.INVAL, `${asked} bytes announced, ${data.length} sent`);
    const node = resolve(file);
    await requireShare(locks, node, 'write', caller);
    const watch = new Watch(fileSystem, node);
    // Before the write, so that a flush that fails meanwhile shows in the comparison with COMMIT's.
    const verifier = fileSystem.writeVerifier();
    const bytes = data.subarray(0, Math.min(asked, maxTransfer));
    const { count, committed, change } = await fileSystem.write(node, offset, bytes, stabilities[stable], caller);
    return { weakCacheConsistency: await watch.after(change), count, committed: stableHow[committed], verifier };
  },
};
