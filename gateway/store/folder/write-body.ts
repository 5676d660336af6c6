import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { StoreError, type Body } from '../object-store.ts';

/** What is written, and hashed, between two turns of the event loop, bytes. */
const sliceSize = 1024 * 1024;

/**
 * Writes a body to an empty file.
 *
 * @throws StoreError Corrupt where a stream has not the size that was announced, what the stream fails with, or the
 *   signal's reason
 */
export async function writeBody(
  handle: FileHandle,
  body: Body,
  signal: AbortSignal | undefined,
): Promise<{ readonly md5: string; readonly size: number }> {
  const digest = createHash('md5');
  const announced = Buffer.isBuffer(body) ? body.length : body.size;
  let size = 0;
  for await (const chunk of Buffer.isBuffer(body) ? slices(body) : (body.open() as AsyncIterable<Buffer>)) {
    signal?.throwIfAborted();
    digest.update(chunk);
    size += chunk.length;
    await handle.writeFile(chunk);
  }
  signal?.throwIfAborted();
  if (size === announced) return { md5: digest.digest('hex'), size };
  throw new StoreError('Corrupt', `The body has ${size} bytes and was announced with ${announced}.`);
}

function* slices(body: Buffer): Generator<Buffer> {
  for (let offset = 0; offset < body.length; offset += sliceSize) yield body.subarray(offset, offset + sliceSize);
}
