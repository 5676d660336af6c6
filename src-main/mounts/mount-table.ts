/** What is mounted on this machine, and what of it is ours; read without touching any mount. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ProblemError } from '../api/problem.ts';
import type { RunCommand } from './command-line.ts';
import type { MountCommands, MountedFileSystem } from './mounter.ts';

export class MountTable {
  readonly #commands: MountCommands;
  readonly #run: RunCommand;

  constructor(commands: MountCommands, run: RunCommand) {
    this.#commands = commands;
    this.#run = run;
  }

  /** Whether mounting makes the folder itself. @throws ProblemError mount-point */
  makesMountPoint(mountPoint: string): boolean {
    return this.#commands.makesMountPoint?.(mountPoint) ?? false;
  }

  /** In the order in which they were mounted: the last at a mount point is the one that shows. @throws ProblemError */
  async read(): Promise<readonly MountedFileSystem[]> {
    const { table } = this.#commands;
    if ('file' in table) return this.#commands.parseTable(await readFile(table.file, 'utf8'));
    const outcome = await this.#run(table);
    if (outcome.status === 0) return this.#commands.parseTable(outcome.stdout);
    throw ProblemError.of(
      outcome.missing ? 'not-able' : 'time-limit',
      `The list of mounts could not be read with ${table.program}.`,
      'windlass doctor looks for the cause.',
    );
  }

  /** The file system that shows at exactly this mount point. @throws ProblemError */
  async at(mountPoint: string): Promise<MountedFileSystem | undefined> {
    return (await this.read()).findLast((one) => one.mountPoint === mountPoint);
  }
}

/** Whether the mount is of a gateway on this machine. */
export function isLoopbackNfs({ source, type }: MountedFileSystem): boolean {
  return type.startsWith('nfs') && source.startsWith('127.0.0.1:/');
}

/** The mount, of those given, that a path lies in or at; undefined where it is none but the root. */
export function mountAround(mounts: readonly MountedFileSystem[], target: string): MountedFileSystem | undefined {
  return mounts
    .filter(
      ({ mountPoint }) =>
        mountPoint !== '/' && (target === mountPoint || target.startsWith(`${mountPoint}${path.sep}`)),
    )
    .toSorted((a, b) => a.mountPoint.length - b.mountPoint.length)
    .at(-1);
}
