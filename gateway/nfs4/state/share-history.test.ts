import { describe, expect, it } from 'vitest';
import { shareBoth, shareRead, shareWrite } from '../../filesystem/locks/shares.ts';
import { ShareHistory } from './share-history.ts';

describe('the OPENs of an owner', () => {
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
