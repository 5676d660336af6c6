import { describe, expect, it, onTestFinished } from 'vitest';
import { parseXattrs } from '../staging/xattr-metadata.ts';
import type { FileSystem, Node } from './file-system.ts';
import { GatewayLife, MemoryBucket, root } from './testing/gateway-life.ts';

const context = { caller: root };
const header = encodeURIComponent(JSON.stringify({ 'user.theirs': 'YWJj', 'trusted.hidden': 'eA==' }));
const foreign = { user: { xattr: header, origin: 'elsewhere' }, contentType: 'text/x-foreign' };

interface Mount {
  readonly life: GatewayLife;
  readonly bucket: MemoryBucket;
  readonly fileSystem: FileSystem;
  readonly directory: Node;
  readonly file: Node;
}

/** A bucket with an object `a` of which s3fs has kept attributes. */
async function mount(metadataTtl = 10, metadata: 'auto' | 'full' = 'auto'): Promise<Mount> {
  const bucket = new MemoryBucket();
  bucket.write('a', Buffer.from('content'), foreign);
  const retry = { baseMilliseconds: 1, capMilliseconds: 5, maxAttempts: Infinity };
  const times = { settle: 60_000, latest: 60_000, idle: 60_000, hopeless: 60_000, retry };
  const life = await GatewayLife.begin({ store: { bucket }, times, configuration: { metadataTtl, metadata } });
  onTestFinished(() => life.cleanUp());
  life.tree.start(Promise.resolve());
  const { fileSystem } = life;
  const directory = await life.exported();
  return { life, bucket, fileSystem, directory, file: await fileSystem.lookup(directory, 'a', root) };
}

const storedOf = ({ bucket }: Mount, key: string): unknown =>
  parseXattrs(bucket.objects.get(key)?.metadata.user['xattr'] ?? '');

describe('Extended attributes', () => {
  it('are read where s3fs has left them, by one HEAD for all of them', async () => {
    const { fileSystem, file, life } = await mount();
    life.store.counts.clear();
    expect((await fileSystem.getXattr(file, 'theirs', root)).toString()).toBe('abc');
    expect(await fileSystem.listXattrs(file, root)).toEqual(['theirs']);
    await expect(fileSystem.getXattr(file, 'hidden', root)).rejects.toMatchObject({ code: 'NOXATTR' });
    expect(Object.fromEntries(life.store.counts)).toEqual({ head: 1 });
  });

  it('cost no request to list, since a long listing asks for them of every file', async () => {
    const { fileSystem, file, life } = await mount();
    await fileSystem.attributes(file);
    life.store.counts.clear();
    expect(await fileSystem.listXattrs(file, root)).toEqual([]);
    expect(Object.fromEntries(life.store.counts)).toEqual({});
  });

  it('are listed where the metadata of every object are read', async () => {
    const { fileSystem, file } = await mount(10, 'full');
    await fileSystem.attributes(file);
    expect(await fileSystem.listXattrs(file, root)).toEqual(['theirs']);
  });

  it('that are set later cost one copy of the object onto itself, and keep the rest of the metadata', async () => {
    const mounted = await mount();
    const { fileSystem, file, life, bucket } = mounted;
    const before = (await fileSystem.attributes(file)).change;
    const change = await fileSystem.setXattr(file, 'mine', Buffer.from([0, 1, 255]), 'create', context);
    expect(change.before).toBe(before);
    expect((await fileSystem.attributes(file)).change).toBe(change.after);
    life.store.counts.clear();
    await life.tree.flush();
    expect(Object.fromEntries(life.store.counts)).toEqual({ copy: 1 });
    expect(storedOf(mounted, 'a')).toEqual({ 'user.theirs': 'YWJj', 'trusted.hidden': 'eA==', 'user.mine': 'AAH/' });
    expect(bucket.objects.get('a')?.metadata).toMatchObject({
      contentType: 'text/x-foreign',
      user: { origin: 'elsewhere' },
    });
  });

  it('that are set soon after a write go up with it, and stay over a rename and a rewrite', async () => {
    const mounted = await mount();
    const { fileSystem, directory, life } = mounted;
    const how = { mode: 'guarded', attributes: {} } as const;
    const { node } = await fileSystem.createFile(directory, 'new', how, context);
    await fileSystem.write(node, 0, Buffer.from('text'), 'file-sync', root);
    await fileSystem.setXattr(node, 'of', Buffer.from('new'), 'either', context);
    life.store.counts.clear();
    await life.tree.flush();
    expect(Object.fromEntries(life.store.counts)).toEqual({ put: 1 });
    await fileSystem.rename(directory, 'new', directory, 'renamed', context);
    await fileSystem.write(node, 4, Buffer.from(' and more'), 'file-sync', root);
    await life.tree.flush();
    expect(storedOf(mounted, 'renamed')).toEqual({ 'user.of': 'bmV3' });
  });

  it('are taken away one by one, the header with the last', async () => {
    const mounted = await mount();
    const { fileSystem, file, life, bucket } = mounted;
    await fileSystem.removeXattr(file, 'theirs', context);
    await life.tree.flush();
    expect(storedOf(mounted, 'a')).toEqual({ 'trusted.hidden': 'eA==' });
    await expect(fileSystem.removeXattr(file, 'theirs', context)).rejects.toMatchObject({ code: 'NOXATTR' });
    const { node } = await fileSystem.createFile(mounted.directory, 'b', { mode: 'guarded', attributes: {} }, context);
    await fileSystem.setXattr(node, 'only', Buffer.from('x'), 'either', context);
    await fileSystem.removeXattr(node, 'only', context);
    await life.tree.flush();
    expect(bucket.objects.get('b')?.metadata.user).not.toHaveProperty('xattr');
  });

  it('belong to directories too, in their markers', async () => {
    const mounted = await mount();
    const { fileSystem, directory, life } = mounted;
    const { node } = await fileSystem.makeDirectory(directory, 'd', {}, context);
    await fileSystem.setXattr(node, 'of', Buffer.from('d'), 'either', context);
    await life.tree.flush();
    expect(storedOf(mounted, 'd/')).toEqual({ 'user.of': 'ZA==' });
  });

  it('are refused where they do not fit into an object’s metadata, all together', async () => {
    const { fileSystem, file, life, bucket } = await mount();
    const large = Buffer.alloc(800, 1);
    await fileSystem.setXattr(file, 'one', large, 'either', context);
    await expect(fileSystem.setXattr(file, 'two', large, 'either', context)).rejects.toMatchObject({
      code: 'XATTR2BIG',
    });
    expect(await fileSystem.listXattrs(file, root)).toEqual(['one', 'theirs']);
    await life.tree.flush();
    const { user } = bucket.objects.get('a')?.metadata ?? { user: {} };
    const size = Object.entries(user).reduce((sum, [key, value]) => sum + key.length + value.length, 0);
    expect(size).toBeLessThanOrEqual(2048);
  });

  it('are created and replaced only where that is asked for, by who may write, and on files and directories', async () => {
    const { fileSystem, directory, file } = await mount();
    const value = Buffer.from('x');
    const set = (name: string, how: 'create' | 'replace', node = file, caller = root): Promise<unknown> =>
      fileSystem.setXattr(node, name, value, how, { caller });
    await expect(set('theirs', 'create')).rejects.toMatchObject({ code: 'EXIST' });
    await expect(set('none', 'replace')).rejects.toMatchObject({ code: 'NOXATTR' });
    await expect(set('x'.repeat(255), 'create')).rejects.toMatchObject({ code: 'NAMETOOLONG' });
    const stranger = { ...root, uid: 7, gid: 7 };
    await expect(set('new', 'create', file, stranger)).rejects.toMatchObject({ code: 'ACCESS' });
    const link = await fileSystem.makeSymlink(directory, 'link', 'target', {}, context);
    await expect(set('new', 'create', link.node)).rejects.toMatchObject({ code: 'PERM' });
  });

  it('of a version that others have written are that version’s', async () => {
    const { fileSystem, directory, file, bucket, life } = await mount(0);
    await fileSystem.setXattr(file, 'mine', Buffer.from('x'), 'either', context);
    await life.tree.flush();
    bucket.write('a', Buffer.from('other content'), { user: {}, contentType: 'text/x-foreign' });
    const found = await fileSystem.lookup(directory, 'a', root);
    await expect(fileSystem.getXattr(found, 'mine', root)).rejects.toMatchObject({ code: 'NOXATTR' });
    expect(await fileSystem.listXattrs(found, root)).toEqual([]);
  });
});
