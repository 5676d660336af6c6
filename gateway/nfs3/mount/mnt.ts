import type { Caller } from '../../filesystem/caller.ts';
import type { FileSystem } from '../../filesystem/file-system.ts';
import type { Log } from '../../log.ts';
import { AuthFlavor } from '../../rpc/credential.ts';
import type { Decoded } from '../../rpc/xdr.ts';
import { Nfs3Status } from '../codec/status.ts';
import { isExpected, statusOf } from '../errors.ts';
import { MountStatus, type mountResult } from './codec.ts';
import { mountPoint } from './mount-point.ts';

/** mountstat3 has fewer words than nfsstat3. A store that is slow is IO: there is no way to say come again. */
const statuses: Readonly<Partial<Record<Nfs3Status, MountStatus>>> = {
  [Nfs3Status.PERM]: MountStatus.PERM,
  [Nfs3Status.NOENT]: MountStatus.NOENT,
  [Nfs3Status.IO]: MountStatus.IO,
  [Nfs3Status.ACCES]: MountStatus.ACCES,
  [Nfs3Status.NOTDIR]: MountStatus.NOTDIR,
  [Nfs3Status.INVAL]: MountStatus.INVAL,
  [Nfs3Status.NAMETOOLONG]: MountStatus.NAMETOOLONG,
  [Nfs3Status.JUKEBOX]: MountStatus.IO,
};

/** RFC 1813 §5.2.1. AUTH_NONE is named beside AUTH_SYS because BSD refuses a server that does not. */
export async function mnt(
  fileSystem: FileSystem,
  path: Buffer,
  caller: Caller,
  log: Log,
): Promise<Decoded<typeof mountResult>> {
  try {
    const { handle } = await mountPoint(fileSystem, path, caller);
    return { status: MountStatus.OK, value: { handle, flavors: [AuthFlavor.sys, AuthFlavor.none] } };
  } catch (error) {
    const fields = { path: path.toString('utf8'), address: caller.address, uid: caller.uid };
    if (isExpected(error)) log.info({ ...fields, reason: (error as Error).message }, 'A mount was refused.');
    else log.error({ ...fields, error }, 'A mount failed unexpectedly.');
    return { status: statuses[statusOf(error)] ?? MountStatus.SERVERFAULT, value: undefined };
  }
}
