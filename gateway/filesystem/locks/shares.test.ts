import { describe, expect, it } from 'vitest';
import { conflicts, shareRead, shareWrite } from './shares.ts';

describe('share reservations', () => {
  it('conflict when one side denies what the other accesses', () => {
    expect(conflicts({ access: shareRead, deny: 0 }, { access: shareWrite, deny: 0 })).toBe(false);
    expect(conflicts({ access: shareRead, deny: shareWrite }, { access: shareWrite, deny: 0 })).toBe(true);
    expect(conflicts({ access: shareRead, deny: 0 }, { access: shareWrite, deny: shareRead })).toBe(true);
    expect(conflicts({ access: shareRead, deny: shareWrite }, { access: shareRead, deny: shareWrite })).toBe(false);
  });
});
