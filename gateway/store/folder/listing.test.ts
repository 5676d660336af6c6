import * as fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareKeys } from '../key.ts';
import { FolderStore } from './folder-store.ts';

/** Few characters, so that keys lie below, before and after each other in every way. */
const key = fc
  .array(fc.constantFrom('a', 'b', '/', '.', '..', '-', 'é', '0', '.windlass'), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join(''));

interface Listed {
  readonly objects: readonly string[];
  readonly prefixes: readonly string[];
}

function modelList(keys: readonly string[], prefix: string, rolled: boolean, startAfter: string): Listed {
  const objects: string[] = [];
  const prefixes = new Set<string>();
  for (const key of keys.toSorted(compareKeys)) {
    if (!key.startsWith(prefix)) continue;
    const slash = rolled ? key.indexOf('/', prefix.length) : -1;
    const name = slash < 0 ? key : key.slice(0, slash + 1);
    if (compareKeys(name, startAfter) <= 0) continue;
    if (slash < 0) objects.push(key);
    else prefixes.add(name);
  }
  return { objects, prefixes: [...prefixes] };
}

describe('Listings of a folder', () => {
  it('are those of a plain set of keys, whatever the keys, the prefix and the size of the pages', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(key, { maxLength: 12 }),
        fc.array(fc.nat(11), { maxLength: 3 }),
        fc.oneof(key, fc.constant('')),
        fc.oneof(key, fc.constant('')),
        fc.boolean(),
        fc.integer({ min: 1, max: 5 }),
        async (keys, removed, prefix, startAfter, rolled, limit) => {
          const folder = await mkdtemp(join(tmpdir(), 'windlass-listing-'));
          try {
            const store = await FolderStore.open(folder);
            for (const key of keys) {
              const body = Buffer.from(key.endsWith('/') && key.length % 2 === 0 ? '' : key);
              await store.put({ key, body, metadata: { user: {} } });
            }
            const gone = removed.flatMap((index) => keys[index] ?? []);
            await store.delete(gone.map((key) => ({ key })));
            const left = keys.filter((key) => !gone.includes(key));
            const objects: string[] = [];
            const prefixes: string[] = [];
            let continuation: string | undefined;
            do {
              const page = await store.list({
                prefix,
                startAfter,
                limit,
                ...(rolled && { delimiter: '/' }),
                ...(continuation !== undefined && { continuation }),
              });
              expect(page.objects.length + page.prefixes.length).toBeLessThanOrEqual(limit);
              objects.push(...page.objects.map(({ key }) => key));
              prefixes.push(...page.prefixes);
              continuation = page.continuation;
            } while (continuation !== undefined);
            expect({ objects, prefixes }).toEqual(modelList(left, prefix, rolled, startAfter));
          } finally {
            await rm(folder, { recursive: true });
          }
        },
      ),
      { numRuns: 150 },
    );
  }, 60_000);
});
