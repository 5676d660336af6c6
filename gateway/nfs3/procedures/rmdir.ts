import type { Decoded } from '../../rpc/xdr.ts';
import { removeArguments, removeOk } from '../codec/names.ts';
import { Nfs3Status } from '../codec/status.ts';
import { entryName } from '../names.ts';
import { Nfs3Error } from '../nfs3-error.ts';
import type { Procedure } from '../procedure.ts';
import { requireDirectory } from '../require-directory.ts';
import { Watch } from '../weak-cache.ts';

/** RFC 1813 §3.3.13, which says what `.` and `..` are answered with. */
export const rmdir: Procedure<Decoded<typeof removeArguments>, Decoded<typeof removeOk>> = {
  number: 13,
  name: 'RMDIR',
  arguments: removeArguments,
  result: removeOk,
  told: ({ object }) => [{ handle: object.directory, as: 'weak cache consistency' }],
  async perform(context, { object }) {
    const { fileSystem } = context;
    const directory = context.resolve(object.directory);
    requireDirectory(directory);
    const watch = new Watch(fileSystem, directory);
    const name = entryName(object.name);
    if (name === '.') throw new Nfs3Error(Nfs3Status.INVAL);
    if (name === '..') throw new Nfs3Error(Nfs3Status.EXIST);
    const change = await fileSystem.remove(directory, name, 'directory', context.operationContext());
    return { directory: await watch.after(change) };
  },
};
