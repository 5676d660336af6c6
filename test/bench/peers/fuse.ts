/** Mounts of this machine's FUSE: what s3fs and rclone have in common. */
import { execFile, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { spawnHere } from '../../lab/child.ts';
import { hasCommand } from '../../lab/machine.ts';
import { Unavailable } from '../../lab/unavailable.ts';
import { neutralEnvironment, timeLimit, type Job, type JobOutcome, type Peer } from './peer.ts';

const run = promisify(execFile);

export interface FuseProgram {
  readonly name: string;
  /** How to get it where it is missing. */
  readonly remedy: string;
  /** Runs in the foreground until the mount point is unmounted. */
  command(job: Job, mountPoint: string): Promise<{ readonly args: readonly string[]; readonly env: NodeJS.ProcessEnv }>;
  /** From its first line of `--version`. */
  version(line: string): string;
}

export class MountFailed extends Error {
  override readonly name = 'MountFailed';
}

/** @throws Unavailable where the program or FUSE is missing */
export function fusePeer(program: FuseProgram): Peer {
  for (const command of [program.name, 'fusermount3', 'rsync']) {
    if (!hasCommand(command)) throw new Unavailable(`${command} is missing: ${program.remedy}`);
  }
  return {
    name: program.name,
    async version() {
      const { stdout } = await run(program.name, ['--version']);
      return program.version(stdout.split('\n')[0] ?? '');
    },
    async prepare(job) {
      if (job.earlier === '') return;
      const { status, output } = await runMounted(program, {
        ...job,
        setUp: '',
        script: job.earlier,
        began: async () => {},
      });
      if (status !== 0) throw new MountFailed(`In the mount before: ${output}`);
    },
    run: (job) => runMounted(program, job),
    close: () => Promise.resolve(),
  };
}

async function runMounted(program: FuseProgram, job: Job): Promise<JobOutcome> {
  const [mountPoint, scratch] = [join(job.folder, 'mount'), join(job.folder, 'scratch')];
  await mkdir(mountPoint, { recursive: true });
  await mkdir(scratch, { recursive: true });
  const { args, env } = await program.command(job, mountPoint);
  const child = spawnHere(program.name, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...neutralEnvironment(), ...env },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => (said += data.toString()));
  try {
    await mounted(child, mountPoint, () => said);
    const variables = { SCRATCH: scratch, DIRECTORY: join(mountPoint, 'work') };
    const setUp = await shell(job.setUp, variables);
    if (setUp.status !== 0) throw new MountFailed(`Before the workload: ${setUp.output}`);
    await job.began();
    const outcome = await shell(job.script, variables);
    await job.drained();
    return outcome;
  } finally {
    await unmount(child, mountPoint);
  }
}

async function shell(script: string, variables: Readonly<Record<string, string>>): Promise<JobOutcome> {
  const started = performance.now();
  const child = spawnHere('timeout', ['-k', '5', String(timeLimit), 'sh', '-euc', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...variables, LC_ALL: 'C' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => (output += data.toString()));
  const [status] = (await once(child, 'close')) as [number | null];
  return { status: status ?? 1, output: output.trimEnd(), seconds: (performance.now() - started) / 1000 };
}

async function mounted(child: ChildProcess, mountPoint: string, said: () => string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (await isMounted(mountPoint)) return;
    if (child.exitCode !== null) break;
    await wait(100);
  }
  throw new MountFailed(`${child.spawnargs.slice(5).join(' ')} did not mount: ${said()}`);
}

async function isMounted(mountPoint: string): Promise<boolean> {
  return (await readFile('/proc/self/mounts', 'utf8')).includes(` ${mountPoint} `);
}

async function unmount(child: ChildProcess, mountPoint: string): Promise<void> {
  const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : Promise.resolve();
  if (await isMounted(mountPoint)) {
    await run('fusermount3', ['-u', mountPoint]).catch(() => run('fusermount3', ['-uz', mountPoint]));
  } else child.kill();
  const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
  await ended;
  clearTimeout(timer);
}
