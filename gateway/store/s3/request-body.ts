import { hash, createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Body } from '../object-store.ts';
import { unsignedPayload } from './signer.ts';

/** From so many bytes on, Buffers are sent in slices: undici then measures its time-out from slice to slice. */
const sliceFrom = 1024 * 1024;
const sliceSize = 256 * 1024;

/** Bodies up to this size are hashed where they stand (some 50 µs), bytes. */
const hashAtOnce = 64 * 1024;

const emptyHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export const bodySize = (body: Body | undefined): number =>
  body === undefined ? 0 : Buffer.isBuffer(body) ? body.length : body.size;

/** A body as undici takes it, from its start. */
export function openBody(body: Body | undefined): Buffer | Iterable<Buffer> | Readable | undefined {
  if (body === undefined || bodySize(body) === 0) return undefined;
  if (!Buffer.isBuffer(body)) return body.open();
  return body.length < sliceFrom ? body : slices(body);
}

function* slices(body: Buffer): Generator<Buffer> {
  for (let offset = 0; offset < body.length; offset += sliceSize) yield body.subarray(offset, offset + sliceSize);
}

/**
 * The value of x-amz-content-sha256. Over TLS bodies are protected on their way and are not hashed; in plain text small
 * ones are, being cheap. Large ones are hashed only where the server insists (`required`), in pieces.
 */
export async function payloadHash(body: Body | undefined, secure: boolean, required: boolean): Promise<string> {
  if (bodySize(body) === 0 || body === undefined) return emptyHash;
  if (!required && (secure || !Buffer.isBuffer(body) || body.length > hashAtOnce)) return unsignedPayload;
  if (!Buffer.isBuffer(body)) {
    const running = createHash('sha256');
    for await (const chunk of body.open('digest') as AsyncIterable<Buffer>) running.update(chunk);
    return running.digest('hex');
  }
  if (body.length <= hashAtOnce) return hash('sha256', body, 'hex');
  const view = new Uint8Array(body.buffer as ArrayBuffer, body.byteOffset, body.byteLength);
  return Buffer.from(await crypto.subtle.digest('SHA-256', view)).toString('hex');
}
