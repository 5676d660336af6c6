/** What went wrong with a request, in the form of RFC 9457 (`application/problem+json`), always with a remedy in words. */
import { z } from 'zod';

/** One code per cause; clients decide by these alone. */
export const problemCode = z.enum([
  /** The request is not what the schema says. */
  'invalid',
  'not-found',
  /** The name, mount point or drive letter is taken. */
  'exists',
  /** Something still uses it, or it holds data that S3 does not have. */
  'in-use',
  'unsent-data',
  /** Wrong, expired or missing credentials. */
  'credentials',
  /** The credentials are right and not allowed to do this. */
  'access-denied',
  'no-such-bucket',
  'wrong-region',
  'clock-skew',
  'unreachable',
  'tls',
  'proxy',
  'dns',
  /** The keychain is locked, absent, or has refused. */
  'keychain',
  /** The machine lacks an NFS client, a right or a helper. */
  'not-able',
  /** The mount point is busy, not empty, not a folder, or inside another mount. */
  'mount-point',
  'mount-failed',
  'busy',
  'time-limit',
  'gateway',
  'unexpected',
]);

export type ProblemCode = z.infer<typeof problemCode>;

export const problem = z.object({
  /** `urn:windlass:problem:CODE`. */
  type: z.string(),
  title: z.string(),
  /** The HTTP status. */
  status: z.int().min(400).max(599),
  code: problemCode,
  /** What is wrong, one sentence; never a secret. */
  detail: z.string(),
  /** What to do about it, one sentence. */
  remedy: z.string(),
  /** Which field of the request it is about, such as `endpoint`. */
  field: z.string().optional(),
});

export type Problem = z.infer<typeof problem>;

const titles: Readonly<Record<ProblemCode, readonly [status: number, title: string]>> = {
  invalid: [400, 'The request is not complete or not right'],
  'not-found': [404, 'There is no such thing'],
  exists: [409, 'There is one already'],
  'in-use': [409, 'It is in use'],
  'unsent-data': [409, 'Some data are not in S3 yet'],
  credentials: [422, 'The credentials were refused'],
  'access-denied': [422, 'Access is denied'],
  'no-such-bucket': [422, 'There is no such bucket'],
  'wrong-region': [422, 'The bucket is in another region'],
  'clock-skew': [422, 'The clock of this machine is wrong'],
  unreachable: [422, 'The endpoint does not answer'],
  tls: [422, 'No secure connection could be made'],
  proxy: [422, 'The proxy refused'],
  dns: [422, 'The name of the endpoint is not known'],
  keychain: [423, 'The keychain cannot be used'],
  'not-able': [501, 'This machine cannot do that yet'],
  'mount-point': [422, 'The mount point cannot be used'],
  'mount-failed': [502, 'The mount failed'],
  busy: [409, 'It is busy'],
  'time-limit': [504, 'It took too long'],
  gateway: [502, 'The gateway does not run'],
  unexpected: [500, 'Something went wrong that Windlass did not expect'],
};

/** Thrown by whoever serves a request, and again by whoever asked for it. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;

  constructor(told: Problem, options?: ErrorOptions) {
    super(`${told.detail} ${told.remedy}`.trim(), options);
    this.problem = told;
  }

  /** @param detail what is wrong @param remedy what to do about it */
  static of(
    code: ProblemCode,
    detail: string,
    remedy: string,
    more: { field?: string; cause?: unknown } = {},
  ): ProblemError {
    const [status, title] = titles[code];
    const field = more.field === undefined ? {} : { field: more.field };
    return new ProblemError(
      { type: `urn:windlass:problem:${code}`, title, status, code, detail, remedy, ...field },
      { cause: more.cause },
    );
  }
}
