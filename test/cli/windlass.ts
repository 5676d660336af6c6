/** Runs the command line as a user does: its own process, from the checkout, in a home of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { ChildProcess } from 'node:child_process';
import { hasExited, lineOf, spawnHere, stop } from '../lab/child.ts';

export const root = path.resolve(import.meta.dirname, '../..');

export interface Result {
  readonly status: number | null;
  readonly stdout: string;
  /** What it said to the user: stderr without the lines of the log. */
  readonly said: readonly string[];
  /** All of stderr. */
  readonly stderr: string;
}

export interface Gateway {
  readonly child: ChildProcess;
  /** As it is in the line `ready ADDRESS:PORT`. */
  readonly address: string;
  readonly port: number;
  readonly result: Promise<Result>;
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly nodeOptions?: readonly string[];
  /** Standard input; without it there is none. */
  readonly input?: string;
}

/** One home folder, and the processes that run in it. */
export class CommandLine implements AsyncDisposable {
  readonly home: string;
  readonly #children: ChildProcess[] = [];

  private constructor(home: string) {
    this.home = home;
  }

  static async create(): Promise<CommandLine> {
    return new CommandLine(await mkdtemp(path.join(os.tmpdir(), 'windlass-cli-')));
  }

  /** Runs `windlass ARGS…` to its end. */
  run(args: readonly string[], options: RunOptions = {}): Promise<Result> {
    return resultOf(this.#spawn(args, options));
  }

  /**
   * Starts `windlass gateway ARGS…` on a free port and waits until it serves.
   * @throws ChildFailed where it does not
   */
  async startGateway(args: readonly string[], options: RunOptions = {}): Promise<Gateway> {
    const child = this.#spawn(['gateway', '--bind', '127.0.0.1:0', ...args], options);
    const result = resultOf(child);
    const [, address = '', port = ''] = await lineOf(child, /^ready (.+):(\d+)\n/m, 30_000);
    return { child, address, port: Number(port), result };
  }

  #spawn(args: readonly string[], { environment = {}, nodeOptions = [], input }: RunOptions): ChildProcess {
    const entry = path.join(root, 'src-main/cli/windlass.js');
    const child = spawnHere(process.execPath, [...nodeOptions, entry, ...args], {
      cwd: this.home,
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      // Nothing of the user's own configuration; no search for an instance's role.
      env: {
        PATH: process.env['PATH'],
        NODE_OPTIONS: process.env['NODE_OPTIONS'],
        HOME: this.home,
        WINDLASS_HOME: path.join(this.home, 'windlass'),
        AWS_EC2_METADATA_DISABLED: 'true',
        ...environment,
      },
    });
    child.stdin?.end(input);
    this.#children.push(child);
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#children.filter((child) => !hasExited(child)).map((child) => stop(child, 'SIGKILL')));
    await rm(this.home, { recursive: true, force: true });
  }
}

async function resultOf(child: ChildProcess): Promise<Result> {
  if (child.stdout === null || child.stderr === null) throw new Error('the output of the command is not piped');
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  const said = stderr.split('\n').filter((line) => line !== '' && !isLogged(line));
  return { status, stdout, stderr, said };
}

function isLogged(line: string): boolean {
  return line.startsWith('{"level":') && line.endsWith('}');
}
