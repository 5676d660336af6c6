/** A program with its arguments, as data, and the one way to run it: without a shell, and never longer than it may take. */
import { spawn } from 'node:child_process';

export interface CommandLine {
  readonly program: string;
  readonly args: readonly string[];
  /** Milliseconds. */
  readonly timeLimit: number;
}

export interface Outcome {
  /** undefined: it was killed, or has not begun. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** It took longer than it may, and was killed. A process that the kernel holds in a dead mount may go on nevertheless. */
  readonly timedOut: boolean;
  /** There is no such program. */
  readonly missing: boolean;
}

export type RunCommand = (command: CommandLine) => Promise<Outcome>;

/** Characters of output that are kept; what mount programs say is shorter. */
const maxOutput = 64 * 1024;

export const runCommand: RunCommand = ({ program, args, timeLimit }) =>
  new Promise((resolve) => {
    let stdout = '';
    let stderr = '';
    // What mount programs say is read by code: in the language that code knows.
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      env: { ...process.env, LC_ALL: 'C', LANGUAGE: '' },
    });
    const end = (outcome: Partial<Outcome>) => {
      clearTimeout(timer);
      resolve({ status: undefined, timedOut: false, missing: false, stdout, stderr, ...outcome });
    };
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      // It is not waited for: the kernel may hold it for as long as a server does not answer.
      child.unref();
      child.stdout.destroy();
      child.stderr.destroy();
      end({ timedOut: true });
    }, timeLimit);
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout = (stdout + text).slice(0, maxOutput)));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(0, maxOutput)));
    child.on('error', (error: NodeJS.ErrnoException) => {
      end({ missing: error.code === 'ENOENT', stderr: error.message });
    });
    child.on('close', (status) => {
      end({ status: status ?? undefined });
    });
  });
