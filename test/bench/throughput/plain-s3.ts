/** A plain parallel S3 client: the project's own requests over undici, several ranges or parts at a time, and no more. */
import { finished } from 'node:stream/promises';
import type { ObjectStore, Part } from '../../../gateway/store/object-store.ts';
import { inParallel } from './nfs-client.ts';

/** Of a range or a part, bytes. */
const pieceSize = 8 * 1024 * 1024;

const atOnce = 8;

/** Uploads `size` bytes in parts; every MiB of them is `chunk`. */
export async function plainWrite(store: ObjectStore, key: string, size: number, chunk: Buffer): Promise<void> {
  const piece = Buffer.concat(Array.from({ length: pieceSize / chunk.length }, () => chunk));
  const uploadId = await store.multipart.create(key, { user: {} });
  const parts: Part[] = [];
  await inParallel(size / pieceSize, atOnce, async (index) => {
    parts[index] = await store.multipart.uploadPart({ key, uploadId, partNumber: index + 1, body: piece });
  });
  await store.multipart.complete({ key, uploadId, parts });
}

/** Downloads the object and throws the bytes away. */
export async function plainRead(store: ObjectStore, key: string, size: number): Promise<void> {
  await inParallel(size / pieceSize, atOnce, async (index) => {
    const { body } = await store.get({ key, range: { offset: index * pieceSize, length: pieceSize } });
    let bytes = 0;
    body.on('data', (chunk: Buffer) => (bytes += chunk.length));
    await finished(body);
    if (bytes !== pieceSize) throw new Error(`${bytes} bytes came instead of ${pieceSize}`);
  });
}
