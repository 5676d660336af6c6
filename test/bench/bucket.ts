/** A workload's bucket, seen past the proxy: filled before the mount, and compared with what it must hold afterwards. */
import {
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { recordedAttributes } from './recorded-attributes.ts';
import { bytesOf, type Content, type ExpectedAttributes, type Workload } from './workloads/workload.ts';

const requestsAtOnce = 16;

/** The bucket exists and is empty. */
export async function fillBucket(client: S3Client, bucket: string, objects: Workload['before']): Promise<void> {
  await forEach(Object.entries(objects), async ([key, content]) => {
    // Mounted programs tell markers by it.
    const type = key.endsWith('/') ? { ContentType: 'application/x-directory' } : {};
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytesOf(content), ...type }));
  });
}

/** In words, what of the workload's outcome is not in the bucket, and what is there beyond it. */
export async function findDifferences(client: S3Client, bucket: string, workload: Workload): Promise<string[]> {
  const sizes = await listSizes(client, bucket);
  const files = [...sizes.keys()].filter((key) => !key.endsWith('/'));
  const isUnchecked = (key: string): boolean => workload.unchecked !== undefined && key.startsWith(workload.unchecked);
  const differences = files
    .filter((key) => !(key in workload.after) && !isUnchecked(key))
    .map((key) => `${key} is left over`);
  await forEach(Object.entries(workload.after), async ([key, content]) => {
    const size = sizes.get(key);
    if (size === undefined) differences.push(`${key} is missing`);
    else if (size !== content.bytes) differences.push(`${key} has ${size} bytes instead of ${content.bytes}`);
    else if (!(await holds(client, bucket, key, content))) differences.push(`${key} has other bytes`);
  });
  for (const [key, expected] of Object.entries(workload.attributes ?? {})) {
    if (sizes.has(key)) differences.push(...(await attributeDifferences(client, bucket, key, expected)));
  }
  return differences.toSorted();
}

export async function removeBucket(client: S3Client, bucket: string): Promise<void> {
  const keys = [...(await listSizes(client, bucket)).keys()];
  // The longest first: on servers that keep objects as files a directory goes after what is in it.
  keys.sort((a, b) => b.length - a.length);
  await forEach(
    keys.filter((key) => !key.endsWith('/')),
    (key) => remove(client, bucket, key),
  );
  for (const key of keys.filter((each) => each.endsWith('/'))) await remove(client, bucket, key);
  await client.send(new DeleteBucketCommand({ Bucket: bucket }));
}

async function remove(client: S3Client, bucket: string, key: string): Promise<void> {
  await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
}

async function listSizes(client: S3Client, bucket: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  let continuation: string | undefined;
  do {
    const page = await client.send(new ListObjectsV2Command({ Bucket: bucket, ContinuationToken: continuation }));
    for (const { Key: key = '', Size: size = 0 } of page.Contents ?? []) sizes.set(key, size);
    continuation = page.NextContinuationToken;
  } while (continuation !== undefined);
  return sizes;
}

async function holds(client: S3Client, bucket: string, key: string, content: Content): Promise<boolean> {
  const { Body: body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const bytes = await body?.transformToByteArray();
  return bytes !== undefined && bytesOf(content).equals(bytes);
}

async function attributeDifferences(
  client: S3Client,
  bucket: string,
  key: string,
  expected: ExpectedAttributes,
): Promise<string[]> {
  const { Metadata: metadata = {} } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
  const { mtime, mode } = recordedAttributes(metadata);
  const differences: string[] = [];
  if (mtime !== expected.mtime) differences.push(`${key} has mtime ${mtime ?? 'nowhere'} instead of ${expected.mtime}`);
  if (mode !== expected.mode) {
    differences.push(`${key} has mode ${mode?.toString(8) ?? 'nowhere'} instead of ${expected.mode.toString(8)}`);
  }
  return differences;
}

async function forEach<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const work = async (): Promise<void> => {
    for (const item of left) await act(item);
  };
  await Promise.all(Array.from({ length: requestsAtOnce }, work));
}
