import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareKeys } from '../store/key.ts';
import type { ListPage, Version } from '../store/object-store.ts';
import { MemoryStore } from '../store/testing/memory-store.ts';
import { beforeDirectory, Disordered, ListingReader, reaches, type ListingShape, type Span } from './listing.ts';

const version: Version = { etag: '"e"', size: 1, lastModified: 1 };
const flat = { flat: true, ordered: true };
const delimited = { flat: false, ordered: true };

function page(keys: readonly string[], more = false, prefixes: readonly string[] = []): ListPage {
  const objects = keys.map((key) => ({ key, version }));
  return { objects, prefixes, ...(more ? { continuation: 'more' } : {}) };
}

/** `path[names]`, a name that has keys below it with a `/`; `*` marks a marker, `…` a stretch that goes on. */
const shown = ({ path, names, marker, to }: Span): string =>
  `${path}[${[...names].map(([name, { object, below }]) => (object ? name : '') + (below ? `${name}/` : '')).join(' ')}]${marker ? '*' : ''}${to === undefined ? '' : '…'}`;

describe('a flat listing', () => {
  it('tells of every directory that its keys spell, markers and shadowed objects included', () => {
    const reader = new ListingReader('p/', flat);
    const spans = reader.take(page(['p/', 'p/a', 'p/a/b', 'p/c/', 'p/c/d/e']));
    expect(spans.map(shown)).toEqual(['[aa/ c/]*', 'a/[b]', 'c/[d/]*', 'c/d/[e]']);
  });

  it('keeps empty components apart, so that they can be reported', () => {
    expect(new ListingReader('', flat).take(page(['x//y'])).map(shown)).toEqual(['[x/]', 'x/[/]', 'x//[y]']);
  });

  it('goes on in the middle of directories with the next page', () => {
    const reader = new ListingReader('', flat);
    expect(reader.take(page(['a/1', 'b/c/1'], true)).map(shown)).toEqual(['[a/ b/]…', 'a/[1]', 'b/[c/]…', 'b/c/[]…']);
    expect(reader.deepest).toBe('b/c/');
    expect(reader.take(page(['b/c/2', 'b/d'])).map(shown)).toEqual(['[]', 'b/[d]', 'b/c/[1 2]']);
  });

  it('may begin at a directory, of whose siblings before it nothing is said', () => {
    const reader = new ListingReader('', { ...flat, after: beforeDirectory('b/') });
    const [top, b] = reader.take(page(['b/', 'b/1', 'c']));
    expect([top?.from, top && shown(top), b && shown(b)]).toEqual([beforeDirectory('b/'), '[b/ c]', 'b/[1]*']);
    expect(compareKeys(beforeDirectory('b/'), 'b/') < 0 && compareKeys('b.txt', beforeDirectory('b/')) < 0).toBe(true);
  });
});

describe('a delimited listing', () => {
  it('knows objects, prefixes and the marker of the directory itself', () => {
    const spans = new ListingReader('p/', delimited).take(page(['p/', 'p/f'], false, ['p/d/']));
    expect(spans.map(shown)).toEqual(['[d/ f]*']);
  });

  it('tells of an object only once it is known whether keys are below its name', () => {
    const reader = new ListingReader('', delimited);
    expect(reader.take(page(['a', 'a-b'], true)).map(shown)).toEqual(['[]…']);
    expect(reader.take(page(['b'], false, ['a/'])).map(shown)).toEqual(['[aa/ a-b b]']);
  });

  it('that comes in no order is held until its last page', () => {
    const reader = new ListingReader('', { ...delimited, ordered: false });
    expect(reader.take(page(['b'], true))).toEqual([]);
    expect(reader.take(page(['a'])).map(shown)).toEqual(['[a b]']);
  });

  it('says where a server breaks the order', () => {
    const reader = new ListingReader('', delimited);
    reader.take(page(['b'], true));
    expect(() => reader.take(page(['a']))).toThrow(Disordered);
  });
});

describe('any listing', () => {
  const component = fc.constantFrom('a', 'a-', 'a.', 'b', 'é', '\u{1f600}', '\uff41');
  const key = fc
    .tuple(fc.array(component, { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([components, isMarker]) => components.join('/') + (isMarker ? '/' : ''));

  it('says in its stretches, put together, what the keys are, and never twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(key, { maxLength: 40 }),
        fc.integer({ min: 1, max: 7 }),
        fc.boolean(),
        async (keys, limit, isFlat) => {
          const store = new MemoryStore();
          for (const each of keys) await store.put({ key: `p/${each}`, body: Buffer.alloc(0), metadata: { user: {} } });
          const shape: ListingShape = { flat: isFlat, ordered: true };
          const reader = new ListingReader('p/', shape);
          const directories = new Map<string, { names: Map<string, string>; to: string | undefined }>();
          let continuation: string | undefined;
          do {
            const found = await store.list({
              prefix: 'p/',
              limit,
              ...(isFlat ? {} : { delimiter: '/' as const }),
              ...(continuation === undefined ? {} : { continuation }),
            });
            for (const { path, names, from, to } of reader.take(found)) {
              const before = directories.get(path) ?? { names: new Map<string, string>(), to: undefined };
              expect(before.to).toBe(from);
              for (const [name, { object, below }] of names) {
                expect(before.names.has(name)).toBe(false);
                expect(reaches(to, name) && !(from !== undefined && reaches(from, name))).toBe(true);
                before.names.set(name, `${object !== undefined}${below === true}`);
              }
              directories.set(path, { names: before.names, to });
            }
            continuation = found.continuation;
          } while (continuation !== undefined);
          for (const [path, { names, to }] of directories) {
            expect(to).toBeUndefined();
            const expected = new Map<string, string>();
            for (const each of keys.filter((one) => one.startsWith(path) && one !== path)) {
              const name = each.slice(path.length).split('/')[0] as string;
              const full = path + name;
              expected.set(name, `${keys.includes(full)}${keys.some((one) => one.startsWith(`${full}/`))}`);
            }
            expect(new Map([...names].sort())).toEqual(new Map([...expected].sort()));
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
