import { describe, expect, it } from 'vitest';
import { conflicts, shareBoth, ShareHistory, shareRead, shareWrite } from './shares.ts';

describe('share reservations', () => {
  it('conflict when one side denies what the other accesses', () => {
    expect(conflicts({ access: shareRead, deny: 0 }, { access: shareWrite, deny: 0 })).toBe(false);
    expect(conflicts({ access: shareRead, deny: shareWrite }, { access: shareWrite, deny: 0 })).toBe(true);
    expect(conflicts({ access: shareRead, deny: 0 }, { access: shareWrite, deny: shareRead })).toBe(true);
    expect(conflicts({ access: shareRead, deny: shareWrite }, { access: shareRead, deny: shareWrite })).toBe(false);
  });

  it('go down only to what some of the OPENs add up to', () => {
    const history = new ShareHistory({ access: shareRead, deny: 0 });
    history.add({ access: shareBoth, deny: shareWrite });
    expect(history.union).toEqual({ access: shareBoth, deny: shareWrite });
    expect(history.downgrade({ access: shareWrite, deny: 0 })).toBe(false);
    expect(history.downgrade({ access: shareBoth, deny: 0 })).toBe(false);
    expect(history.downgrade({ access: shareRead, deny: 0 })).toBe(true);
    expect(history.union).toEqual({ access: shareRead, deny: 0 });
    expect(history.downgrade({ access: shareBoth, deny: shareWrite })).toBe(false);
  });
});
