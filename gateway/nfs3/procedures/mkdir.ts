import type { Decoded } from '../../rpc/xdr.ts';
import { createOk, mkdirArguments } from '../codec/names.ts';
import { made } from '../made.ts';
import { newName } from '../names.ts';
import type { Procedure } from '../procedure.ts';
import { requireDirectory } from '../require-directory.ts';
import { Watch } from '../weak-cache.ts';

/** RFC 1813 §3.3.9 */
export const mkdir: Procedure<Decoded<typeof mkdirArguments>, Decoded<typeof createOk>> = {
  number: 9,
  name: 'MKDIR',
  arguments: mkdirArguments,
  result: createOk,
  told: ({ where }) => [{ handle: where.directory, as: 'weak cache consistency' }],
  async perform(context, { where, attributes }) {
    const { fileSystem } = context;
    const directory = context.resolve(where.directory);
    requireDirectory(directory);
    const watch = new Watch(fileSystem, directory);
    const name = newName(where.name);
    return made(
      context,
      await fileSystem.makeDirectory(directory, name, attributes, context.operationContext()),
      watch,
    );
  },
};
