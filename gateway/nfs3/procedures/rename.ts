import type { Decoded } from '../../rpc/xdr.ts';
import { renameArguments, renameOk } from '../codec/names.ts';
import { removableName } from '../names.ts';
import type { Procedure } from '../procedure.ts';
import { requireDirectory } from '../require-directory.ts';
import { Watch } from '../weak-cache.ts';

/** RFC 1813 §3.3.14 */
export const rename: Procedure<Decoded<typeof renameArguments>, Decoded<typeof renameOk>> = {
  number: 14,
  name: 'RENAME',
  arguments: renameArguments,
  result: renameOk,
  told: ({ from, to }) => [
    { handle: from.directory, as: 'weak cache consistency' },
    { handle: to.directory, as: 'weak cache consistency' },
  ],
  async perform(context, { from, to }) {
    const { fileSystem } = context;
    const source = context.resolve(from.directory);
    const target = context.resolve(to.directory);
    requireDirectory(source);
    requireDirectory(target);
    const [fromName, toName] = [removableName(from.name), removableName(to.name)];
    const watches = { source: new Watch(fileSystem, source), target: new Watch(fileSystem, target) };
    const change = await fileSystem.rename(source, fromName, target, toName, context.operationContext());
    return { from: await watches.source.after(change.source), to: await watches.target.after(change.target) };
  },
};
