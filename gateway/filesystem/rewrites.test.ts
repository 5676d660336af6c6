import { expect, it, onTestFinished } from 'vitest';
import { GatewayLife, MemoryBucket, root } from './testing/gateway-life.ts';

const MiB = 1024 * 1024;
const metadata = { user: { origin: 'elsewhere' }, contentType: 'text/x-foreign' };

/** Writes `text` at `offset` of an object of `size` bytes that a listing has told, and sends that. @returns the requests by kind */
async function patched(size: number, offset: number, text: string): Promise<Record<string, number>> {
  const bucket = new MemoryBucket();
  const before = Buffer.alloc(size, 'windlass');
  bucket.write('file', before, metadata);
  const life = await GatewayLife.begin({ store: { bucket }, cacheBytes: 64 * MiB });
  onTestFinished(() => life.cleanUp());
  const { fileSystem } = life;
  const node = await fileSystem.lookup(await life.exported(), 'file', root);
  life.store.counts.clear();
  await fileSystem.write(node, offset, Buffer.from(text), 'unstable', root);
  await life.tree.flush();
  const after = Buffer.from(before);
  after.write(text, offset);
  const stored = bucket.objects.get('file');
  expect(stored?.body.equals(after)).toBe(true);
  expect(stored?.metadata).toMatchObject(metadata);
  return Object.fromEntries(life.store.counts);
}

it('A patch of a large object reads the part around it by one GET, which tells its metadata too', async () => {
  const counts = await patched(40 * MiB, 17 * MiB, 'X');
  expect(counts).toEqual({ get: 1, 'create-upload': 1, 'copy-part': 2, 'upload-part': 1, complete: 1 });
});

it('A patch of a small object reads it whole by one GET, which tells its metadata too', async () => {
  const counts = await patched(9 * MiB, 4 * MiB, 'X');
  expect(counts).toEqual({ get: 1, put: 1 });
});
