import type { CreateHow, Node } from '../../filesystem/file-system.ts';
import { FileSystemError } from '../../filesystem/errors.ts';
import type { Decoded } from '../../rpc/xdr.ts';
import { createArguments, createOk, type WireCreateHow } from '../codec/names.ts';
import { made } from '../made.ts';
import { newName } from '../names.ts';
import type { CallContext, Procedure } from '../procedure.ts';
import { requireDirectory } from '../require-directory.ts';
import { requireShare } from '../share.ts';
import { Watch } from '../weak-cache.ts';

/** RFC 1813 §3.3.8: regular files. An exclusive one gets its attributes by the SETATTR that follows. */
export const create: Procedure<Decoded<typeof createArguments>, Decoded<typeof createOk>> = {
  number: 8,
  name: 'CREATE',
  arguments: createArguments,
  result: createOk,
  told: ({ where }) => [{ handle: where.directory, as: 'weak cache consistency' }],
  async perform(context, { where, how }) {
    const directory = context.resolve(where.directory);
    requireDirectory(directory);
    const name = newName(where.name);
    if (how.mode === 'unchecked' && how.attributes.size === 0) await requireNoDeny(context, directory, name);
    const watch = new Watch(context.fileSystem, directory);
    const created = await context.fileSystem.createFile(directory, name, howOf(how), context.operationContext());
    return made(context, created, watch);
  },
};

function howOf(how: WireCreateHow): CreateHow {
  // The record keeps no view of the request's buffer.
  return how.mode === 'exclusive' ? { mode: 'exclusive', verifier: Buffer.from(how.verifier), attributes: {} } : how;
}

/** Truncation is a write: somebody may have the file open and deny that. @throws Nfs3Error ACCES */
async function requireNoDeny({ caller, fileSystem, locks }: CallContext, directory: Node, name: string): Promise<void> {
  try {
    await requireShare(locks, await fileSystem.lookup(directory, name, caller), 'write', caller);
  } catch (error) {
    if (!(error instanceof FileSystemError) || error.code !== 'NOENT') throw error;
  }
}
