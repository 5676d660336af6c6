/** How long changes wait before they are sent, and between tries. */
import type { RetryPolicy } from '../store/retry.ts';

export interface QueueTimes {
  /** Milliseconds without change before an upload starts. */
  readonly settle: number;
  /** Milliseconds after which it starts in any case once it was due. */
  readonly latest: number;
  /** Milliseconds of silence after which a file that stays open for writing is due. */
  readonly idle: number;
  /** Milliseconds between tries of what cannot heal by itself. */
  readonly hopeless: number;
  /** How long to wait between tries of what can; undefined: as for every upload. */
  readonly retry?: RetryPolicy;
}

export const defaultTimes: QueueTimes = { settle: 1000, latest: 30_000, idle: 30_000, hopeless: 3_600_000 };
