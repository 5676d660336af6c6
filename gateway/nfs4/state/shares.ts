/** Share reservations (RFC 8881 §9.7) as bit masks: OPEN4_SHARE_ACCESS_* and OPEN4_SHARE_DENY_* have the same values. */

export const shareRead = 1;
export const shareWrite = 2;
export const shareBoth = 3;

/** 1 read, 2 write, 3 both; for deny also 0, none. */
export type ShareMask = 0 | 1 | 2 | 3;

export interface Share {
  readonly access: ShareMask;
  readonly deny: ShareMask;
}

export function conflicts(a: Share, b: Share): boolean {
  return (a.access & b.deny) !== 0 || (a.deny & b.access) !== 0;
}

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
