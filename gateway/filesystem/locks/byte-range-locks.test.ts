import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteRangeLocks, endOfFile, type LockKind, type LockRange } from './byte-range-locks.ts';

const range = (start: number, end: number): LockRange => ({ start: BigInt(start), end: BigInt(end) });
const segments = (locks: ByteRangeLocks<string>, owner: string): string[] =>
  locks.held(owner).map((lock) => `${lock.kind} ${lock.start}-${lock.end}`);

describe('byte-range locks', () => {
  it('joins touching locks of one kind and splits at an unlock in the middle', () => {
    const locks = new ByteRangeLocks<string>();
    locks.lock('a', 'write', range(0, 10));
    locks.lock('a', 'write', range(10, 20));
    expect(segments(locks, 'a')).toEqual(['write 0-20']);
    locks.unlock('a', range(5, 15));
    expect(segments(locks, 'a')).toEqual(['write 0-5', 'write 15-20']);
  });

  it('downgrades and upgrades exactly the range asked for', () => {
    const locks = new ByteRangeLocks<string>();
    locks.lock('a', 'write', range(0, 30));
    locks.lock('a', 'read', range(10, 20));
    expect(segments(locks, 'a')).toEqual(['write 0-10', 'read 10-20', 'write 20-30']);
    locks.lock('a', 'write', range(10, 20));
    expect(segments(locks, 'a')).toEqual(['write 0-30']);
  });

  it('lets readers share and names the first lock that is in the way of a writer', () => {
    const locks = new ByteRangeLocks<string>();
    locks.lock('b', 'read', range(20, 30));
    locks.lock('a', 'read', range(10, 40));
    expect(locks.conflict('c', 'read', range(0, 100))).toBeUndefined();
    expect(locks.conflict('c', 'write', range(0, 100))).toEqual({ owner: 'a', kind: 'read', start: 10n, end: 40n });
    expect(locks.conflict('a', 'write', range(0, 20))).toBeUndefined();
  });

  it('is exact at the far end of 64 bits', () => {
    const locks = new ByteRangeLocks<string>();
    locks.lock('a', 'write', { start: endOfFile - 1n, end: endOfFile });
    expect(locks.conflict('b', 'read', { start: 0n, end: endOfFile - 1n })).toBeUndefined();
    expect(locks.conflict('b', 'read', { start: 5n, end: endOfFile })?.start).toBe(endOfFile - 1n);
  });

  it('agrees with a map from every byte to its holders', () => {
    const size = 12;
    const step = fc.record({
      owner: fc.constantFrom('a', 'b', 'c'),
      action: fc.constantFrom<LockKind | 'unlock' | 'unlock all'>('read', 'write', 'unlock', 'unlock all'),
      start: fc.integer({ min: 0, max: size - 1 }),
      length: fc.integer({ min: 1, max: size }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const locks = new ByteRangeLocks<string>();
        const model = Array.from({ length: size }, () => new Map<string, LockKind>());
        for (const { owner, action, start, length } of steps) {
          const end = Math.min(start + length, size);
          const bytes = model.slice(start, end);
          switch (action) {
            case 'read':
            case 'write': {
              const blocked = bytes.some((holders) =>
                [...holders].some(([holder, kind]) => holder !== owner && (action === 'write' || kind === 'write')),
              );
              expect(locks.conflict(owner, action, range(start, end)) !== undefined).toBe(blocked);
              if (blocked) break;
              locks.lock(owner, action, range(start, end));
              for (const holders of bytes) holders.set(owner, action);
              break;
            }
            case 'unlock':
              locks.unlock(owner, range(start, end));
              for (const holders of bytes) holders.delete(owner);
              break;
            case 'unlock all':
              locks.unlockAll(owner);
              for (const holders of model) holders.delete(owner);
              break;
          }
          for (const holder of ['a', 'b', 'c']) {
            const held = locks.held(holder);
            const byByte = model.map((_, at) => held.find((l) => l.start <= BigInt(at) && BigInt(at) < l.end)?.kind);
            expect(byByte).toEqual(model.map((holders) => holders.get(holder)));
            expect(locks.holds(holder)).toBe(held.length > 0);
            for (const [at, lock] of held.entries()) {
              const next = held[at + 1];
              if (next !== undefined) expect(lock.end < next.start || lock.kind !== next.kind).toBe(true);
            }
          }
          expect(locks.isEmpty).toBe(model.every((holders) => holders.size === 0));
        }
      }),
      { numRuns: 300 },
    );
  });
});
