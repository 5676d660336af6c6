import { linux } from '../mounts/linux.ts';
import { isLoopbackNfs, mountAround, MountTable } from '../mounts/mount-table.ts';
import { darwin } from '../mounts/darwin.ts';
import { runCommand } from '../mounts/command-line.ts';

/**
 * What the gateway on `port` calls a file that lies in a mount of it, `/EXPORT/…`. Told by the mount table alone: a look
 * at the file might wait for the very gateway.
 *
 * @returns undefined where the path lies in no such mount
 */
export async function exportPathOf(file: string, port: number): Promise<string | undefined> {
  if (process.platform === 'win32') return undefined;
  const mounts = await new MountTable(process.platform === 'darwin' ? darwin : linux, runCommand).read();
  const around = mountAround(mounts, file);
  if (around === undefined || !isLoopbackNfs(around)) return undefined;
  if (around.port !== undefined && around.port !== port) return undefined;
  return around.source.slice(around.source.indexOf('/')) + file.slice(around.mountPoint.length);
}
