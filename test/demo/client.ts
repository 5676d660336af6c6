/** Whose NFS client shows the demo's drive: this machine's, a Linux guest's, or the reader's own hands. */
import { once } from 'node:events';
import { mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Spawn, spawnHere } from '../lab/child.ts';
import { hostAddress, labNetwork, openLab } from '../lab/lab.ts';
import { hasCommand, isLinux, isRoot, kernelHasNfs } from '../lab/machine.ts';
import { orReason } from '../lab/unavailable.ts';

const demoFolder = fileURLToPath(new URL('.', import.meta.url)).replace(/\/$/, '');

export interface DemoClient {
  readonly description: string;
  /** Starts the gateway where this client reaches it. */
  readonly spawn: Spawn;
  /** `--bind` and what belongs to it. */
  readonly gatewayArgs: readonly string[];
  /** Mounts the drive, walks through it, and unmounts it. */
  tour(port: number): Promise<void>;
  close(): Promise<void>;
}

/** The command that mounts the drive here; `MOUNT_POINT` stands for any empty folder. */
export function mountCommand(port: number, mountPoint: string): readonly string[] {
  if (process.platform === 'darwin') {
    const options = `vers=4.0,tcp,port=${port},sec=sys,nocallback,mutejukebox,nonegnamecache`;
    return ['mount_nfs', '-o', options, '127.0.0.1:/demo', mountPoint];
  }
  return ['mount', '-t', 'nfs4', '-o', `vers=4.2,port=${port},proto=tcp,sec=sys`, '127.0.0.1:/demo', mountPoint];
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const child = spawnHere(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const [status] = (await once(child, 'exit')) as [number | null];
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed (${String(status)}).`);
}

/** @param folder where a mount point may be made */
function ownClient(folder: string): DemoClient {
  const mountPoint = join(folder, 'drive');
  let mounted = false;
  const unmount = async (...options: readonly string[]): Promise<void> => {
    if (!mounted) return;
    await run('umount', [...options, mountPoint]);
    mounted = false;
    await rmdir(mountPoint);
  };
  return {
    description: "this machine's own NFS client",
    spawn: spawnHere,
    gatewayArgs: ['--bind', '127.0.0.1:0'],
    async tour(port) {
      await mkdir(mountPoint, { recursive: true });
      const [command = '', ...args] = mountCommand(port, mountPoint);
      console.log(`\n$ ${[command, ...args].join(' ')}`);
      await run(command, args);
      mounted = true;
      try {
        await run('sh', [join(demoFolder, 'tour.sh'), mountPoint]);
      } finally {
        console.log(`\n$ umount ${mountPoint}`);
        await unmount();
      }
    },
    close: () => unmount('-f'),
  };
}

async function guestClient(): Promise<DemoClient> {
  const lab = await openLab();
  return {
    description: "a small Linux guest's NFS client (this machine's kernel has none)",
    spawn: lab.spawn,
    gatewayArgs: ['--bind', `${hostAddress}:2049`, '--allow', labNetwork],
    async tour(port) {
      const mount = `mount -t nfs4 -o vers=4.2,port=${port},proto=tcp,sec=sys ${hostAddress}:/demo drive`;
      console.log(`\n$ ${mount}`);
      const script = `mkdir drive && ${mount} && sh /host/demo/tour.sh /mnt/drive; status=$?; umount drive; exit $status`;
      const { status } = await lab.runInGuest(script, { binds: [demoFolder], timeout: 120, onLine: console.log });
      if (status !== 0) throw new Error(`The tour in the guest failed (${status}).`);
    },
    close: () => lab.close(),
  };
}

/** A client that the demo can use by itself, or why there is none. */
export async function demoClient(folder: string): Promise<{ readonly made: DemoClient } | { readonly reason: string }> {
  if (process.platform === 'darwin') return { made: ownClient(folder) };
  const path = `${process.env['PATH'] ?? ''}:/sbin:/usr/sbin`;
  if (isLinux && isRoot && kernelHasNfs() && hasCommand('mount.nfs4', path)) return { made: ownClient(folder) };
  if (!isLinux) return { reason: 'Here the demo cannot mount by itself.' };
  if (!isRoot) return { reason: 'Mounting needs root (sudo npm run demo).' };
  return orReason(guestClient);
}
