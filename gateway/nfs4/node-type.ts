/** What kind of object an operation was given, where the statuses tell kinds apart. */
import type { FileSystem, Node } from '../filesystem/file-system.ts';
import { Nfs4Status } from './codec/status.ts';
import { Nfs4Error, type MinorVersion } from './operation.ts';

/** RFC 8881 §18.13.3, §18.14.3. @throws Nfs4Error SYMLINK, NOTDIR */
export async function requireDirectory(fileSystem: FileSystem, node: Node): Promise<void> {
  if (node.isDirectory) return;
  const { type } = await fileSystem.attributes(node);
  throw new Nfs4Error(type === 'symlink' ? Nfs4Status.SYMLINK : Nfs4Status.NOTDIR);
}

/** READLINK's condition: RFC 7530 §13.2 has ISDIR and INVAL, RFC 8881 §15.2 WRONG_TYPE. @throws Nfs4Error */
export async function requireSymlink(fileSystem: FileSystem, node: Node, minorVersion: MinorVersion): Promise<void> {
  const { type } = await fileSystem.attributes(node);
  if (type === 'symlink') return;
  if (minorVersion > 0) throw new Nfs4Error(Nfs4Status.WRONG_TYPE);
  throw new Nfs4Error(type === 'directory' ? Nfs4Status.ISDIR : Nfs4Status.INVAL);
}
