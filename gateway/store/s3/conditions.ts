import type { Condition } from '../object-store.ts';
import { S3Refusal } from './refusal.ts';

/** No object has this ETag: what requires it must fail. */
export const impossibleEtag = '"00000000000000000000000000000000"';

/** For which requests a server is known to honour conditions, or to ignore them. */
export interface ConditionSupport {
  readonly put?: boolean;
  /** On the target of a copy. */
  readonly copy?: boolean;
  /** On the source of a copy: its pin. */
  readonly copySource?: boolean;
  /** On the end of an upload in parts. */
  readonly complete?: boolean;
  readonly delete?: boolean;
  /** Per-key ETags in DeleteObjects. */
  readonly batchDelete?: boolean;
}

export type ConditionKind = keyof ConditionSupport;

/** What has been found out about conditions so far, and finds out the rest: each kind once, one request at a time. */
export class Conditions {
  readonly #found: { -readonly [Kind in ConditionKind]?: boolean };
  readonly #report: ((support: ConditionSupport) => void) | undefined;
  readonly #trials = new Map<ConditionKind, Promise<unknown>>();

  constructor(known: ConditionSupport, report: ((support: ConditionSupport) => void) | undefined) {
    this.#found = { ...known };
    this.#report = report;
  }

  get(kind: ConditionKind): boolean | undefined {
    return this.#found[kind];
  }

  set(kind: ConditionKind, honoured: boolean): void {
    if (this.#found[kind] === honoured) return;
    this.#found[kind] = honoured;
    this.#report?.({ ...this.#found });
  }

  /**
   * Runs `trial`, which is to find out about `kind`, or waits for the one under way and then runs `known`. A trial that
   * fails leaves the question open for the next one.
   */
  async run<Result>(
    kind: ConditionKind,
    known: (honoured: boolean) => Promise<Result>,
    trial: () => Promise<Result>,
  ): Promise<Result> {
    for (;;) {
      const honoured = this.#found[kind];
      if (honoured !== undefined) return known(honoured);
      const underWay = this.#trials.get(kind);
      if (underWay === undefined) break;
      await underWay.catch(() => undefined);
    }
    const running = trial();
    this.#trials.set(kind, running);
    try {
      return await running;
    } finally {
      this.#trials.delete(kind);
    }
  }
}

export function conditionHeaders(condition: Condition | undefined): Record<string, string> {
  if (condition === undefined) return {};
  return 'absent' in condition ? { 'if-none-match': '*' } : { 'if-match': condition.etag };
}

/** Whether `error` is how a server refuses because of a condition. AWS answers 404 to If-Match on a missing key. */
export function isConditionRefusal(error: unknown): error is S3Refusal {
  return error instanceof S3Refusal && (error.status === 412 || error.status === 404) && error.code !== 'NoSuchBucket';
}

/** Whether the server says that it does not know conditions on this request. */
export function isConditionUnsupported(error: unknown): error is S3Refusal {
  return error instanceof S3Refusal && error.code === 'NotSupported';
}
