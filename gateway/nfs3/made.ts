/** The common end of CREATE, MKDIR, SYMLINK and MKNOD. */
import type { Created } from '../filesystem/file-system.ts';
import type { Decoded } from '../rpc/xdr.ts';
import type { createOk } from './codec/names.ts';
import type { CallContext } from './procedure.ts';
import { attributesAfter, type Watch } from './weak-cache.ts';

export async function made(
  { fileSystem }: CallContext,
  { node, directory }: Created,
  watch: Watch,
): Promise<Decoded<typeof createOk>> {
  const attributes = await attributesAfter(fileSystem, node);
  return { object: node.handle, attributes, directory: await watch.after(directory) };
}
