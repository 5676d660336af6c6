/** Share reservations of others, which reads and writes without an open must keep to as well. */
import type { Caller } from '../filesystem/caller.ts';
import type { Node } from '../filesystem/file-system.ts';
import type { FileLocks } from '../filesystem/locks/file-locks.ts';
import { shareRead, shareWrite } from '../filesystem/locks/shares.ts';
import { Nfs3Status } from './codec/status.ts';
import { Nfs3Error } from './nfs3-error.ts';

/** @throws Nfs3Error ACCES where somebody has the file open and denies this */
export async function requireShare(
  { shares }: FileLocks,
  node: Node,
  access: 'read' | 'write',
  { address }: Caller,
): Promise<void> {
  const share = { access: access === 'read' ? shareRead : shareWrite, deny: 0 } as const;
  if (shares.conflict(node.key, share, address) === undefined) return;
  if ((await shares.contention(node.key, share, undefined, address)) !== undefined)
    throw new Nfs3Error(Nfs3Status.ACCES, 'somebody has the file open and denies others this');
}
