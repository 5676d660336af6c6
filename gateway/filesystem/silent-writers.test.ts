import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { GatewayLife, MemoryBucket, root } from './testing/gateway-life.ts';

const begin = async (silence: number) => {
  const bucket = new MemoryBucket();
  // Uploads follow at once upon what makes them due, and without that not for a long time.
  const times = { settle: 1, latest: 10, idle: 600_000, hopeless: 600_000 };
  const life = await GatewayLife.begin({ store: { bucket }, times, silence });
  onTestFinished(() => life.cleanUp());
  const directory = await life.exported();
  const how = { mode: 'guarded', attributes: {} } as const;
  const { node } = await life.fileSystem.createFile(directory, 'file', how, { caller: root });
  const write = (text: string, offset: number) =>
    life.fileSystem.write(node, offset, Buffer.from(text), 'unstable', root);
  const sent = () => bucket.objects.get('file')?.body.toString();
  // What is sent of a new file is not to be taken for what is written to it.
  await vi.waitFor(() => expect(sent()).toBe(''));
  return { life, directory, node, write, sent };
};

describe('a file that is written without an open', () => {
  it('goes up once it has not been written for a while', async () => {
    const { write, sent } = await begin(30);
    await write('hello', 0);
    await vi.waitFor(() => expect(sent()).toBe('hello'));
    await write(' again', 5);
    await vi.waitFor(() => expect(sent()).toBe('hello again'));
  });

  it('does not go up while it is being written', async () => {
    const { life, write, sent } = await begin(600_000);
    await write('half', 0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(sent()).toBe('');
    await life.tree.flush();
    expect(sent()).toBe('half');
  });

  it('is gone when it is removed, whoever has written it just now', async () => {
    const { life, directory, node, write } = await begin(600_000);
    await write('x', 0);
    await life.fileSystem.remove(directory, 'file', 'file', { caller: root });
    expect(() => life.fileSystem.attributes(node)).toThrow('STALE');
  });
});
