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

/** LOCKT's condition, which needs no open that would have told. RFC 7530 §16.11.4, RFC 8881 §15.2. @throws Nfs4Error */
export async function requireRegular(fileSystem: FileSystem, node: Node, minorVersion: MinorVersion): Promise<void> {
  const { type } = await fileSystem.attributes(node);
  if (type === 'file') return;
  if (type === 'directory') throw new Nfs4Error(Nfs4Status.ISDIR);
  if (type === 'symlink') throw new Nfs4Error(Nfs4Status.SYMLINK);
  throw new Nfs4Error(minorVersion > 0 ? Nfs4Status.WRONG_TYPE : Nfs4Status.INVAL);
}

/** READLINK's condition: RFC 7530 §16.25.5 has INVAL, RFC 8881 §15.2 WRONG_TYPE. @throws Nfs4Error */
export async function requireSymlink(fileSystem: FileSystem, node: Node, minorVersion: MinorVersion): Promise<void> {
  const { type } = await fileSystem.attributes(node);
  if (type === 'symlink') return;
  throw new Nfs4Error(minorVersion > 0 ? Nfs4Status.WRONG_TYPE : Nfs4Status.INVAL);
}
