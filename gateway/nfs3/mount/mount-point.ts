/** From the path that a client mounts to the directory it means. */
import type { Caller } from '../../filesystem/caller.ts';
import { FileSystemError } from '../../filesystem/errors.ts';
import type { FileSystem, Node } from '../../filesystem/file-system.ts';
import { text } from '../names.ts';

/** Exports that are looked through for one whose name differs in case alone. */
const pageLength = 1000;

/**
 * `/NAME` or `/NAME/directory/below`. What cannot be found as it is written is read as Windows may write it: `\` for `/`,
 * and the name of the export in whatever case.
 *
 * @throws FileSystemError NOENT, ACCESS (not for this caller, or no export named), NOTDIR
 * @throws Nfs3Error INVAL (not UTF-8)
 */
export async function mountPoint(fileSystem: FileSystem, path: Buffer, caller: Caller): Promise<Node> {
  const written = text(path);
  try {
    return await follow(fileSystem, written.split('/'), caller);
  } catch (error) {
    if (!written.includes('\\') || !isMissing(error)) throw error;
    return follow(fileSystem, written.split(/[/\\]/), caller);
  }
}

async function follow(fileSystem: FileSystem, components: readonly string[], caller: Caller): Promise<Node> {
  const [name, ...below] = components.filter((component) => component !== '' && component !== '.');
  // Windows cannot rename anything in a drive that is `/`, and Finder calls it `:`.
  if (name === undefined) throw new FileSystemError('ACCESS', 'mount an export by its name, /NAME');
  let found = await findExport(fileSystem, name, caller);
  for (const component of below) found = await fileSystem.lookup(found, component, caller);
  if (!found.isDirectory) throw new FileSystemError('NOTDIR');
  return found;
}

async function findExport(fileSystem: FileSystem, name: string, caller: Caller): Promise<Node> {
  const root = fileSystem.root(caller);
  try {
    return await fileSystem.lookup(root, name, caller);
  } catch (error) {
    if (!isMissing(error)) throw error;
    const wanted = name.toLowerCase();
    const { entries } = await fileSystem.readDirectory(root, 0, pageLength, caller);
    const [only, ...others] = entries.filter((entry) => entry.name.toLowerCase() === wanted);
    if (only === undefined || others.length > 0) throw error;
    return only.node;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof FileSystemError && error.code === 'NOENT';
}
