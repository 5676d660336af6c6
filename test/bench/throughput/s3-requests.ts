/** CPU of small requests to S3: the project's client beside the SDK, the same calls of the same server. */
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { buffer } from 'node:stream/consumers';
import { openS3Store } from '../../../gateway/store/s3/open.ts';
import { connectionTo } from '../../s3/connection.ts';
import type { Conditions } from './large-files.ts';
import type { Row } from './medians.ts';
import { inParallel } from './nfs-client.ts';

const bucket = 'requests';
const key = 'object';
const body = Buffer.alloc(4096, 'windlass');
const calls = 2000;
const atOnce = 16;

export async function measureRequests({ server, runs }: Conditions): Promise<Row[]> {
  await server.createBucket(bucket);
  const store = await openS3Store(connectionTo(server), bucket);
  const sdk = server.client();
  const metadata = { user: {} };
  await store.put({ key, body, metadata });
  const kinds: Readonly<Record<string, readonly [ours: () => Promise<unknown>, theirs: () => Promise<unknown>]>> = {
    HEAD: [() => store.head(key), () => sdk.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))],
    'GET of 4 KiB': [
      async () => buffer((await store.get({ key })).body),
      async () => (await sdk.send(new GetObjectCommand({ Bucket: bucket, Key: key }))).Body?.transformToByteArray(),
    ],
    'PUT of 4 KiB': [
      () => store.put({ key: 'put', body, metadata }),
      () => sdk.send(new PutObjectCommand({ Bucket: bucket, Key: 'put', Body: body })),
    ],
    'LIST of one key': [
      () => store.list({ prefix: key }),
      () => sdk.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: key })),
    ],
  };
  const rows: Row[] = [];
  try {
    for (const [what, [ours, theirs]] of Object.entries(kinds)) {
      const figures: { readonly ours: number[]; readonly theirs: number[] } = { ours: [], theirs: [] };
      await Promise.all([cpuOf(ours), cpuOf(theirs)]);
      for (let run = 0; run < runs; run++) {
        figures.ours.push(await cpuOf(ours));
        figures.theirs.push(await cpuOf(theirs));
      }
      rows.push({
        what: `CPU of a ${what}`,
        unit: 'µs',
        ours: figures.ours,
        theirs: { name: 'SDK', figures: figures.theirs },
        target: '≤ 0.33',
      });
    }
  } finally {
    sdk.destroy();
    await store.close();
  }
  return rows;
}

/** Microseconds of this process's CPU for each call. */
async function cpuOf(one: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await inParallel(calls, atOnce, one);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}
