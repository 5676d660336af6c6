import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoreLimits } from '../store/object-store.ts';
import { Extents, type Extent } from './extents.ts';
import { layoutFor, partSizeFor, planParts, slotsOf } from './parts.ts';

const MiB = 1024 ** 2;
const limits: StoreLimits = {
  maxObject: 50 * 1024 ** 4,
  maxPut: 5 * 1024 ** 3,
  maxCopy: 5 * 1024 ** 3,
  minPart: 5 * MiB,
  maxPart: 5 * 1024 ** 3,
  maxParts: 10_000,
  maxKey: 1024,
  maxUserMetadata: 2048,
};

const none = Extents.empty;
const extent = (offset: number, length: number): Extent => ({ offset, length, segment: 1, position: offset });
const extentsOf = (list: readonly Extent[]): Extents => list.reduce((extents, one) => extents.write(one).extents, none);

describe('planParts', () => {
  it('covers the file exactly, in parts that the store takes, and copies only what is unchanged', () => {
    const change = fc.record({ at: fc.nat(400), length: fc.integer({ min: 1, max: 40 }) });
    const file = fc.record({
      size: fc.integer({ min: 1, max: 400 }),
      base: fc.nat(400),
      changes: fc.array(change, { maxLength: 6 }),
      odd: fc.nat(MiB - 1),
    });
    fc.assert(
      fc.property(file, ({ size, base, changes, odd }) => {
        const bytes = size * MiB + odd;
        const baseLength = Math.min(base * MiB + odd, bytes);
        const list = changes
          .map(({ at, length }) => extent(Math.min(at * MiB, bytes - 1), length * MiB))
          .map((one) => ({ ...one, length: Math.min(one.length, bytes - one.offset) }));
        const parts = planParts(bytes, extentsOf(list), baseLength, limits);
        expect(parts.length).toBeLessThanOrEqual(limits.maxParts);
        let next = 0;
        for (const [index, { offset, length, copy }] of parts.entries()) {
          expect(offset).toBe(next);
          next += length;
          expect(length).toBeLessThanOrEqual(limits.maxPart);
          if (index < parts.length - 1) expect(length).toBeGreaterThanOrEqual(limits.minPart);
          if (!copy) continue;
          expect(offset + length).toBeLessThanOrEqual(baseLength);
          for (const one of list) {
            const apart = one.offset >= offset + length || one.offset + one.length <= offset;
            expect(apart).toBe(true);
          }
        }
        expect(next).toBe(bytes);
      }),
    );
  });

  it('sends the part in which one byte of 64 MiB was changed, and has the store copy the rest', () => {
    const parts = planParts(64 * MiB, extentsOf([extent(20 * MiB, 1)]), 64 * MiB, limits);
    expect(parts).toEqual([
      { number: 1, copy: true, offset: 0, length: 16 * MiB },
      { number: 3, copy: false, offset: 16 * MiB, length: 8 * MiB },
      { number: 4, copy: true, offset: 24 * MiB, length: 40 * MiB },
    ]);
  });

  it('sends everything where nothing of the object counts any more', () => {
    expect(planParts(20 * MiB, none, 0, limits).map(({ copy }) => copy)).toEqual([false, false, false]);
  });

  it('copies no more at once than the store allows', () => {
    const parts = planParts(12 * 1024 ** 3, none, 12 * 1024 ** 3, limits);
    expect(parts.every(({ length }) => length <= limits.maxPart)).toBe(true);
    expect(parts).toHaveLength(3);
  });
});

describe('slotsOf', () => {
  it('gives a part the same number and bytes whatever size the file comes to have', () => {
    const larger = fc.tuple(fc.integer({ min: 1, max: 300 * 1024 }), fc.nat(1024 * 1024));
    fc.assert(
      fc.property(larger, ([mebibytes, more]) => {
        const before = [...slotsOf(layoutFor(mebibytes * MiB, limits), mebibytes * MiB)];
        const size = (mebibytes + more) * MiB;
        const after = [...slotsOf(layoutFor(size, limits), size)];
        expect(after.slice(0, before.length - 1)).toEqual(before.slice(0, -1));
      }),
      { numRuns: 20 },
    );
  });

  it.each([0.1, 7, 9, 20, 48])('fits %s TiB into the number of parts, without a gap', (tebibytes) => {
    const size = Math.floor(tebibytes * 1024 ** 4);
    const slots = [...slotsOf(layoutFor(size, limits), size)];
    expect(slots.reduce((sum, { length }) => sum + length, 0)).toBe(size);
    expect(slots.at(-1)?.number).toBeLessThanOrEqual(limits.maxParts);
    expect(slots.every(({ length }) => length <= limits.maxPart)).toBe(true);
  });
});

describe('partSizeFor', () => {
  it('grows with the file so that it fits into the number of parts', () => {
    const largest = 10_000 * 5 * 1024 ** 3;
    expect(partSizeFor(MiB, limits)).toBe(8 * MiB);
    expect(partSizeFor(80_000 * MiB, limits)).toBe(8 * MiB);
    expect(partSizeFor(80_001 * MiB, limits)).toBe(16 * MiB);
    expect(partSizeFor(largest, limits) * limits.maxParts).toBeGreaterThanOrEqual(largest);
    expect(partSizeFor(largest, limits)).toBeLessThanOrEqual(limits.maxPart);
  });
});
