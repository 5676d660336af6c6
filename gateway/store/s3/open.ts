import type { S3Connection } from '../../configuration.ts';
import { S3Client } from './client.ts';
import { S3Endpoint, type S3EndpointOptions } from './endpoint.ts';
import { sendForXml } from './replies.ts';
import { S3Store, type S3StoreOptions } from './s3-store.ts';
import { child, children, childText } from './xml.ts';

/**
 * A store for one bucket. Nothing is sent yet: see `checkBucket`.
 *
 * @param connection a connection, or the endpoint that all buckets of one connection share; a shared one is closed by
 *   whoever made it
 */
export function openS3Store(
  connection: S3Connection | S3Endpoint,
  bucket: string,
  options: S3StoreOptions & S3EndpointOptions = {},
): Promise<S3Store> {
  if (connection instanceof S3Endpoint) return Promise.resolve(new S3Store(connection, bucket, options));
  const endpoint = new S3Endpoint(connection, options);
  return Promise.resolve(new S3Store(endpoint, bucket, options, () => endpoint.close()));
}

/** ListBuckets, all pages. @returns names @throws StoreError with a sentence for the user */
export async function listBuckets(from: S3Connection | S3Endpoint | S3Client): Promise<string[]> {
  if (!(from instanceof S3Client))
    return withEndpoint(from, (endpoint) => listBuckets(new S3Client(endpoint, undefined)));
  const names: string[] = [];
  let continuation: string | undefined;
  do {
    const query: Record<string, string> = continuation === undefined ? {} : { 'continuation-token': continuation };
    const { root } = await sendForXml(
      from,
      { operation: 'ListBuckets', method: 'GET', query },
      'ListAllMyBucketsResult',
    );
    for (const bucket of children(child(root, 'Buckets'), 'Bucket')) {
      const name = childText(bucket, 'Name');
      if (name !== undefined) names.push(name);
    }
    continuation = childText(root, 'ContinuationToken');
  } while (continuation !== undefined && continuation !== '');
  return names;
}

/**
 * One listing of one key: whether the endpoint answers, the keys are right, the bucket is there and may be listed.
 *
 * @throws StoreError whose sentence tells the user what is wrong
 */
export async function checkBucket(connection: S3Connection | S3Endpoint, bucket: string, prefix = ''): Promise<void> {
  await withEndpoint(connection, async (endpoint) => {
    const store = new S3Store(endpoint, bucket, {});
    await store.list({ prefix, limit: 1 });
  });
}

async function withEndpoint<Result>(
  connection: S3Connection | S3Endpoint,
  work: (endpoint: S3Endpoint) => Promise<Result>,
): Promise<Result> {
  if (connection instanceof S3Endpoint) return work(connection);
  const endpoint = new S3Endpoint(connection);
  try {
    return await work(endpoint);
  } finally {
    await endpoint.close();
  }
}
