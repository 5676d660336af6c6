import type { Caller } from '../filesystem/caller.ts';
import type { FileSystem, Node } from '../filesystem/file-system.ts';

/** `..`: at the root of an export the root itself, since who mounts one sees nothing above it. */
export async function parentOf(fileSystem: FileSystem, directory: Node, caller: Caller): Promise<Node> {
  const top = fileSystem.root(caller).key;
  if (directory.key === top) return directory;
  const parent = await fileSystem.lookupParent(directory, caller);
  return parent.key === top ? directory : parent;
}
