/** One GET, handed over block by block as they fill. */
import { StoreError, type ObjectMetadata } from '../store/object-store.ts';
import { blockSize, type ObjectSource } from './blocks.ts';

/**
 * GETs the bytes from `offset`, the border of a block, and gives `take` whole blocks in order, and before them the object's
 * metadata.
 * @param length bytes; a multiple of the block's size, or up to the end of the object
 * @throws StoreError, where it ends before its last block
 */
export async function fetchBlocks(
  { store, key, version }: ObjectSource,
  offset: number,
  length: number,
  { learn, take }: { readonly learn: (metadata: ObjectMetadata) => void; readonly take: (block: Buffer) => void },
): Promise<void> {
  const { etag, versionId } = version;
  const pin = versionId === undefined ? { etag } : { etag, versionId };
  const { body, metadata } = await store.get({ key, range: { offset, length }, pin });
  learn(metadata);
  let left = length;
  let block = Buffer.allocUnsafeSlow(Math.min(blockSize, left));
  let filled = 0;
  // Events and not iteration: nothing here ever waits, and there are 16 chunks to a MiB.
  await new Promise<void>((resolve, reject) => {
    body.on('error', reject);
    body.on('end', resolve);
    body.on('close', () => reject(new StoreError('Unavailable', `The reply with ${key} was broken off.`)));
    body.on('data', (chunk: Buffer) => {
      for (let at = 0; at < chunk.length && left > 0;) {
        const bytes = Math.min(chunk.length - at, block.length - filled);
        chunk.copy(block, filled, at, at + bytes);
        filled += bytes;
        at += bytes;
        if (filled < block.length) continue;
        left -= filled;
        take(block);
        filled = 0;
        if (left > 0) block = Buffer.allocUnsafeSlow(Math.min(blockSize, left));
      }
    });
  });
  if (left > 0) throw new StoreError('Corrupt', `${left} of ${length} bytes of ${key} did not arrive.`);
}
