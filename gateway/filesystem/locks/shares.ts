/**
 * Share reservations (RFC 8881 §9.7) as bit masks: OPEN4_SHARE_ACCESS_* and OPEN4_SHARE_DENY_*, and NLM's fsh4_access and
 * fsh4_mode, have the same values.
 */

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
