/** XML replies that may hold an error although their status is 200: the server had begun to answer before it failed. */
import { StoreError } from '../object-store.ts';
import type { S3Client, S3Request } from './client.ts';
import { refuse } from './refusal.ts';
import type { Reply } from './transport.ts';
import { childText, parseXml, type Element } from './xml.ts';

/**
 * @returns the reply and its root element
 * @throws S3Refusal where the body is an error, StoreError Unavailable where it is not `expected`
 */
export async function sendForXml(
  client: S3Client,
  request: S3Request,
  ...expected: readonly string[]
): Promise<{ root: Element; reply: Reply }> {
  const reply = await client.send(request);
  const document = parseXml(reply.body);
  if (document?.name === 'Error') {
    const { origin } = await client.address();
    const subject = { operation: request.operation, bucket: client.bucket, key: request.key, origin };
    // AWS documents these as errors of the server, to be retried.
    const s3Code = childText(document.root, 'Code') ?? '';
    throw refuse(subject, { status: 503, s3Code }, childText(document.root, 'Message') ?? '');
  }
  if (document === undefined || !expected.includes(document.name)) {
    throw new StoreError('Unavailable', `The server's reply to ${request.operation} was cut short or is not S3's.`);
  }
  return { root: document.root, reply };
}
