/** Makes sure that something can be mounted at a folder, without entering any mount. */
import { mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { ProblemError } from '../api/problem.ts';
import { isLoopbackNfs, mountAround, type MountTable } from './mount-table.ts';
import type { MountedFileSystem } from './mounter.ts';

export type Vacancy =
  /** Nothing is mounted there. */
  | { readonly state: 'free' }
  /** A mount of a gateway on this machine: ours from before, or one that has lost its gateway. */
  | { readonly state: 'ours'; readonly mounted: MountedFileSystem };

/**
 * Looks at a mount point and makes its folder where there is none. Paths inside mounts are judged by the mount table
 * alone: a look into a mount whose server is gone would not return.
 *
 * @throws ProblemError mount-point
 */
export async function prepareMountPoint(mountPoint: string, table: MountTable): Promise<Vacancy> {
  if (/^[A-Za-z]:$/.test(mountPoint)) return vacancyOf(await table.at(mountPoint.toUpperCase()), mountPoint);
  if (!path.isAbsolute(mountPoint) || path.resolve(mountPoint) !== mountPoint || /[\n\0]/.test(mountPoint))
    throw refused(
      `${mountPoint} is no absolute path.`,
      'Give the whole path, without . and .. and without a slash at its end.',
    );
  const around = mountAround(await table.read(), mountPoint);
  if (around?.mountPoint === mountPoint) return vacancyOf(around, mountPoint);
  if (around?.type.startsWith('nfs') === true)
    throw refused(`${mountPoint} lies inside the mount ${around.mountPoint}.`, 'Choose a folder outside of it.');
  if (!table.makesMountPoint(mountPoint)) await makeEmptyFolder(mountPoint);
  return { state: 'free' };
}

function vacancyOf(mounted: MountedFileSystem | undefined, mountPoint: string): Vacancy {
  if (mounted === undefined) return { state: 'free' };
  if (isLoopbackNfs(mounted)) return { state: 'ours', mounted };
  throw refused(`${mounted.source} is mounted at ${mountPoint} already.`, 'Unmount it first, or choose another place.');
}

async function makeEmptyFolder(mountPoint: string): Promise<void> {
  try {
    await mkdir(mountPoint, { recursive: true, mode: 0o755 });
    if (!(await stat(mountPoint)).isDirectory()) throw refused(`${mountPoint} is no folder.`, 'Choose a folder.');
    if ((await readdir(mountPoint)).length > 0)
      throw refused(`The folder ${mountPoint} is not empty: what is in it would be hidden.`, 'Choose an empty folder.');
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST' || code === 'ENOTDIR') throw refused(`${mountPoint} is no folder.`, 'Choose a folder.');
    throw ProblemError.of(
      'mount-point',
      `The folder ${mountPoint} cannot be made or read.`,
      'Choose one that this user has a right to.',
      { field: 'mountPoint', cause: error },
    );
  }
}

function refused(detail: string, remedy: string): ProblemError {
  return ProblemError.of('mount-point', detail, remedy, { field: 'mountPoint' });
}
