/** One random history: operations from fast-check, everything else from a seed. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Log } from '../../log.ts';
import { GatewayLife } from './gateway-life.ts';
import { MemoryBucket, type Fate } from '../../store/testing/memory-store.ts';
import { ModelSession, type Operation } from './model-session.ts';
import { expectSettled, expectStored } from './store-comparison.ts';

/** How often each operation comes. */
const weights: Readonly<Record<string, number>> = {
  create: 10,
  directory: 7,
  symlink: 2,
  fifo: 1,
  write: 10,
  append: 5,
  sparse: 2,
  truncate: 4,
  copy: 8,
  punch: 2,
  allocate: 1,
  seek: 2,
  open: 7,
  close: 6,
  commit: 3,
  read: 5,
  remove: 9,
  rename: 14,
  silly: 2,
  attributes: 5,
  list: 4,
  look: 3,
  background: 5,
  wait: 8,
  flush: 2,
  restart: 1,
  kill: 2,
  interrupt: 1,
  foreign: 3,
};

export interface Run {
  readonly seed: number;
  readonly operations: readonly Operation[];
}

export function runs(length: number): fc.Arbitrary<Run> {
  const operation = fc.record({
    kind: fc.oneof(...Object.entries(weights).map(([kind, weight]) => ({ weight, arbitrary: fc.constant(kind) }))),
    choices: fc.array(fc.nat(2 ** 20), { minLength: 8, maxLength: 8, size: 'max' }),
  });
  return fc.record({
    seed: fc.nat(),
    operations: fc.array(operation, { minLength: 1, maxLength: length, size: 'max' }),
  });
}

/** Numbers in [0, 1) that a seed decides (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** @param failing the part of the requests that fail, half of them after they were carried out */
export async function perform({ seed, operations }: Run, failing: number): Promise<void> {
  const random = randomFrom(seed);
  const complaints: string[] = [];
  const ttl = random() < 0.5 ? 0 : 5;
  const slowest = random() < 0.3 ? 0 : 4;
  const fate = (): Fate => {
    const failed = random();
    return {
      ...(slowest === 0 ? {} : { before: random() * slowest, after: random() * slowest }),
      ...(failed >= failing ? {} : { fails: failed < failing / 2 ? 'lost' : 'unsent' }),
    };
  };
  const life = await GatewayLife.begin({
    store: {
      bucket: new MemoryBucket({ uniqueEtags: random() < 0.5 }),
      fate,
      pageSize: random() < 0.3 ? 3 : 1000,
      clockError: random() < 0.5 ? 0 : -1,
    },
    configuration: { metadataTtl: ttl / 1000, metadata: random() < 0.5 ? 'full' : 'listing' },
    log: complaining(complaints),
  });
  // A store that fails may be believed to be as it was: what others do there is seen some time later.
  const session = new ModelSession(life, failing > 0 ? Infinity : ttl);
  try {
    await session.begin();
    for (const operation of operations) await session.perform(operation);
    await session.verify();
    await session.finish();
    expectStored(session.model, session.life);
    expectSettled(session.model, session.life);
    const requests = session.life.store.bucket.keys().length;
    await session.restart();
    await session.verify();
    await session.life.tree.flush();
    expect([...session.life.database.table('loans').range([])], 'loans').toEqual([]);
    expectStored(session.model, session.life);
    expect(session.life.store.bucket.keys().length).toBe(requests);
    expect(complaints).toEqual([]);
  } catch (error) {
    const told = complaints.length === 0 ? '' : `\nThe gateway said:\n${complaints.join('\n')}`;
    throw new Error(`${(error as Error).message}${told}\nAfter:\n${session.history.join('\n')}`, { cause: error });
  } finally {
    await session.life.cleanUp();
  }
}

/** Nobody else interferes in these runs, so there is nothing to give notice of. */
function complaining(complaints: string[]): Log {
  const complain = (fields: object, message: string): void => {
    const { error, code } = fields as { error?: unknown; code?: string };
    if (code === 'Unavailable' && !(error instanceof Error)) return;
    complaints.push(`${message} ${error instanceof Error ? (error.stack ?? '') : ''}`);
  };
  return { debug() {}, info() {}, warn: complain, error: complain };
}
