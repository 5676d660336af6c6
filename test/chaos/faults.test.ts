/**
 * An S3 that fails, resets and cuts off a fifth of all requests, is gone altogether for a while and then refuses the
 * credentials, is not noticed by programs. WINDLASS_CHAOS_OPERATIONS sets how much is done, WINDLASS_CHAOS_OUTAGE for
 * how many seconds S3 is gone, and for how many the credentials are refused, WINDLASS_CHAOS_SEED repeats a run.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { NfsVersion } from '../kernel/cases.ts';
import { done } from '../kernel/control.ts';
import { orReason } from '../lab/unavailable.ts';
import type { Faults } from '../s3/faults.ts';
import { chaosSeed, fromEnvironment } from './random.ts';
import { Rig } from './rig.ts';
import { runWorkload } from './workload.ts';

const operations = fromEnvironment('WINDLASS_CHAOS_OPERATIONS', 240);
const outageSeconds = fromEnvironment('WINDLASS_CHAOS_OUTAGE', 8);
/** Seconds for the guest, on a machine that does other things too. */
const timeLimit = 300 + outageSeconds * 8 + operations;

/** A fifth of all requests, and a few that get no answer at all. */
const faults: Faults = {
  rules: [
    { fault: { type: 'error', status: 503, code: 'SlowDown' }, probability: 0.04 },
    { fault: { type: 'error', status: 500, code: 'InternalError' }, probability: 0.042 },
    { fault: { type: 'reset' }, probability: 0.043 },
    { fault: { type: 'lost-reply' }, probability: 0.045 },
    { fault: { type: 'truncated-request' }, probability: 0.024 },
    { fault: { type: 'truncated-reply' }, probability: 0.024 },
    { fault: { type: 'silence' }, probability: 0.01, times: 4 },
  ],
};

/** What an S3 says to whom the credentials have run out. */
const expired: Faults = {
  rules: [{ fault: { type: 'error', status: 400, code: 'ExpiredToken' }, probability: 1 }],
};

async function run(version: NfsVersion): Promise<void> {
  await using cleanUp = new AsyncDisposableStack();
  // What is under test is a gateway that runs.
  const rig = await Rig.open(cleanUp, { seed: chaosSeed });
  await rig.gateway().start();
  await rig.proxy.setFaults(faults);
  rig.proxy.reset();
  const outages: Promise<void>[] = [];
  const outage = async (): Promise<void> => {
    await rig.proxy.setFaults({ outage: true });
    await wait(outageSeconds * 1000);
    await rig.proxy.setFaults(expired);
    await wait(outageSeconds * 1000);
    await rig.proxy.setFaults(faults);
  };
  const part = Math.ceil(operations / 4);
  const outcome = await runWorkload(rig, {
    version,
    seed: chaosSeed,
    steps: [
      `work:${part}`,
      'settle',
      `work:${part}`,
      'host:outage',
      `work:${part}`,
      'settle',
      `work:${part}`,
      'settle',
    ],
    actions: {
      outage: () => {
        outages.push(outage());
        return Promise.resolve(done);
      },
    },
    timeout: timeLimit,
  });
  await Promise.all(outages);
  const counts = rig.proxy.counts();
  console.log(`${version}: ${counts.faults} of ${counts.total} requests broken: ${JSON.stringify(outcome)}`);
  expect(counts.faults / counts.total).toBeGreaterThan(0.15);
  expect(outcome.reads).toBeGreaterThan(0);
  expect(outcome.objectsSeen).toBeGreaterThan(0);
}

describe('an S3 that fails a fifth of all requests, is gone for a while, and refuses the credentials for another', () => {
  it(
    'is nothing that programs notice, and the bucket is right in the end',
    { timeout: (timeLimit + 120) * 1000 },
    async (context) => {
      const outcome = await orReason(() => run('4.2'));
      if ('reason' in outcome) context.skip(outcome.reason);
    },
  );
});
