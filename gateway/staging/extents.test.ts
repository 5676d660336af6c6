import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Extents } from './extents.ts';

/** What each byte of a file is after the same steps: segment position, or -1. */
class ByteMap {
  readonly bytes: number[] = Array.from({ length: 80 }, () => -1);
}

describe('extents', () => {
  it('map every byte as a plain array of bytes would, and free exactly what is no longer mapped', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('write' as const), offset: fc.nat(60), length: fc.integer({ min: 1, max: 19 }) }),
      fc.record({ kind: fc.constant('truncate' as const), size: fc.nat(79) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const model = new ByteMap();
        let extents = Extents.empty;
        let tail = 0;
        let live = 0;
        for (const one of steps) {
          const change =
            one.kind === 'write'
              ? extents.write({ offset: one.offset, length: one.length, segment: 1, position: tail })
              : extents.truncate(one.size);
          if (one.kind === 'write') {
            for (let i = 0; i < one.length; i++) model.bytes[one.offset + i] = tail + i;
            tail += one.length;
            live += one.length;
          } else model.bytes.fill(-1, one.size);
          extents = change.extents;
          live -= change.freed.reduce((sum, extent) => sum + extent.length, 0);
          expect(live).toBe(model.bytes.filter((position) => position >= 0).length);
        }
        const read: number[] = [];
        for (const piece of extents.pieces(0, 80)) {
          for (let i = 0; i < piece.length; i++) read.push(piece.extent === undefined ? -1 : piece.extent.position + i);
        }
        expect(read).toEqual(model.bytes);
        const partial = [...extents.pieces(7, 30)];
        expect(partial.reduce((sum, piece) => sum + piece.length, 0)).toBe(30);
      }),
    );
  });

  it('join writes that follow each other in the file and in the segment', () => {
    const first = Extents.empty.write({ offset: 0, length: 10, segment: 3, position: 100 }).extents;
    const second = first.write({ offset: 10, length: 5, segment: 3, position: 110 }).extents;
    expect(second.list).toEqual([{ offset: 0, length: 15, segment: 3, position: 100 }]);
  });
});
