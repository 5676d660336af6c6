/** What a parent may ask of S3 without serving anything: whether keys are accepted, and which buckets they open. */
import type { S3Connection } from './configuration.ts';
import { StoreError, type StoreErrorCode } from './store/object-store.ts';
import { S3Client } from './store/s3/client.ts';
import { S3Endpoint } from './store/s3/endpoint.ts';
import { listBuckets } from './store/s3/open.ts';
import { S3Refusal } from './store/s3/refusal.ts';
import { sendForXml } from './store/s3/replies.ts';

export interface ProbeFailure {
  readonly code: StoreErrorCode;
  /** S3's own error code; '' where it was not S3 that refused. */
  readonly s3Code: string;
  /** A sentence for the user; never a secret. */
  readonly message: string;
}

export interface ProbeOutcome {
  /** undefined: it worked. */
  readonly failure: ProbeFailure | undefined;
  /** The region that requests had to be signed for in the end. */
  readonly region: string | undefined;
}

export interface BucketsOutcome extends ProbeOutcome {
  /** Empty where they could not be listed. */
  readonly buckets: readonly string[];
}

/** Milliseconds until a server's reply must begin: somebody waits for the answer. */
const headersTimeout = 15_000;

/** One connection that is tried; close it. */
export class Probe {
  readonly #endpoint: S3Endpoint;

  constructor(connection: S3Connection) {
    this.#endpoint = new S3Endpoint(connection, { headersTimeout });
  }

  /** `https://host[:port]` to which a connection's requests go; no request is made and no keys are needed. */
  static async origin(connection: S3Connection): Promise<string> {
    const endpoint = new S3Endpoint({
      ...connection,
      credentials: { accessKeyId: 'nobody', secretAccessKey: 'nobody' },
    });
    try {
      return (await endpoint.address(undefined)).origin;
    } finally {
      await endpoint.close();
    }
  }

  async listBuckets(): Promise<BucketsOutcome> {
    let buckets: readonly string[] = [];
    const client = new S3Client(this.#endpoint, undefined);
    const outcome = await this.#outcome(client, async () => {
      buckets = await listBuckets(client);
    });
    return { ...outcome, buckets };
  }

  /** Lists one key of the bucket. */
  tryBucket(bucket: string): Promise<ProbeOutcome> {
    const client = new S3Client(this.#endpoint, bucket);
    return this.#outcome(client, async () => {
      const query = { 'list-type': '2', 'max-keys': '1' };
      await sendForXml(client, { operation: 'ListObjectsV2', method: 'GET', query }, 'ListBucketResult');
    });
  }

  async close(): Promise<void> {
    await this.#endpoint.close();
  }

  async #outcome(client: S3Client, work: () => Promise<void>): Promise<ProbeOutcome> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const failure = {
        code: error.code,
        s3Code: error instanceof S3Refusal ? error.s3Code : '',
        message: error.message,
      };
      return { failure, region: error instanceof S3Refusal ? error.region : undefined };
    }
    return { failure: undefined, region: (await client.address()).region };
  }
}
