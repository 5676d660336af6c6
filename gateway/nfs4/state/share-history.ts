import type { Share, ShareMask } from '../../filesystem/locks/shares.ts';

/**
 * What an open-owner has asked for in the OPENs that make up one open: their union holds, and OPEN_DOWNGRADE may go
 * back only to what some of them add up to (RFC 8881 §18.18.3).
 */
export class ShareHistory {
  #asked: readonly Share[];

  constructor(first: Share) {
    this.#asked = [first];
  }

  get union(): Share {
    return unionOf(this.#asked);
  }

  /** Another OPEN by the same owner. */
  add(share: Share): void {
    if (!this.#asked.some((one) => one.access === share.access && one.deny === share.deny)) {
      this.#asked = [...this.#asked, share];
    }
  }

  /** Goes down to this; false where no set of the OPENs adds up to it, and nothing is changed. */
  downgrade(share: Share): boolean {
    if (share.access === 0) return false;
    const within = this.#asked.filter((one) => isWithin(one.access, share.access) && isWithin(one.deny, share.deny));
    const sum = unionOf(within);
    if (sum.access !== share.access || sum.deny !== share.deny) return false;
    this.#asked = within;
    return true;
  }
}

function isWithin(part: ShareMask, whole: ShareMask): boolean {
  return (part & ~whole) === 0;
}

function unionOf(shares: readonly Share[]): Share {
  let access = 0;
  let deny = 0;
  for (const share of shares) {
    access |= share.access;
    deny |= share.deny;
  }
  return { access: access as ShareMask, deny: deny as ShareMask };
}
