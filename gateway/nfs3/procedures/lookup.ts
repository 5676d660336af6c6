import type { Node } from '../../filesystem/file-system.ts';
import type { Decoded } from '../../rpc/xdr.ts';
import { lookupArguments, lookupOk } from '../codec/names.ts';
import { entryName } from '../names.ts';
import { parentOf } from '../parent.ts';
import type { CallContext, Procedure } from '../procedure.ts';
import { requireDirectory } from '../require-directory.ts';
import { attributesAfter } from '../weak-cache.ts';

/** RFC 1813 §3.3.3: `.` and `..` too, but never out of the export. */
export const lookup: Procedure<Decoded<typeof lookupArguments>, Decoded<typeof lookupOk>> = {
  number: 3,
  name: 'LOOKUP',
  arguments: lookupArguments,
  result: lookupOk,
  told: ({ what }) => [{ handle: what.directory, as: 'attributes' }],
  async perform(context, { what }) {
    const { fileSystem } = context;
    const directory = context.resolve(what.directory);
    requireDirectory(directory);
    const found = await find(context, directory, entryName(what.name));
    return {
      object: found.handle,
      attributes: await attributesAfter(fileSystem, found),
      directoryAttributes: await attributesAfter(fileSystem, directory),
    };
  },
};

async function find({ caller, fileSystem }: CallContext, directory: Node, name: string): Promise<Node> {
  if (name === '.') return directory;
  if (name === '..') return parentOf(fileSystem, directory, caller);
  return fileSystem.lookup(directory, name, caller);
}
