/** The one retry policy of whoever calls a store. It decides; waiting is the caller's. */
import { StoreError } from './object-store.ts';

export interface RetryPolicy {
  /** Upper bound of the first wait, milliseconds. */
  readonly baseMilliseconds: number;
  /** Upper bound of any wait, milliseconds. */
  readonly capMilliseconds: number;
  /** Tries in all, the first one included; Infinity: for ever. */
  readonly maxAttempts: number;
}

/** For requests that somebody waits for. */
export const interactiveRetry: RetryPolicy = { baseMilliseconds: 100, capMilliseconds: 5_000, maxAttempts: 4 };

/** For uploads, deletes and copies out of the change log, which are never given up. */
export const persistentRetry: RetryPolicy = { baseMilliseconds: 500, capMilliseconds: 60_000, maxAttempts: Infinity };

/**
 * Full jitter: a wait anywhere between nothing and an exponentially growing bound, so that clients that failed together
 * do not come back together.
 *
 * @param attempt how many tries have failed, 1 or more
 * @param random a number in [0, 1)
 * @returns milliseconds to wait before the next try
 */
export function retryDelay(policy: RetryPolicy, attempt: number, random: number): number {
  // Beyond 2^30 the cap has been reached by any base, and the power stays finite.
  const bound = Math.min(policy.capMilliseconds, policy.baseMilliseconds * 2 ** Math.min(attempt - 1, 30));
  return Math.floor(random * bound);
}

/** What to do after try number `attempt` failed with `error`: wait so many milliseconds, or undefined: give up. */
export function retryAfter(policy: RetryPolicy, error: unknown, attempt: number, random: number): number | undefined {
  if (!(error instanceof StoreError) || !error.heals || attempt >= policy.maxAttempts) return undefined;
  return retryDelay(policy, attempt, random);
}
