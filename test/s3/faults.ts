/** What goes wrong at the proxy, and to which request: decided by a seed, so that a run can be repeated. */
import { createHash } from 'node:crypto';
import type { ClassifiedRequest } from './request-kind.ts';

export type Fault =
  /** The request is answered with an S3 error and never reaches the server. */
  | { readonly type: 'error'; readonly status: 400 | 403 | 500 | 503; readonly code: string }
  /** Status 200 with an `<Error>` body, as S3 does for CopyObject, UploadPartCopy and CompleteMultipartUpload; the server never hears of it. */
  | { readonly type: 'error-inside-200'; readonly code: string }
  /** The connection is reset before the server hears of the request. */
  | { readonly type: 'reset' }
  /** The server does what was asked; the connection is reset instead of the reply. */
  | { readonly type: 'lost-reply' }
  /** The server receives part of the body, then both connections break. Requests without a body are reset. */
  | { readonly type: 'truncated-request' }
  /** The client receives the reply's headers and part of its body, then the connection breaks. */
  | { readonly type: 'truncated-reply' }
  /** No answer until the client gives up or faults are set anew. */
  | { readonly type: 'silence' }
  /** Forwarded after so many milliseconds more. */
  | { readonly type: 'delay'; readonly milliseconds: number };

export interface FaultRule {
  readonly fault: Fault;
  /** 0 to 1: how often a request that fits meets the fault. */
  readonly probability: number;
  /** Operations by name; undefined: all. */
  readonly kinds?: readonly string[];
  /** At most so many times in all; undefined: without end. Which requests these are depends on the order of arrival. */
  readonly times?: number;
}

export interface Faults {
  /** The first rule that strikes decides. */
  readonly rules?: readonly FaultRule[];
  /** Nobody listens: connections are closed and new ones refused. */
  readonly outage?: boolean;
}

export interface StruckFault {
  readonly fault: Fault;
  /** 0 up to 1, below: where a body is cut, by share of its length. */
  readonly share: number;
}

/**
 * Decides per request. The nth request of one kind for one key always meets the same fate under one seed, whatever else runs
 * at the same time: the order of concurrent requests and random upload ids have no say.
 */
export class FaultPlan {
  readonly #seed: number;
  readonly #rules: readonly FaultRule[];
  readonly #occurrences = new Map<string, number>();
  readonly #struck: number[];

  constructor(seed: number, faults: Faults) {
    this.#seed = seed;
    this.#rules = faults.rules ?? [];
    this.#struck = this.#rules.map(() => 0);
  }

  /** What this request meets; undefined: nothing. */
  next(request: ClassifiedRequest): StruckFault | undefined {
    if (this.#rules.length === 0) return undefined;
    const identity = identityOf(request);
    const occurrence = this.#occurrences.get(identity) ?? 0;
    this.#occurrences.set(identity, occurrence + 1);
    for (const [index, rule] of this.#rules.entries()) {
      if (rule.kinds !== undefined && !rule.kinds.includes(request.kind)) continue;
      const struck = this.#struck[index] ?? 0;
      if (rule.times !== undefined && struck >= rule.times) continue;
      const [chance, share] = this.#draw(`${index}\0${occurrence}\0${identity}`);
      if (chance >= rule.probability) continue;
      this.#struck[index] = struck + 1;
      return { fault: rule.fault, share };
    }
    return undefined;
  }

  #draw(what: string): readonly [chance: number, share: number] {
    const digest = createHash('sha256').update(`${this.#seed}\0${what}`).digest();
    return [digest.readUIntBE(0, 6) / 2 ** 48, digest.readUIntBE(6, 6) / 2 ** 48];
  }
}

function identityOf({ kind, bucket, key, query }: ClassifiedRequest): string {
  return [kind, bucket, key, query.get('partNumber') ?? '', query.get('prefix') ?? ''].join('\0');
}
