import { describe, expect, it } from 'vitest';
import type { Version } from '../store/object-store.ts';
import { ListedDirectory } from './listing.ts';

const version: Version = { etag: '"e"', size: 1, lastModified: 1 };

describe('a flat listing', () => {
  it('becomes the tree that its keys spell, markers and shadowed objects included', () => {
    const top = new ListedDirectory();
    for (const path of ['', 'a', 'a/b', 'c/', 'c/d/e']) top.addObject({ key: `p/${path}`, version }, path);
    expect(top.marker).toEqual(version);
    expect([...top.names.keys()]).toEqual(['a', 'c']);
    const a = top.name('a');
    expect(a.object).toEqual(version);
    expect(a.below).toBeInstanceOf(ListedDirectory);
    const c = top.name('c').below;
    expect(c instanceof ListedDirectory ? [c.marker, [...c.names.keys()]] : c).toEqual([version, ['d']]);
  });

  it('keeps empty components apart, so that they can be reported', () => {
    const top = new ListedDirectory();
    top.addObject({ key: 'x//y', version }, 'x//y');
    const below = top.name('x').below;
    expect(below instanceof ListedDirectory ? [...below.names.keys()] : below).toEqual(['']);
  });
});

describe('a delimited listing', () => {
  it('knows objects, prefixes and the marker of the directory itself', () => {
    const directory = new ListedDirectory();
    directory.addPage(
      {
        objects: [
          { key: 'p/', version },
          { key: 'p/f', version },
        ],
        prefixes: ['p/d/'],
      },
      'p/',
    );
    expect(directory.marker).toEqual(version);
    expect([...directory.names]).toEqual([
      ['f', { object: version }],
      ['d', { below: true }],
    ]);
  });
});
