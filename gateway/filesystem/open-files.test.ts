import { expect, it, onTestFinished } from 'vitest';
import { GatewayLife, MemoryBucket, root } from './testing/gateway-life.ts';

it('A file that is created and open for writing is not sent before its content, however late that comes', async () => {
  const bucket = new MemoryBucket();
  const retry = { baseMilliseconds: 1, capMilliseconds: 5, maxAttempts: Infinity };
  const times = { settle: 300, latest: 400, idle: 600_000, hopeless: 600_000, retry };
  const life = await GatewayLife.begin({ store: { bucket }, times });
  onTestFinished(() => life.cleanUp());
  life.tree.start(Promise.resolve());
  const { fileSystem } = life;
  const how = { mode: 'guarded', attributes: {} } as const;
  const { node } = await fileSystem.createFile(await life.exported(), 'file', how, { caller: root });
  const file = await fileSystem.open(node, { read: false, write: true }, 'open', root);
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(bucket.objects.has('file')).toBe(false);
  await file.write(0, Buffer.from('content'), 'unstable');
  await file.close();
  await life.tree.flush();
  expect(bucket.objects.get('file')?.body.toString()).toBe('content');
  expect(life.store.counts.get('put')).toBe(1);
});

it('A directory that is being filled is not sent until that is over, so that its times go up with its marker', async () => {
  const bucket = new MemoryBucket();
  const times = { settle: 400, latest: 600_000, idle: 600_000, hopeless: 600_000 };
  const life = await GatewayLife.begin({ store: { bucket }, times });
  onTestFinished(() => life.cleanUp());
  life.tree.start(Promise.resolve());
  const { fileSystem } = life;
  const { node: above } = await fileSystem.makeDirectory(await life.exported(), 'above', {}, { caller: root });
  const { node: directory } = await fileSystem.makeDirectory(above, 'directory', {}, { caller: root });
  // Longer than a marker settles.
  for (let index = 0; index < 12; index++) {
    const how = { mode: 'guarded', attributes: {} } as const;
    const { node } = await fileSystem.createFile(directory, `file ${index}`, how, { caller: root });
    const file = await fileSystem.open(node, { read: false, write: true }, 'created', root);
    await new Promise((resolve) => setTimeout(resolve, 150));
    await file.close();
  }
  expect([...bucket.objects.keys()].filter((key) => key.endsWith('/'))).toEqual([]);
  await life.tree.flush();
  expect([...bucket.objects.keys()].filter((key) => key.endsWith('/'))).toEqual(['above/', 'above/directory/']);
});
