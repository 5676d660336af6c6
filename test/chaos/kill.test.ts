/**
 * A gateway that is killed with SIGKILL over and over, between any two of its instructions, loses nothing.
 * WINDLASS_CHAOS_KILLS sets how often with 4.2, WINDLASS_CHAOS_SEED repeats a run.
 */
import { describe, expect, it } from 'vitest';
import type { NfsVersion } from '../kernel/cases.ts';
import { done } from '../kernel/control.ts';
import { orReason } from '../lab/unavailable.ts';
import { Killer, killSteps } from './killer.ts';
import { Chance, chaosSeed, fromEnvironment } from './random.ts';
import { Rig } from './rig.ts';
import { runWorkload } from './workload.ts';

const kills = fromEnvironment('WINDLASS_CHAOS_KILLS', 6);
/** A minute to begin and to end, and per kill: the client tries to reconnect every few seconds. */
const seconds = (count: number): number => 300 + 40 * count;

async function run(version: NfsVersion, count: number): Promise<void> {
  await using cleanUp = new AsyncDisposableStack();
  const rig = await Rig.open(cleanUp, { seed: chaosSeed, onExchange: () => killer.exchanged() });
  const gateway = rig.gateway();
  const killer = new Killer(gateway, new Chance(chaosSeed, `moments of ${version}`));
  await gateway.start();
  const outcome = await runWorkload(rig, {
    version,
    seed: chaosSeed,
    steps: killSteps(count, new Chance(chaosSeed, `steps of ${version}`)),
    actions: { kill: () => killer.kill().then(() => done) },
    timeout: seconds(count),
  });
  console.log(`${version}, ${killer.kills} kills: ${JSON.stringify(outcome)}`);
  expect(outcome.reads).toBeGreaterThan(0);
  expect(outcome.objectsSeen).toBeGreaterThan(0);
}

describe('a gateway that is killed over and over', () => {
  it.for([
    ['4.2', kills],
    ['4.1', 3],
    ['4.0', 3],
  ] as const)(
    'loses and tears nothing, and repeats no change, under a client of %s',
    { timeout: (seconds(kills) + 120) * 1000 },
    async ([version, count], context) => {
      const outcome = await orReason(() => run(version, count));
      if ('reason' in outcome) context.skip(outcome.reason);
    },
  );
});
