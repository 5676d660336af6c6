import type { Log } from '../log.ts';

/** Milliseconds in which one message is logged once. */
const interval = 10_000;

/**
 * Says the same thing at most once in ten seconds, and then how often it was left out: clients must not fill the log.
 * What varies belongs into the fields: every message is remembered.
 */
export class RateLimitedLog {
  readonly #log: Log;
  readonly #clock: () => number;
  readonly #last = new Map<string, { readonly time: number; suppressed: number }>();

  /** @param clock milliseconds, monotonic */
  constructor(log: Log, clock: () => number = () => performance.now()) {
    this.#log = log;
    this.#clock = clock;
  }

  warn(fields: object, message: string): void {
    this.#say('warn', fields, message);
  }

  error(fields: object, message: string): void {
    this.#say('error', fields, message);
  }

  #say(level: 'warn' | 'error', fields: object, message: string): void {
    const now = this.#clock();
    const last = this.#last.get(message);
    if (last !== undefined && now - last.time < interval) {
      last.suppressed++;
      return;
    }
    this.#last.set(message, { time: now, suppressed: 0 });
    const suppressed = last?.suppressed ?? 0;
    this.#log[level](suppressed > 0 ? { ...fields, suppressed } : fields, message);
  }
}
