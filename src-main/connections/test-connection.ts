/** Tries a connection step by step, in the order in which it is made, and says of what is wrong how to mend it. */
import { access, constants, stat } from 'node:fs/promises';
import type { Probe } from '../../gateway/main.ts';
import type { Bucket, ConnectionSettings, ConnectionTest, TestStep } from '../api/connections.ts';
import { ProblemError, type Problem } from '../api/problem.ts';
import type { SignIn } from './connections.ts';
import { bucketProblem, bucketsProblem, keysProblem, otherRegion } from './explain-refusal.ts';
import type { HttpHead } from './http-head.ts';
import { proxyFor, type Environment } from './proxy-choice.ts';
import { reachEndpoint } from './reach-endpoint.ts';
import { s3ConnectionFor } from './s3-connection.ts';

export interface TestSurroundings {
  readonly environment: Environment;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds for each step of reaching the endpoint. */
  readonly timeLimit: number;
}

export const ownSurroundings: TestSurroundings = { environment: process.env, now: Date.now, timeLimit: 10_000 };

/** Milliseconds. S3 refuses requests whose time is further off; the gateway signs by the server's clock then. */
const tolerableSkew = 15 * 60_000;

const order = ['address', 'connect', 'clock', 'keys', 'buckets', 'bucket'] as const;

/**
 * @param signIn gives the keys; called once the endpoint is known to answer
 * @returns every step; after one that has failed those that depend on it are skipped
 */
export async function testConnection(
  settings: ConnectionSettings,
  signIn: () => Promise<SignIn>,
  surroundings: TestSurroundings = ownSurroundings,
): Promise<ConnectionTest> {
  const steps: TestStep[] = [];
  let buckets: readonly Bucket[] | undefined;
  const attempt = async (step: TestStep['step'], work: () => Promise<Problem | undefined>): Promise<void> => {
    try {
      const advice = await work();
      steps.push({ step, outcome: 'good', ...(advice !== undefined && { problem: advice }) });
    } catch (error) {
      if (error instanceof ProblemError) steps.push({ step, outcome: 'failed', problem: error.problem });
      throw error;
    }
  };
  try {
    if (settings.preset === 'folder') await attempt('address', () => tryFolder(settings.folder ?? ''));
    else {
      await trySteps(settings, signIn, surroundings, attempt, (listed) => {
        buckets = listed.map((name) => ({ name }));
      });
    }
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
  }
  const tried = new Set(steps.map(({ step }) => step));
  for (const step of order) if (!tried.has(step)) steps.push({ step, outcome: 'skipped' });
  steps.sort((a, b) => order.indexOf(a.step) - order.indexOf(b.step));
  return { steps, ...(buckets !== undefined && { buckets: [...buckets] }) };
}

type Attempt = (step: TestStep['step'], work: () => Promise<Problem | undefined>) => Promise<void>;

async function trySteps(
  settings: ConnectionSettings,
  signIn: () => Promise<SignIn>,
  { environment, now, timeLimit }: TestSurroundings,
  attempt: Attempt,
  listed: (buckets: readonly string[]) => void,
): Promise<void> {
  // Only now: it loads the S3 client, which most commands do without.
  const gateway = await import('../../gateway/main.ts');
  let head: HttpHead | undefined;
  let origin = '';
  let authorities: readonly string[] = [];
  await attempt('address', async () => {
    const connection = await s3ConnectionFor(settings, undefined);
    authorities = connection.certificateAuthorities ?? [];
    origin = await gateway.Probe.origin(connection);
    return undefined;
  });
  await attempt('connect', async () => {
    const endpoint = new URL(origin);
    const proxy = namedProxy(endpoint, settings.proxy, environment);
    head = await reachEndpoint({ endpoint, proxy, authorities, timeLimit });
    return undefined;
  });
  if (head?.date !== undefined) {
    const skew = now() - head.date;
    await attempt('clock', () => Promise.resolve(clockAdvice(skew, new URL(origin).hostname)));
  }
  let probe: Probe | undefined;
  try {
    let outcome: Awaited<ReturnType<Probe['listBuckets']>> | undefined;
    await attempt('keys', async () => {
      probe = new gateway.Probe(await s3ConnectionFor(settings, await signIn()));
      outcome = await probe.listBuckets();
      const problem = keysProblem(outcome, settings, origin);
      if (problem !== undefined) throw problem;
      return otherRegion(outcome, settings)?.problem;
    });
    if (probe === undefined || outcome === undefined) return;
    const { failure, buckets } = outcome;
    if (failure === undefined) {
      listed(buckets);
      await attempt('buckets', () => Promise.resolve(undefined));
    } else if (settings.buckets.length === 0) await attempt('buckets', () => Promise.reject(bucketsProblem(failure)));
    await tryBuckets(probe, settings, attempt);
  } finally {
    await probe?.close();
  }
}

/** All that the connection names: that one is missing says nothing of the next. */
async function tryBuckets(probe: Probe, settings: ConnectionSettings, attempt: Attempt): Promise<void> {
  for (const bucket of settings.buckets) {
    await attempt('bucket', async () => {
      const outcome = await probe.tryBucket(bucket);
      if (outcome.failure !== undefined) throw bucketProblem(bucket, outcome.failure, settings);
      return otherRegion(outcome, settings, bucket)?.problem;
    }).catch((error: unknown) => {
      if (!(error instanceof ProblemError)) throw error;
    });
  }
}

/** @throws ProblemError proxy */
function namedProxy(endpoint: URL, chosen: string | undefined, environment: Environment): URL | undefined {
  try {
    return proxyFor(endpoint, chosen, environment);
  } catch (cause) {
    throw ProblemError.of(
      'proxy',
      'The proxy that the environment names (HTTPS_PROXY or HTTP_PROXY) is no address.',
      'Write it as http://HOST:PORT.',
      { field: 'proxy', cause },
    );
  }
}

function clockAdvice(skew: number, host: string): Problem | undefined {
  if (Math.abs(skew) <= tolerableSkew) return undefined;
  const minutes = Math.round(Math.abs(skew) / 60_000);
  const off = minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`;
  return ProblemError.of(
    'clock-skew',
    `The clock of this machine is ${off} ${skew > 0 ? 'ahead of' : 'behind'} that of ${host}. Windlass signs by the server’s, but files get wrong times and other programs are refused.`,
    'Set the clock; on Linux timedatectl set-ntp true keeps it right.',
  ).problem;
}

async function tryFolder(folder: string): Promise<undefined> {
  const more = { field: 'folder' };
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() !== true)
    throw ProblemError.of('not-found', `There is no folder ${folder}.`, 'Make it, or correct the path.', more);
  await access(folder, constants.R_OK | constants.W_OK | constants.X_OK).catch((cause: unknown) => {
    throw ProblemError.of(
      'access-denied',
      `This user may not read and write the folder ${folder}.`,
      'Choose one of your own, or change its rights.',
      { ...more, cause },
    );
  });
  return undefined;
}
