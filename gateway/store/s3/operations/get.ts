import { Readable } from 'node:stream';
import { StoreError, type ByteRange, type GetRequest, type GetResult } from '../../object-store.ts';
import { quoteKey, requireKey } from '../../key.ts';
import type { S3Context } from '../context.ts';
import { describeObject, header, type Headers } from '../metadata.ts';
import { S3Refusal } from '../refusal.ts';
import type { Reply } from '../transport.ts';
import { headObject } from './head.ts';
import { pinHeaders, pinQuery, requirePinned } from './pin.ts';

/** GetObject. A range at or beyond the end is empty. */
export async function getObject(context: S3Context, request: GetRequest): Promise<GetResult> {
  const { key, range, pin } = request;
  requireKey(key, context.limits.maxKey);
  if (range?.length === 0) return nothing(context, request);
  let reply: Reply;
  try {
    reply = await context.client.send({
      operation: 'GetObject',
      method: 'GET',
      key,
      query: pinQuery(pin),
      headers: { ...pinHeaders(pin), ...(range && { range: rangeHeader(range) }) },
      stream: true,
      signal: request.signal,
    });
  } catch (error) {
    if (!(error instanceof S3Refusal)) throw error;
    // RFC 9110 §15.5.17: no byte of the range exists; that is so for any range of an empty object.
    if (error.status === 416) return nothing(context, request);
    if (error.status === 404 && pin?.versionId !== undefined) {
      throw new StoreError('PreconditionFailed', `The version of ${quoteKey(key)} that was opened is gone.`, {
        cause: error,
      });
    }
    throw error;
  }
  const body = reply.stream;
  if (body === undefined) throw new Error('a reply that was to be streamed has no stream');
  try {
    const described = describeObject(reply.headers, sizeOf(reply, range, key));
    requirePinned(pin, described.version, key);
    return { ...described, body };
  } catch (error) {
    body.destroy();
    throw error;
  }
}

const rangeHeader = ({ offset, length }: ByteRange): string => `bytes=${offset}-${offset + length - 1}`;

async function nothing(context: S3Context, { key, pin }: GetRequest): Promise<GetResult> {
  const described = await headObject(context, key, pin);
  if (described === undefined)
    throw new StoreError('NotFound', `There is no ${quoteKey(key)} in bucket ${context.bucket}.`);
  return { ...described, body: Readable.from([], { objectMode: false }) };
}

/** Size of the whole object, having checked that the reply is the range that was asked for. */
function sizeOf(reply: Reply, range: ByteRange | undefined, key: string): number {
  const length = lengthOf(reply.headers, key);
  if (range === undefined) return length;
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(header(reply.headers, 'content-range') ?? '') ?? [];
  if (reply.status === 200 && range.offset === 0 && length <= range.length) return length;
  if (reply.status !== 206 || total === undefined) {
    throw new StoreError(
      'NotSupported',
      `The server does not give parts of objects: it ignored the range of ${quoteKey(key)}.`,
    );
  }
  const end = Math.min(range.offset + range.length, Number(total)) - 1;
  if (Number(first) !== range.offset || Number(last) !== end || length !== end - range.offset + 1) {
    throw new StoreError('Corrupt', `The server sent another range of ${quoteKey(key)} than was asked for.`);
  }
  return Number(total);
}

function lengthOf(headers: Headers, key: string): number {
  const length = header(headers, 'content-length');
  if (length !== undefined) return Number(length);
  throw new StoreError(
    'NotSupported',
    `The server does not say how long ${quoteKey(key)} is, so a torn copy could not be told.`,
  );
}
