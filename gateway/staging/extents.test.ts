import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Extents, type Extent, type Source } from './extents.ts';

const length = 80;
const kinds = ['segment', 'loan', 'zeros'] as const;

function sourceOf(kind: (typeof kinds)[number], position: number): Source {
  if (kind === 'zeros') return { zeros: true };
  return kind === 'segment' ? { segment: 1, position } : { loan: 1, position };
}

/** What a byte of an extent is, for comparison. */
function nameOf(extent: Extent | undefined, at: number): string {
  if (extent === undefined) return '';
  if ('zeros' in extent) return 'zero';
  return `${'loan' in extent ? 'loan' : 'segment'} ${extent.position + at}`;
}

describe('extents', () => {
  it('map every byte as a plain array of bytes would, and free exactly what is no longer mapped', () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constantFrom(...kinds),
        offset: fc.nat(60),
        length: fc.integer({ min: 1, max: 19 }),
      }),
      fc.record({ kind: fc.constant('truncate' as const), size: fc.nat(length - 1) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const model = Array.from({ length }, () => '');
        let extents = Extents.empty;
        let tail = 0;
        let live = 0;
        for (const one of steps) {
          const extent: Extent | undefined =
            one.kind === 'truncate'
              ? undefined
              : { offset: one.offset, length: one.length, ...sourceOf(one.kind, tail) };
          const change = one.kind === 'truncate' ? extents.truncate(one.size) : extents.write(extent as Extent);
          if (one.kind === 'truncate') model.fill('', one.size);
          else {
            for (let i = 0; i < one.length; i++) model[one.offset + i] = nameOf(extent, i);
            tail += one.length;
            live += one.length;
          }
          extents = change.extents;
          live -= change.freed.reduce((sum, freed) => sum + freed.length, 0);
          expect(live).toBe(model.filter((name) => name !== '').length);
        }
        const read: string[] = [];
        for (const piece of extents.pieces(0, length)) {
          for (let i = 0; i < piece.length; i++) read.push(nameOf(piece.extent, i));
        }
        expect(read).toEqual(model);
        const partial = [...extents.pieces(7, 30)];
        expect(partial.reduce((sum, piece) => sum + piece.length, 0)).toBe(30);
      }),
    );
  });

  it('join what follows each other in the file and where the bytes are', () => {
    for (const kind of kinds) {
      const first = Extents.empty.write({ offset: 0, length: 10, ...sourceOf(kind, 100) }).extents;
      const second = first.write({ offset: 10, length: 5, ...sourceOf(kind, 110) }).extents;
      expect(second.list).toEqual([{ offset: 0, length: 15, ...sourceOf(kind, 100) }]);
    }
  });

  it('are not joined where the bytes are somewhere else', () => {
    const first = Extents.empty.write({ offset: 0, length: 10, ...sourceOf('segment', 100) }).extents;
    expect(first.write({ offset: 10, length: 5, ...sourceOf('loan', 110) }).extents.list).toHaveLength(2);
    expect(first.write({ offset: 10, length: 5, ...sourceOf('zeros', 110) }).extents.list).toHaveLength(2);
  });
});
