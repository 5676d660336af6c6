/** From a path where something is mounted to the path in the gateway's exports. Reads the list of mounts, never the mount. */
import path from 'node:path';
import { runCommand } from '../mounts/command-line.ts';
import { linux } from '../mounts/linux.ts';
import { isLoopbackNfs, mountAround, MountTable } from '../mounts/mount-table.ts';
import type { MountedFileSystem } from '../mounts/mounter.ts';

/** A path that lies in a mount of a gateway on this machine is what it is there; any other is taken as it is. @throws ProblemError */
export async function exportPath(given: string, platform: NodeJS.Platform): Promise<string> {
  if (platform !== 'linux') return given;
  const mounts = await new MountTable(linux, runCommand).read();
  return exportPathIn(path.resolve(given), mounts) ?? given;
}

/** @param absolute without `.` and `..` @returns undefined where it lies in no mount of a gateway on this machine */
export function exportPathIn(absolute: string, mounts: readonly MountedFileSystem[]): string | undefined {
  const found = mountAround(mounts, absolute);
  if (found === undefined || !isLoopbackNfs(found)) return undefined;
  const exported = found.source.slice(found.source.indexOf(':') + 1);
  return path.posix.join(exported, absolute.slice(found.mountPoint.length));
}
