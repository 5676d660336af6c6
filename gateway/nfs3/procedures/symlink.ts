import type { Decoded } from '../../rpc/xdr.ts';
import { createOk, symlinkArguments } from '../codec/names.ts';
import { made } from '../made.ts';
import { newName, text } from '../names.ts';
import type { Procedure } from '../procedure.ts';
import { requireDirectory } from '../require-directory.ts';
import { Watch } from '../weak-cache.ts';

/** RFC 1813 §3.3.10 */
export const symlink: Procedure<Decoded<typeof symlinkArguments>, Decoded<typeof createOk>> = {
  number: 10,
  name: 'SYMLINK',
  arguments: symlinkArguments,
  result: createOk,
  told: ({ where }) => [{ handle: where.directory, as: 'weak cache consistency' }],
  async perform(context, { where, attributes, target }) {
    const { fileSystem } = context;
    const directory = context.resolve(where.directory);
    requireDirectory(directory);
    const watch = new Watch(fileSystem, directory);
    const name = newName(where.name);
    const operation = context.operationContext();
    return made(context, await fileSystem.makeSymlink(directory, name, text(target), attributes, operation), watch);
  },
};
