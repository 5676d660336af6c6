import { describe, expect, it, onTestFinished } from 'vitest';
import type { FileUse, Node } from './file-system.ts';
import { GatewayLife, MemoryBucket, root } from './testing/gateway-life.ts';

const context = { caller: root };
const MiB = 1024 * 1024;

interface Mount {
  life: GatewayLife;
  readonly bucket: MemoryBucket;
  readonly directory: Node;
  node(name: string): Promise<Node>;
  create(name: string): Promise<FileUse>;
  file(name: string): Promise<FileUse>;
  read(name: string): Promise<string>;
  remove(name: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  overwrite(name: string, text: string): Promise<void>;
}

const foreign = {
  user: { origin: 'elsewhere', 'file-mtime': '5000000000ns', xattr: '%7B%22user.a%22%3A%22YQ%3D%3D%22%7D' },
  contentType: 'text/x-foreign',
  cacheControl: 'no-store',
};

/** A bucket with an object `a` that somebody else has written. Uploads wait for `flush`. */
async function mount(body: Buffer | string = 'what a holds'): Promise<Mount> {
  const bucket = new MemoryBucket({ uniqueEtags: true });
  bucket.write('a', Buffer.from(body), foreign);
  const retry = { baseMilliseconds: 1, capMilliseconds: 5, maxAttempts: Infinity };
  const times = { settle: 60_000, latest: 60_000, idle: 60_000, hopeless: 60_000, retry };
  const life = await GatewayLife.begin({ store: { bucket }, times });
  life.tree.start(Promise.resolve());
  const { fileSystem } = life;
  const directory = await life.exported();
  const node = async (name: string): Promise<Node> => fileSystem.lookup(directory, name, root);
  onTestFinished(async () => life.cleanUp());
  return {
    life,
    bucket,
    directory,
    node,
    create: async (name) => {
      const how = { mode: 'unchecked', attributes: { mode: 0o600, size: 0 } } as const;
      return { node: (await fileSystem.createFile(directory, name, how, context)).node, open: undefined };
    },
    file: async (name) => ({ node: await node(name), open: undefined }),
    read: async (name) => {
      const { data } = await fileSystem.read(await node(name), 0, MiB, root);
      return Buffer.concat(data).toString();
    },
    remove: async (name) => {
      await fileSystem.remove(directory, name, undefined, context);
    },
    rename: async (from, to) => {
      await fileSystem.rename(directory, from, directory, to, context);
    },
    overwrite: async (name, text) => {
      await fileSystem.setAttributes(await node(name), { size: 0 }, context);
      await fileSystem.write(await node(name), 0, Buffer.from(text), 'file-sync', root);
    },
  };
}

const whole = { sourceOffset: 0, targetOffset: 0, length: 0 };

async function copy(mounted: Mount, from: string, to: string): Promise<void> {
  const target = await mounted.create(to);
  await mounted.life.fileSystem.clone(await mounted.file(from), target, whole, root);
}

function bodyOf({ bucket }: Mount, key: string): string | undefined {
  return bucket.objects.get(key)?.body.toString();
}

describe('A copy of a whole file', () => {
  it('is one CopyObject, and no byte of it is moved', async () => {
    const mounted = await mount();
    const { life } = mounted;
    await mounted.node('a');
    life.store.counts.clear();
    await copy(mounted, 'a', 'b');
    expect(life.store.count()).toBe(0);
    await life.tree.flush();
    expect(Object.fromEntries(life.store.counts)).toEqual({ head: 1, copy: 1 });
    expect(bodyOf(mounted, 'b')).toBe('what a holds');
  });

  it('can be read before it is sent', async () => {
    const mounted = await mount();
    await copy(mounted, 'a', 'b');
    expect(await mounted.read('b')).toBe('what a holds');
    expect(mounted.bucket.keys()).toEqual(['a']);
  });

  it('keeps content type, headers and what other programs noted, and has owner, mode and times of its own', async () => {
    const mounted = await mount();
    await copy(mounted, 'a', 'b.html');
    await mounted.life.tree.flush();
    const { metadata } = mounted.bucket.objects.get('b.html') ?? {};
    expect(metadata).toMatchObject({ contentType: 'text/x-foreign', cacheControl: 'no-store' });
    expect(metadata?.user).toMatchObject({ origin: 'elsewhere', 'file-permissions': '0100600' });
    expect(metadata?.user['file-mtime']).not.toBe('5000000000ns');
    expect(metadata?.user).not.toHaveProperty('xattr');
  });

  it('over a file that is in the store keeps that one’s metadata', async () => {
    const mounted = await mount();
    mounted.bucket.write('b', Buffer.from('old'), { user: { own: 'yes' }, contentType: 'text/x-own' });
    await copy(mounted, 'a', 'b');
    await mounted.life.tree.flush();
    expect(bodyOf(mounted, 'b')).toBe('what a holds');
    expect(mounted.bucket.objects.get('b')?.metadata).toMatchObject({
      user: { own: 'yes' },
      contentType: 'text/x-own',
    });
  });

  it('of a file that was not sent yet shares its staged bytes', async () => {
    const mounted = await mount();
    const source = await mounted.create('new.html');
    await mounted.life.fileSystem.write(source.node, 0, Buffer.from('staged'), 'file-sync', root);
    await copy(mounted, 'new.html', 'copy');
    await mounted.overwrite('new.html', 'other');
    expect(await mounted.read('copy')).toBe('staged');
    await mounted.life.tree.flush();
    expect(bodyOf(mounted, 'copy')).toBe('staged');
    expect(bodyOf(mounted, 'new.html')).toBe('other');
    expect(mounted.bucket.objects.get('copy')?.metadata.contentType).toBe('text/html');
  });

  it('of a copy is one too', async () => {
    const mounted = await mount();
    await copy(mounted, 'a', 'b');
    await copy(mounted, 'b', 'c');
    mounted.life.store.counts.clear();
    await mounted.life.tree.flush();
    expect(mounted.life.store.count('copy')).toBe(2);
    expect(mounted.life.store.count('get')).toBe(0);
    expect([bodyOf(mounted, 'b'), bodyOf(mounted, 'c')]).toEqual(['what a holds', 'what a holds']);
  });
});

describe('Before the source of a copy', () => {
  it.each([
    ['is removed', (mounted: Mount) => mounted.remove('a')],
    ['is renamed', (mounted: Mount) => mounted.rename('a', 'z')],
    ['is overwritten', (mounted: Mount) => mounted.overwrite('a', 'anew')],
    [
      'is replaced by a rename',
      async (mounted: Mount) => {
        await mounted.create('new');
        await mounted.rename('new', 'a');
      },
    ],
  ])('%s, the store makes the copy', async (_what, change) => {
    const mounted = await mount();
    await copy(mounted, 'a', 'b');
    await change(mounted);
    expect(await mounted.read('b')).toBe('what a holds');
    mounted.life.store.counts.clear();
    await mounted.life.tree.flush();
    expect(bodyOf(mounted, 'b')).toBe('what a holds');
    // The rename of `a` is itself a copy; nothing is read.
    expect(mounted.life.store.count('get')).toBe(0);
  });

  it('is removed it is made too where the copy has been given another name since', async () => {
    const mounted = await mount();
    await copy(mounted, 'a', 'b');
    await mounted.remove('a');
    await mounted.rename('b', 'c');
    await mounted.life.tree.flush();
    expect(mounted.bucket.keys()).toEqual(['c']);
    expect(bodyOf(mounted, 'c')).toBe('what a holds');
    expect(mounted.life.store.count('get')).toBe(0);
  });

  it('is removed and the copy is given its name, its bytes are kept', async () => {
    const mounted = await mount();
    await copy(mounted, 'a', 'b');
    await mounted.remove('a');
    await mounted.rename('b', 'a');
    expect(await mounted.read('a')).toBe('what a holds');
    await mounted.life.tree.flush();
    expect(mounted.bucket.keys()).toEqual(['a']);
    expect(bodyOf(mounted, 'a')).toBe('what a holds');
  });

  it('and its copy overwrite each other, both have what they were given', async () => {
    const mounted = await mount();
    mounted.bucket.write('b', Buffer.from('what b holds'), foreign);
    await copy(mounted, 'a', 'a copy');
    await copy(mounted, 'b', 'a');
    await copy(mounted, 'a copy', 'b');
    await mounted.life.tree.flush();
    expect(mounted.bucket.keys()).toEqual(['a', 'a copy', 'b']);
    expect([bodyOf(mounted, 'a'), bodyOf(mounted, 'b')]).toEqual(['what b holds', 'what a holds']);
  });
});

describe('Where somebody else replaces the source before the copy is made', () => {
  it('the copy is what it was as far as that is cached', async () => {
    const mounted = await mount();
    await copy(mounted, 'a', 'b');
    expect(await mounted.read('b')).toBe('what a holds');
    mounted.bucket.write('a', Buffer.from('theirs'), foreign);
    await mounted.life.tree.flush();
    expect(bodyOf(mounted, 'b')).toBe('what a holds');
    expect(bodyOf(mounted, 'a')).toBe('theirs');
  });

  it('and nothing is cached, nothing is made up', async () => {
    const mounted = await mount();
    await copy(mounted, 'a', 'b');
    mounted.bucket.write('a', Buffer.from('theirs'), foreign);
    await mounted.life.tree.flush();
    expect(mounted.bucket.keys()).toEqual(['a']);
    const notices = [...mounted.life.database.table<{ kind: string }>('notices').range([])];
    expect(notices.map(([, { kind }]) => kind)).toEqual(['unreadable', 'failed-upload']);
  });
});

describe('A copy of a part', () => {
  const size = 40 * MiB;
  const body = Buffer.alloc(size, 'abcdefg');

  it('of a large file is made of parts that the store copies, and what remains is sent', async () => {
    const mounted = await mount(body);
    const target = await mounted.create('b');
    const length = 33 * MiB;
    await mounted.life.fileSystem.copy(
      await mounted.file('a'),
      target,
      { sourceOffset: 1000, targetOffset: 0, length },
      root,
    );
    await mounted.life.fileSystem.write(target.node, length, Buffer.from('and more'), 'file-sync', root);
    mounted.life.store.counts.clear();
    await mounted.life.tree.flush();
    expect(mounted.life.store.count('copy-part')).toBe(1);
    expect(mounted.life.store.count('upload-part')).toBe(1);
    const expected = Buffer.concat([body.subarray(1000, 1000 + length), Buffer.from('and more')]);
    expect(mounted.bucket.objects.get('b')?.body.equals(expected)).toBe(true);
  });

  it('is refused beyond the end of the source, and onto itself', async () => {
    const mounted = await mount();
    const target = await mounted.create('b');
    const source = await mounted.file('a');
    const { fileSystem } = mounted.life;
    const beyond = { sourceOffset: 0, targetOffset: 0, length: 13 };
    await expect(fileSystem.copy(source, target, beyond, root)).rejects.toMatchObject({ code: 'INVAL' });
    await expect(fileSystem.copy(source, source, whole, root)).rejects.toMatchObject({ code: 'INVAL' });
    const shifted = { sourceOffset: 0, targetOffset: 3, length: 5 };
    await expect(fileSystem.clone(source, source, shifted, root)).rejects.toMatchObject({ code: 'INVAL' });
  });

  it('needs a right to read the source and to write the target', async () => {
    const mounted = await mount();
    const target = await mounted.create('b');
    const stranger = { ...root, uid: 7, gid: 7 };
    const { fileSystem } = mounted.life;
    const source = await mounted.file('a');
    await expect(fileSystem.copy(source, target, whole, stranger)).rejects.toMatchObject({ code: 'ACCESS' });
    await expect(fileSystem.copy(target, source, whole, stranger)).rejects.toMatchObject({ code: 'ACCESS' });
  });
});
