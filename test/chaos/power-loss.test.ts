/**
 * A gateway whose machine loses power over and over, with a disk that then forgets whatever was not synced, loses nothing.
 * WINDLASS_CHAOS_KILLS sets how often, WINDLASS_CHAOS_SEED repeats a run.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { NfsVersion } from '../kernel/cases.ts';
import { done } from '../kernel/control.ts';
import { orReason } from '../lab/unavailable.ts';
import { ForgetfulDisk } from './disks/forgetful-disk.ts';
import { Killer, killSteps } from './killer.ts';
import { Chance, chaosSeed, fromEnvironment } from './random.ts';
import { Rig } from './rig.ts';
import { runWorkload } from './workload.ts';

const losses = fromEnvironment('WINDLASS_CHAOS_KILLS', 6);
/** Seconds for the guest, on a machine that does other things too. */
const timeLimit = 300 + 40 * losses;

async function run(version: NfsVersion): Promise<void> {
  await using cleanUp = new AsyncDisposableStack();
  const rig = await Rig.open(cleanUp, { seed: chaosSeed, onExchange: () => killer.exchanged() });
  const disk = await ForgetfulDisk.mount(rig.lab.spawn, rig.folder, chaosSeed);
  const gateway = rig.gateway({ spawn: disk.spawn, dataFolder: join(disk.folder, 'data') });
  const killer = new Killer(gateway, new Chance(chaosSeed, 'moments of power losses'), () => disk.lose());
  await gateway.start();
  const outcome = await runWorkload(rig, {
    version,
    seed: chaosSeed,
    steps: killSteps(losses, new Chance(chaosSeed, 'steps between power losses')),
    actions: { kill: () => killer.kill().then(() => done) },
    // All of the disk is in the memory of a slow program.
    largest: 4 * 1024 ** 2,
    timeout: timeLimit,
  });
  console.log(`${killer.kills} power losses, ${disk.lost} changes forgotten: ${JSON.stringify(outcome)}`);
  expect(disk.lost).toBeGreaterThan(0);
}

describe('a gateway whose machine loses power over and over', () => {
  it('loses and tears nothing of what it has confirmed', { timeout: (timeLimit + 120) * 1000 }, async (context) => {
    const outcome = await orReason(() => run('4.2'));
    if ('reason' in outcome) context.skip(outcome.reason);
  });
});
