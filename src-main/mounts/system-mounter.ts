/** Mounts and unmounts with the system's own programs, and believes only the mount table. */
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProblemError } from '../api/problem.ts';
import type { RunCommand } from './command-line.ts';
import { explainMountFailure } from './explain-mount.ts';
import { MountTable } from './mount-table.ts';
import type { MountCommands, MountedFileSystem, MountRequest, UnmountForce } from './mounter.ts';

/** Milliseconds until a mount that succeeded must be in the table, and between two looks. */
const appearWithin = 10_000;
const lookEvery = 100;

export class SystemMounter {
  readonly table: MountTable;
  readonly #platform: NodeJS.Platform;
  readonly #commands: MountCommands;
  readonly #run: RunCommand;

  constructor(platform: NodeJS.Platform, commands: MountCommands, run: RunCommand) {
    this.#platform = platform;
    this.#commands = commands;
    this.#run = run;
    this.table = new MountTable(commands, run);
  }

  /** Resolves once the mount is in the mount table. @throws ProblemError */
  async mount(request: MountRequest): Promise<MountedFileSystem> {
    const command = this.#commands.mount(request);
    const outcome = await this.#run(command);
    if (outcome.status !== 0) throw explainMountFailure(this.#platform, command, outcome, request.mountPoint);
    const deadline = performance.now() + appearWithin;
    for (;;) {
      const mounted = await this.table.at(request.mountPoint);
      if (mounted?.source === `127.0.0.1:${request.exportPath}`) {
        await this.#limit(mounted);
        return mounted;
      }
      if (performance.now() > deadline) {
        throw ProblemError.of(
          'mount-failed',
          `The system said that ${request.mountPoint} was mounted, and it is not in the list of mounts.`,
          'windlass doctor looks for the cause.',
        );
      }
      await sleep(lookEvery);
    }
  }

  /** Older kernels have not all of these files, and containers may only read them. */
  async #limit({ device }: MountedFileSystem): Promise<void> {
    if (device === undefined) return;
    for (const { file, value } of this.#commands.limits?.(device) ?? []) {
      await writeFile(file, value, { flag: 'r+' }).catch((error: unknown) => {
        if (!['ENOENT', 'EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      });
    }
  }

  /**
   * Takes a mount away: by asking, and, where that fails and it may, by force.
   *
   * @param hardest how far to go; `ask` leaves a mount that is in use
   * @throws ProblemError busy, time-limit, mount-failed
   */
  async unmount(mountPoint: string, hardest: UnmountForce): Promise<void> {
    const ladder: readonly UnmountForce[] = ['ask', 'force', 'lazy'];
    let failure: ProblemError | undefined;
    for (const force of ladder.slice(0, ladder.indexOf(hardest) + 1)) {
      const command = this.#commands.unmount(mountPoint, force);
      if (command === undefined) continue;
      const outcome = await this.#run(command);
      if ((await this.table.at(mountPoint)) === undefined) return;
      failure = outcome.timedOut
        ? ProblemError.of(
            'time-limit',
            `${mountPoint} could not be unmounted in time.`,
            'Unmount it by force: windlass umount --force.',
          )
        : /busy|in use/i.test(outcome.stderr + outcome.stdout)
          ? ProblemError.of(
              'busy',
              `${mountPoint} is in use.`,
              'Close the programs that use it, or unmount it by force.',
            )
          : explainMountFailure(this.#platform, command, outcome, mountPoint);
    }
    throw failure ?? ProblemError.of('mount-failed', `${mountPoint} could not be unmounted.`, 'Restart the machine.');
  }
}
