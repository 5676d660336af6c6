/**
 * Two gateways on one bucket, whose clients write the same names, lose no version silently: one keeps the name, the other
 * is kept beside it. WINDLASS_CHAOS_OPERATIONS sets how many versions each writes, WINDLASS_CHAOS_SEED repeats a run.
 */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Bucket } from '../kernel/bucket.ts';
import type { NfsVersion } from '../kernel/cases.ts';
import type { Answer } from '../kernel/control.ts';
import { orReason } from '../lab/unavailable.ts';
import { chaosSeed, fromEnvironment } from './random.ts';
import { Rig } from './rig.ts';

const versions = fromEnvironment('WINDLASS_CHAOS_OPERATIONS', 25);
/** Seconds for the guest, on a machine that does other things too. */
const timeLimit = 400 + versions * 5;
/** How long uploads may take until all is in the bucket; milliseconds. */
const settleTime = 150_000;

/** The lines of all objects, under whatever name, and the names. */
async function linesOf(
  bucket: Bucket,
): Promise<{ readonly lines: ReadonlySet<string>; readonly keys: readonly string[] }> {
  const keys = [...(await bucket.contents()).keys()].filter((key) => !key.endsWith('/'));
  const objects = await Promise.all(keys.map((key) => bucket.get(key)));
  const text = objects.map((object) => Buffer.from(object?.body ?? '').toString());
  return { lines: new Set(text.join('\n').split('\n')), keys };
}

/** Waits until every line that was written is in some object. */
async function survive(bucket: Bucket, body: Buffer): Promise<Answer> {
  const written = z.array(z.string()).parse(JSON.parse(body.toString()));
  const deadline = Date.now() + settleTime;
  for (;;) {
    const { lines, keys } = await linesOf(bucket);
    const lost = written.filter((line) => !lines.has(line));
    if (lost.length === 0) return { status: 200, body: keys.join(', ') };
    if (Date.now() > deadline) {
      return { status: 500, body: `Lost: ${lost.join(', ')}. There are: ${keys.join(', ')}\n` };
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function run(version: NfsVersion): Promise<void> {
  await using cleanUp = new AsyncDisposableStack();
  const rig = await Rig.open(cleanUp, { seed: chaosSeed });
  await Promise.all([rig.gateway({ port: 2049 }).start(), rig.gateway({ port: 2050 }).start()]);
  const output = await rig.run({
    version,
    program: 'two_writers.py',
    args: [String(versions)],
    env: { SEED: String(chaosSeed) },
    actions: { survive: (_key, body) => survive(rig.bucket, body) },
    ports: [2049, 2050],
    timeout: timeLimit,
  });
  console.log(output.slice(output.indexOf('written:')));
  // Otherwise they never met, and nothing was shown.
  expect(output).toContain('(conflict ');
}

describe('two gateways on one bucket, whose clients write the same names', () => {
  it('keep every version under some name', { timeout: (timeLimit + 120) * 1000 }, async (context) => {
    const outcome = await orReason(() => run('4.2'));
    if ('reason' in outcome) context.skip(outcome.reason);
  });
});
