import type { Decoded } from '../../rpc/xdr.ts';
import { removeArguments, removeOk } from '../codec/names.ts';
import { removableName } from '../names.ts';
import type { Procedure } from '../procedure.ts';
import { requireDirectory } from '../require-directory.ts';
import { Watch } from '../weak-cache.ts';

/** RFC 1813 §3.3.12: anything but a directory. */
export const remove: Procedure<Decoded<typeof removeArguments>, Decoded<typeof removeOk>> = {
  number: 12,
  name: 'REMOVE',
  arguments: removeArguments,
  result: removeOk,
  told: ({ object }) => [{ handle: object.directory, as: 'weak cache consistency' }],
  async perform(context, { object }) {
    const { fileSystem } = context;
    const directory = context.resolve(object.directory);
    requireDirectory(directory);
    const watch = new Watch(fileSystem, directory);
    const name = removableName(object.name);
    const change = await fileSystem.remove(directory, name, 'file', context.operationContext());
    return { directory: await watch.after(change) };
  },
};
