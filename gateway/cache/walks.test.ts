import { describe, expect, it } from 'vitest';
import { Walks } from './walks.ts';

describe('a walk', () => {
  it('is noticed when a directory is read that lies in one that was read just before', () => {
    const walks = new Walks<string>();
    walks.read('top', 0);
    expect(walks.isWalk('other', true, 10)).toBe(false);
    expect(walks.isWalk('top', true, 10)).toBe(true);
    expect(walks.isWalk('top', true, 20)).toBe(true);
  });

  it('is noticed at the second directory below one parent, though only names in it are looked up', () => {
    const walks = new Walks<string>();
    walks.read('top', 0);
    expect(walks.isWalk('top', false, 10)).toBe(false);
    expect(walks.isWalk('top', false, 20)).toBe(true);
  });

  it('is not seen in visits that lie far apart', () => {
    const walks = new Walks<string>();
    walks.read('top', 0);
    expect(walks.isWalk('top', true, 60_000)).toBe(false);
    expect(walks.isWalk('top', true, 120_000)).toBe(false);
  });
});
