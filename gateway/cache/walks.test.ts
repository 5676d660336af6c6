import { describe, expect, it } from 'vitest';
import { Walks } from './walks.ts';

describe('a walk', () => {
  it('is noticed at the second directory below one parent', () => {
    const walks = new Walks<string>();
    expect(walks.isWalk('top', 0)).toBe(false);
    expect(walks.isWalk('other', 10)).toBe(false);
    expect(walks.isWalk('top', 20)).toBe(true);
    expect(walks.isWalk('top', 30)).toBe(true);
  });

  it('is not seen in visits that lie far apart', () => {
    const walks = new Walks<string>();
    expect(walks.isWalk('top', 0)).toBe(false);
    expect(walks.isWalk('top', 60_000)).toBe(false);
  });

  it('is left to single listings where the tree has proved too large', () => {
    const walks = new Walks<string>();
    walks.isWalk('top', 0);
    walks.giveUp('top');
    expect(walks.isWalk('top', 1)).toBe(false);
    expect(walks.isWalk('top', 2)).toBe(false);
  });
});
