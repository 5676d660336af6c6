import type { Decoded } from '../../rpc/xdr.ts';
import { setattrArguments, setattrOk } from '../codec/files.ts';
import type { Procedure } from '../procedure.ts';
import { requireShare } from '../share.ts';
import { Watch } from '../weak-cache.ts';

/** RFC 1813 §3.3.2: a guard is looked at in the moment of the change. */
export const setattr: Procedure<Decoded<typeof setattrArguments>, Decoded<typeof setattrOk>> = {
  number: 2,
  name: 'SETATTR',
  arguments: setattrArguments,
  result: setattrOk,
  told: ({ object }) => [{ handle: object, as: 'weak cache consistency' }],
  async perform({ caller, fileSystem, locks, resolve }, { object, changes, guard }) {
    const node = resolve(object);
    if (changes.size !== undefined) await requireShare(locks, node, 'write', caller);
    const watch = new Watch(fileSystem, node);
    const context = { caller, ...(guard === undefined ? {} : { onlyIfChangedAt: guard }) };
    const change = await fileSystem.setAttributes(node, changes, context);
    return { weakCacheConsistency: await watch.after(change) };
  },
};
