import type { Node } from '../filesystem/file-system.ts';
import { Nfs3Status } from './codec/status.ts';
import { Nfs3Error } from './nfs3-error.ts';

/** @throws Nfs3Error NOTDIR, for symlinks too */
export function requireDirectory(node: Node): void {
  if (!node.isDirectory) throw new Nfs3Error(Nfs3Status.NOTDIR);
}
