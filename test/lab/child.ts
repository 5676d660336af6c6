/** Child processes that never outlive the tests: the kernel ends them with this process, however it dies. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { isLinux } from './machine.ts';

/** Starts a process somewhere: on the machine itself or inside a lab. */
export type Spawn = (command: string, args: readonly string[], options?: SpawnOptions) => ChildProcess;

/** On the machine itself. */
export const spawnHere: Spawn = (command, args, options = {}) =>
  isLinux ? spawn('setpriv', ['--pdeathsig', 'KILL', '--', command, ...args], options) : spawn(command, args, options);

export class ChildFailed extends Error {
  override readonly name = 'ChildFailed';
}

export function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/**
 * Waits for a line of the child's standard output or error that matches.
 * @param timeout milliseconds
 * @throws ChildFailed where the child ends, or stays silent for so long; with what it said
 */
export function lineOf(child: ChildProcess, pattern: RegExp, timeout: number): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let output = '';
    const finish = (act: () => void): void => {
      clearTimeout(timer);
      child.off('close', ended);
      child.off('error', failed);
      for (const stream of [child.stdout, child.stderr]) stream?.off('data', take);
      for (const stream of [child.stdout, child.stderr]) stream?.resume();
      act();
    };
    const fail = (what: string): void =>
      finish(() => reject(new ChildFailed(`${child.spawnargs.join(' ')} ${what}; it said:\n${output.slice(-4000)}`)));
    const ended = (): void => fail(`ended with ${String(child.exitCode ?? child.signalCode)}`);
    const failed = (error: Error): void => fail(`could not be started: ${error.message}`);
    const take = (data: Buffer): void => {
      output += data.toString();
      const match = pattern.exec(output);
      if (match !== null) finish(() => resolve(match));
    };
    const timer = setTimeout(() => fail(`said nothing like ${String(pattern)} in ${timeout / 1000} s`), timeout);
    child.on('close', ended).on('error', failed);
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', take);
  });
}

/** Asks the child to end, and makes it after `patience` milliseconds. Returns once it has. */
export async function stop(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM', patience = 10_000): Promise<void> {
  if (hasExited(child)) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), patience);
  await exited;
  clearTimeout(timer);
}
