/** A disk that keeps across a power loss just what was synced (forgetful_disk.py); it is gone with this process. */
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Spawn, lineOf } from '../../lab/child.ts';
import { Unavailable } from '../../lab/unavailable.ts';

const program = fileURLToPath(new URL('forgetful_disk.py', import.meta.url));

/** The database trusts what it finds after a crash as long as the machine's boot id is the same; this one's own is hidden. */
const setUp = `mount --bind "$3" /proc/sys/kernel/random/boot_id && exec python3 "$@"`;

export class ForgetfulDisk {
  /** Where it is mounted, for processes that its `spawn` starts. */
  readonly folder: string;
  /** Starts a process that sees it. */
  readonly spawn: Spawn;
  readonly #child: ChildProcess;
  #lost = 0;

  private constructor(folder: string, child: ChildProcess, spawn: Spawn) {
    this.folder = folder;
    this.#child = child;
    this.spawn = (command, args, options) =>
      spawn('nsenter', [`--mount=/proc/${String(child.pid)}/ns/mnt`, '--', command, ...args], options);
  }

  /** @throws Unavailable where the kernel has no FUSE */
  static async mount(spawn: Spawn, parent: string, seed: number): Promise<ForgetfulDisk> {
    if (!existsSync('/dev/fuse')) throw new Unavailable('A disk that forgets needs FUSE (/dev/fuse).');
    const folder = join(parent, 'forgetful');
    const bootId = join(parent, 'boot-id');
    await mkdir(folder);
    await writeFile(bootId, '');
    const args = [
      '--mount',
      '--propagation',
      'private',
      'sh',
      '-c',
      setUp,
      'sh',
      program,
      folder,
      bootId,
      String(seed),
    ];
    const child = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'pipe'] });
    await lineOf(child, /^ready$/m, 30_000);
    return new ForgetfulDisk(folder, child, spawn);
  }

  /** Changes that were not synced and are gone, over all losses. */
  get lost(): number {
    return this.#lost;
  }

  /** Cuts the power; nobody may be using it. */
  async lose(): Promise<void> {
    const lost = lineOf(this.#child, /^lost (\d+) changes\nready$/m, 30_000);
    this.#child.stdin?.write('lose\n');
    this.#lost += Number((await lost)[1]);
  }
}
