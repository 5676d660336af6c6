import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Database, DatabaseError, schemaVersion } from './database.ts';
import { compareKeys } from './key.ts';

let folder: string;
let database: Database;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'windlass-database-'));
  database = await Database.open(folder);
});

afterEach(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

describe('the local database', () => {
  it('shows a transaction to readers at once and keeps it over a restart', async () => {
    const names = database.table<{ fileid: number; when: bigint }>('names');
    database.transact(() => names.put([1, 'a'], { fileid: 7, when: 10n ** 18n }));
    expect(names.get([1, 'a'])).toEqual({ fileid: 7, when: 10n ** 18n });
    await database.close();
    database = await Database.open(folder);
    expect(database.table('names').get([1, 'a'])).toEqual({ fileid: 7, when: 10n ** 18n });
  });

  it('keeps nothing of a transaction that throws, not even of its inner ones', () => {
    const numbers = database.table<number>('numbers');
    database.transact(() => numbers.put([1], 1));
    expect(() =>
      database.transact(() => {
        numbers.put([1], 2);
        database.transact(() => numbers.put([2], 2));
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(numbers.get([1])).toBe(1);
    expect(numbers.get([2])).toBeUndefined();
  });

  it('refuses a value that cannot be stored, and goes on', async () => {
    const numbers = database.table<bigint>('numbers');
    expect(() => database.transact(() => numbers.put([1], 2n ** 64n))).toThrow();
    database.transact(() => numbers.put([2], 2n));
    await database.durable();
    expect(numbers.get([1])).toBeUndefined();
    expect(numbers.get([2])).toBe(2n);
  });

  it('refuses writes outside of a transaction', () => {
    expect(() => database.table<number>('numbers').put([1], 1)).toThrow('outside of a transaction');
  });

  it('has flushed everything transacted before durable() when durable() resolves', async () => {
    const numbers = database.table<number>('numbers');
    for (let round = 0; round < 20; round++) {
      database.transact(() => numbers.put([round], round));
      const first = database.durable();
      database.transact(() => numbers.put([round, 'late'], round));
      await Promise.all([first, database.durable()]);
    }
    await database.durable();
    expect([...numbers.range([])]).toHaveLength(40);
  });

  it('refuses data of a newer program in a sentence', async () => {
    database.transact(() => database.table<number>('meta').put(['schema'], schemaVersion + 1));
    await database.close();
    await expect(Database.open(folder)).rejects.toThrow(DatabaseError);
    await expect(Database.open(folder)).rejects.toThrow('newer version');
    database = await Database.open(`${folder}/other`);
  });

  it('ranges over stored and unflushed entries alike, as a sorted map would', async () => {
    const component = fc.oneof(
      fc.integer({ min: 0, max: 5 }),
      fc.constantFrom('a', 'b', 'é', '\u{1F600}', '\uFFFD', ''),
    );
    const key = fc.tuple(fc.integer({ min: 0, max: 2 }), component);
    const step = fc.oneof(
      fc.record({ kind: fc.constant('put' as const), key, value: fc.nat() }),
      fc.record({ kind: fc.constant('delete' as const), key }),
      fc.constant({ kind: 'flush' as const }),
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const table = database.table<number>(`range${run++ % 8}`);
        database.transact(() => {
          for (const [stored] of table.range([])) table.delete(stored);
        });
        const model = new Map<string, { key: readonly (string | number)[]; value: number }>();
        for (const one of steps) {
          if (one.kind === 'flush') await database.durable();
          else if (one.kind === 'put') {
            database.transact(() => table.put(one.key, one.value));
            model.set(JSON.stringify(one.key), { key: one.key, value: one.value });
          } else {
            database.transact(() => table.delete(one.key));
            model.delete(JSON.stringify(one.key));
          }
        }
        const sorted = [...model.values()].sort((a, b) => compareKeys(a.key, b.key)).filter((e) => e.key[0] === 1);
        expect([...table.range([1])]).toEqual(sorted.map((e) => [e.key, e.value]));
        expect([...table.range([1], { after: 'a', limit: 2 })]).toEqual(
          sorted
            .filter((e) => compareKeys(e.key, [1, 'a']) > 0)
            .slice(0, 2)
            .map((e) => [e.key, e.value]),
        );
      }),
      { numRuns: 60 },
    );
  });
});
