/** What doctor has found out about one thing. */
export interface Finding {
  /** What was looked at, a word or two. */
  readonly check: string;
  /** `warn`: it works, and something is better mended. */
  readonly outcome: 'good' | 'warn' | 'fail';
  /** One sentence. */
  readonly detail: string;
  /** What to do, one sentence or command; of what is good there is none. */
  readonly remedy?: string;
}

export const good = (check: string, detail: string): Finding => ({ check, outcome: 'good', detail });
export const warn = (check: string, detail: string, remedy: string): Finding => ({
  check,
  outcome: 'warn',
  detail,
  remedy,
});
export const fail = (check: string, detail: string, remedy: string): Finding => ({
  check,
  outcome: 'fail',
  detail,
  remedy,
});
