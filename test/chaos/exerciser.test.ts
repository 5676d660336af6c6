/**
 * One file changed in every way that a Linux client knows, while the gateway is killed in between, holds what a local file
 * holds. WINDLASS_CHAOS_OPERATIONS sets how many changes, WINDLASS_CHAOS_KILLS how many kills, WINDLASS_CHAOS_SEED repeats a run.
 */
import { describe, expect, it } from 'vitest';
import type { NfsVersion } from '../kernel/cases.ts';
import { done } from '../kernel/control.ts';
import { orReason } from '../lab/unavailable.ts';
import { Killer } from './killer.ts';
import { Chance, chaosSeed, fromEnvironment } from './random.ts';
import { Rig } from './rig.ts';

const operations = fromEnvironment('WINDLASS_CHAOS_OPERATIONS', 2_500);
const kills = fromEnvironment('WINDLASS_CHAOS_KILLS', 3);
/** Seconds for the guest, on a machine that does other things too. */
const timeLimit = 300 + operations / 4 + kills * 40;

async function run(version: NfsVersion): Promise<void> {
  await using cleanUp = new AsyncDisposableStack();
  const rig = await Rig.open(cleanUp, { seed: chaosSeed, onExchange: () => killer.exchanged() });
  const gateway = rig.gateway();
  const killer = new Killer(gateway, new Chance(chaosSeed, 'moments for the exerciser'));
  await gateway.start();
  const part = Math.ceil(operations / (kills + 1));
  const steps = [
    ...Array.from({ length: kills }, () => [`work:${part}`, 'host:kill']).flat(),
    `work:${part}`,
    'agrees',
  ];
  const output = await rig.run({
    version,
    program: 'exerciser.py',
    args: steps,
    env: { SEED: String(chaosSeed) },
    actions: { kill: () => killer.kill().then(() => done) },
    timeout: timeLimit,
  });
  const [, count = '0'] = /^done: (\d+) operations/m.exec(output) ?? [];
  console.log(output.slice(output.indexOf('done:')));
  expect(Number(count)).toBeGreaterThanOrEqual(operations);
}

describe('a file that is changed in every way', () => {
  it(
    'holds what a local file holds, and so does its object',
    { timeout: (timeLimit + 120) * 1000 },
    async (context) => {
      const outcome = await orReason(() => run('4.2'));
      if ('reason' in outcome) context.skip(outcome.reason);
    },
  );
});
