import type { ObjectDescription, Pin } from '../../object-store.ts';
import { requireKey } from '../../key.ts';
import type { S3Context } from '../context.ts';
import { describeObject, header } from '../metadata.ts';
import { S3Refusal } from '../refusal.ts';
import type { Reply } from '../transport.ts';
import { getTags } from './tags.ts';
import { pinHeaders, pinQuery, requirePinned } from './pin.ts';

/** HeadObject, and GetObjectTagging where the object has tags. */
export async function headObject(context: S3Context, key: string, pin?: Pin): Promise<ObjectDescription | undefined> {
  requireKey(key, context.limits.maxKey);
  const request = { key, query: pinQuery(pin), headers: pinHeaders(pin) };
  let reply: Reply;
  try {
    reply = await context.client.send({ ...request, operation: 'HeadObject', method: 'HEAD' });
  } catch (error) {
    if (!(error instanceof S3Refusal)) throw error;
    if (error.status === 404) return undefined;
    if (error.s3Code === '' && (error.status === 400 || error.status === 403)) await explain(context, request);
    throw error;
  }
  const described = describeObject(reply.headers, Number(header(reply.headers, 'content-length') ?? 0));
  requirePinned(pin, described.version, key);
  if (described.tagCount === undefined) return described;
  const tags = await getTags(context, key, described.version.versionId);
  return { ...described, metadata: { ...described.metadata, tags } };
}

/** HEAD has no body to say what is wrong; a GET of the same does. */
async function explain(
  { client }: S3Context,
  request: { key: string; query: Record<string, string>; headers: Record<string, string> },
): Promise<void> {
  const headers = { ...request.headers, range: 'bytes=0-0' };
  const reply = await client.send({ ...request, headers, operation: 'GetObject', method: 'GET', stream: true });
  reply.stream?.destroy();
}
