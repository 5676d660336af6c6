/** One workload by one program, from an empty bucket to the verdict. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ExchangeRecord, Proxy } from '../s3/proxy.ts';
import type { S3Server } from '../s3/servers.ts';
import { fillBucket, findDifferences, removeBucket } from './bucket.ts';
import { countRequests, type CountedRequests } from './counting.ts';
import type { Job, JobOutcome, Peer } from './peers/peer.ts';
import type { Workload } from './workloads/workload.ts';

export interface Measurement extends CountedRequests {
  readonly workload: Workload;
  /** The script's own time. */
  readonly seconds: number;
  /** From the script's start to the end of the last request. */
  readonly secondsUntilUploaded: number;
  /** In words, what did not come out as it must; then the figures mean little. */
  readonly differences: readonly string[];
}

export interface Meter {
  readonly server: S3Server;
  readonly proxy: Proxy;
  /** The proxy, as the peer reaches it. */
  readonly endpoint: string;
  /** Everything that went through the proxy; emptied before each mount. */
  readonly records: ExchangeRecord[];
}

/** No request for so long: the uploads are done. Longer than any program here waits before it uploads. */
const quietMilliseconds = 4_000;
/** What a program does by itself after mounting is over then. */
const settleMilliseconds = 1_000;

export async function measure(meter: Meter, peer: Peer, workload: Workload): Promise<Measurement> {
  const { server, proxy, records, endpoint } = meter;
  const { region, accessKeyId, secretAccessKey } = server;
  const bucket = `bench-${workload.name}`;
  const folder = await mkdtemp(join(tmpdir(), 'windlass-bench-'));
  const client = server.client();
  try {
    await server.createBucket(bucket);
    await fillBucket(client, bucket, workload.before);
    let began = 0;
    const job: Job = {
      ...{ endpoint, region, accessKeyId, secretAccessKey, bucket, folder },
      earlier: workload.earlier ?? '',
      setUp: workload.setUp ?? '',
      script: workload.script,
      async began() {
        await quiet(proxy, settleMilliseconds);
        began = performance.now();
      },
      drained: () => quiet(proxy, quietMilliseconds),
    };
    await peer.prepare?.(job);
    records.length = 0;
    const outcome = await runOrReason(peer, job);
    const differences = await findDifferences(client, bucket, workload);
    differences.unshift(...problemsOf(outcome, workload));
    const seconds = 'reason' in outcome ? 0 : outcome.seconds;
    const last = records.reduce((latest, { ended }) => Math.max(latest, ended), began);
    return {
      ...countRequests(records, began),
      workload,
      seconds,
      secondsUntilUploaded: Math.max(seconds, (last - began) / 1000),
      differences,
    };
  } finally {
    await removeBucket(client, bucket);
    client.destroy();
    await rm(folder, { recursive: true, force: true });
  }
}

function problemsOf(outcome: JobOutcome | Failure, { output }: Workload): readonly string[] {
  if ('reason' in outcome) return [outcome.reason];
  const printed = outcome.output.slice(-500);
  if (outcome.status !== 0) return [`the script failed with status ${outcome.status}: ${printed}`];
  if (output !== undefined && outcome.output !== output())
    return [`the script printed ${printed} instead of ${output()}`];
  return [];
}

interface Failure {
  readonly reason: string;
}

/** A program that fails at one workload is still measured at the others. */
async function runOrReason(peer: Peer, job: Job): Promise<JobOutcome | Failure> {
  try {
    return await peer.run(job);
  } catch (error) {
    return { reason: String(error) };
  }
}

/** Resolves when no request was seen for so long. */
export async function quiet(proxy: Proxy, milliseconds: number): Promise<void> {
  const asked = performance.now();
  while (Math.min(proxy.idleMilliseconds(), performance.now() - asked) < milliseconds) await wait(50);
}

export type Verdict = 'ok' | 'over' | 'wrong';

export function verdictOf({ differences, total, bytesUp, bytesDown, workload }: Measurement): Verdict {
  if (differences.length > 0) return 'wrong';
  if (total > (workload.targetRequests ?? Infinity)) return 'over';
  return bytesUp + bytesDown > (workload.maximumBytes ?? Infinity) ? 'over' : 'ok';
}
