import type { Node } from '../../filesystem/file-system.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error } from '../operation.ts';

/** @throws Nfs4Error ISDIR; other types are refused by the file system when they are opened */
export function requireFile(node: Node): void {
  if (node.isDirectory) throw new Nfs4Error(Nfs4Status.ISDIR);
}
