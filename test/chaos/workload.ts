/** Runs guest/workload.py on a rig, and watches what arrives in the bucket meanwhile. */
import type { NfsVersion } from '../kernel/cases.ts';
import type { Actions } from '../kernel/control.ts';
import { watchPublished } from './published.ts';
import type { Rig } from './rig.ts';

export interface Workload {
  readonly version: NfsVersion;
  readonly seed: number;
  /** See guest/workload.py. */
  readonly steps: readonly string[];
  readonly actions: Actions;
  readonly workers?: number;
  /** Bytes: the largest file that is made in one go. */
  readonly largest?: number;
  /** Seconds. */
  readonly timeout: number;
}

export interface Outcome {
  readonly operations: number;
  readonly reads: number;
  readonly objectsSeen: number;
}

/** @throws Error where anything was lost, torn, mixed or refused; with what the guest and the gateway said */
export async function runWorkload(rig: Rig, workload: Workload): Promise<Outcome> {
  const { version, seed, steps, actions, workers = 3, largest = 20 * 1024 ** 2, timeout } = workload;
  const ended = new AbortController();
  const names = Array.from({ length: workers * 3 }, (_, index) => `${Math.floor(index / 3)}-${index % 3}`);
  const watching = watchPublished(rig.bucket, names, ended.signal);
  const running = rig
    .run({
      version,
      program: 'workload.py',
      args: steps,
      env: { SEED: String(seed), WORKERS: String(workers), LARGE: String(largest) },
      actions,
      timeout,
    })
    .finally(() => ended.abort());
  const [output, objectsSeen] = await Promise.all([running, watching]);
  const [, operations = '0', reads = '0'] = /^done: (\d+) operations, (\d+) reads/m.exec(output) ?? [];
  return { operations: Number(operations), reads: Number(reads), objectsSeen };
}
