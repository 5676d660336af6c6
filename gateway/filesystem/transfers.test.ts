import { afterEach, expect, it, vi } from 'vitest';
import { StoreError } from '../store/object-store.ts';
import { GatewayLife, MemoryBucket, root } from './testing/gateway-life.ts';

let life: GatewayLife;
/** What the store says to everything. */
let refusal: StoreError | undefined;
afterEach(async () => {
  refusal = undefined;
  await life.cleanUp();
});

async function begin(): Promise<void> {
  life = await GatewayLife.begin({
    store: {
      bucket: new MemoryBucket(),
      fate: () => {
        if (refusal !== undefined) throw refusal;
        return {};
      },
    },
  });
  life.tree.start(Promise.resolve());
}

async function write(name: string, content = 'content'): Promise<void> {
  const { fileSystem } = life;
  const { node } = await fileSystem.createFile(
    await life.exported(),
    name,
    { mode: 'unchecked', attributes: {} },
    { caller: root },
  );
  const open = await fileSystem.open(node, { read: true, write: true }, 'created', root);
  await open.write(0, Buffer.from(content), 'file-sync');
  await open.close();
}

it('A file is staged while uploads are paused, over a restart too, and stored after', async () => {
  await begin();
  await life.tree.transfers.pause(true);
  await write('a');
  expect(life.tree.transfers.file('/bucket/a')).toMatchObject({ size: 7, status: { state: 'staged' } });
  expect(life.tree.transfers.file('/bucket')).toMatchObject({ type: 'directory', pending: 1 });
  life = await life.restart();
  life.tree.start(Promise.resolve());
  await life.tree.flush();
  expect(life.store.bucket.keys()).toEqual([]);
  expect(life.tree.transfers.stats()).toMatchObject({ isPaused: true, pending: 1, stagedBytes: 7 });
  await life.tree.transfers.pause(false);
  await life.tree.flush();
  expect(life.tree.transfers.file('/bucket/a')?.status).toEqual({ state: 'in-s3' });
  await vi.waitFor(() =>
    expect(life.tree.transfers.stats()).toMatchObject({ isPaused: false, pending: 0, stagedBytes: 0 }),
  );
});

it('What nobody has heard of is nothing to tell about', async () => {
  await begin();
  expect(life.tree.transfers.file('/bucket/nothing')).toBeUndefined();
  expect(life.tree.transfers.file('/other/a')).toBeUndefined();
  expect(life.tree.transfers.file('')).toBeUndefined();
});

it('A file whose name says that it stays here is local', async () => {
  await begin();
  await write('.DS_Store');
  expect(life.tree.transfers.file('/bucket/.DS_Store')?.status).toEqual({ state: 'local-only' });
});

it('A file that the store refuses says why, with a notice that goes when it is sent after all', async () => {
  await begin();
  const heard: string[] = [];
  life.tree.transfers.listen({
    transfer: ({ path, kind, state, error }) => {
      heard.push(`${kind} ${path} ${state}${error === undefined ? '' : ` ${error.code}`}`);
    },
    transferDone: () => heard.push('done'),
    notice: ({ kind, export: name }) => heard.push(`${name} ${kind}`),
    noticeDismissed: () => heard.push('dismissed'),
    paused: () => undefined,
  });
  await life.tree.transfers.pause(true);
  await write('a');
  refusal = new StoreError('AccessDenied', 'not for you');
  await life.tree.transfers.pause(false);
  await life.tree.flush();
  expect(life.tree.transfers.file('/bucket/a')?.status).toMatchObject({ state: 'failed', code: 'AccessDenied' });
  expect(life.tree.transfers.transfers(10).transfers).toMatchObject([
    { path: '/bucket/a', kind: 'upload', state: 'failed', size: 7 },
  ]);
  expect(life.tree.transfers.notices()).toMatchObject([{ kind: 'failed-upload', export: 'bucket', key: 'a' }]);
  refusal = undefined;
  await life.tree.flush();
  expect(life.tree.transfers.notices()).toEqual([]);
  expect(life.tree.transfers.transfers(10)).toEqual({ transfers: [], more: 0 });
  const all = heard.filter((one, index) => one !== heard[index - 1]);
  expect(all).toEqual([
    'upload /bucket/a running',
    'bucket failed-upload',
    'upload /bucket/a failed AccessDenied',
    'upload /bucket/a running AccessDenied',
    'dismissed',
    'done',
  ]);
});

it('What was just sent is read back without a request', async () => {
  await begin();
  await write('a', 'what was sent');
  await life.tree.flush();
  life.store.counts.clear();
  const node = await life.fileSystem.lookup(await life.exported(), 'a', root);
  const { data } = await life.fileSystem.read(node, 0, 100, root);
  expect(Buffer.concat(data).toString()).toBe('what was sent');
  expect(life.store.count('get')).toBe(0);
});
