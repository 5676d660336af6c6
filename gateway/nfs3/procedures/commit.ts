import type { Decoded } from '../../rpc/xdr.ts';
import { commitArguments, commitOk } from '../codec/files.ts';
import type { Procedure } from '../procedure.ts';
import { Watch } from '../weak-cache.ts';

/** RFC 1813 §3.3.21: the whole file, whatever part is asked for. */
export const commit: Procedure<Decoded<typeof commitArguments>, Decoded<typeof commitOk>> = {
  number: 21,
  name: 'COMMIT',
  arguments: commitArguments,
  result: commitOk,
  told: ({ file }) => [{ handle: file, as: 'weak cache consistency' }],
  async perform({ caller, fileSystem, resolve }, { file }) {
    const node = resolve(file);
    const watch = new Watch(fileSystem, node);
    await fileSystem.commit(node, caller);
    return { weakCacheConsistency: await watch.after(), verifier: fileSystem.writeVerifier() };
  },
};
