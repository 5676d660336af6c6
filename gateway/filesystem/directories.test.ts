import { afterEach, describe, expect, it } from 'vitest';
import type { DirectoryEntry, Node } from './file-system.ts';
import { GatewayLife, MemoryBucket, root, type LifeOptions } from './testing/gateway-life.ts';

const lives: GatewayLife[] = [];
afterEach(async () => {
  for (const life of lives.splice(0)) await life.cleanUp();
});

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i + 100));
const context = { caller: root };

async function begin(
  keys: readonly string[],
  { store = {}, ...options }: LifeOptions = {},
): Promise<{ life: GatewayLife; bucket: MemoryBucket; at: (path: string) => Promise<Node> }> {
  const bucket = new MemoryBucket();
  for (const key of keys) bucket.write(key, Buffer.from(key.endsWith('/') ? '' : key), { user: {} });
  const life = await GatewayLife.begin({ ...options, store: { ...store, bucket } });
  lives.push(life);
  life.tree.start(Promise.resolve());
  const at = async (path: string): Promise<Node> => {
    let node = await life.exported();
    for (const name of path.split('/')) if (name !== '') node = await life.fileSystem.lookup(node, name, root);
    return node;
  };
  return { life, bucket, at };
}

async function entriesOf(life: GatewayLife, directory: Node, limit = 100): Promise<DirectoryEntry[]> {
  const entries: DirectoryEntry[] = [];
  for (;;) {
    const page = await life.fileSystem.readDirectory(directory, entries.at(-1)?.cookie ?? 0, limit, root);
    entries.push(...page.entries);
    if (page.end) return entries;
  }
}

const namesOf = async (life: GatewayLife, directory: Node): Promise<string[]> =>
  (await entriesOf(life, directory)).map(({ name }) => name).sort();

/** Reads the directory and everything below, as find does. @returns how many files there are */
async function walk(life: GatewayLife, directory: Node): Promise<number> {
  let files = 0;
  for (const { node } of await entriesOf(life, directory)) files += node.isDirectory ? await walk(life, node) : 1;
  return files;
}

const tree = (directories: number, files: number): string[] =>
  numbers(directories).flatMap((directory) => numbers(files).map((file) => `top/${directory}/${file}`));

describe('A walk through a tree', () => {
  it('is answered by one flat listing where that shows all of it', async () => {
    const { life, at } = await begin(tree(20, 10));
    const top = await at('top');
    const before = life.store.count('list');
    expect(await walk(life, top)).toBe(200);
    expect(life.store.count('list') - before).toBe(2);
  });

  it('costs a page for each thousand keys, however many there are', async () => {
    const { life, at } = await begin(tree(60, 10), { store: { pageSize: 50 } });
    const top = await at('top');
    const before = life.store.count();
    expect(await walk(life, top)).toBe(600);
    // Two pages of the directories themselves, twelve of everything.
    expect(life.store.count() - before).toBeLessThanOrEqual(2 + 12 + 1);
  });

  it('is noticed by lookups too', async () => {
    const { life, at } = await begin(tree(20, 10));
    await at('top');
    const before = life.store.count();
    for (const directory of numbers(20)) await at(`top/${directory}/105`);
    // Of top, of its first directory, of the rest.
    expect(life.store.count() - before).toBe(3);
  });

  it('is not kept waiting in front of a large directory', async () => {
    const { life, at } = await begin([...numbers(200).map((name) => `top/a/large/${name}`), 'top/a/z'], {
      store: { pageSize: 20 },
    });
    const top = await at('top');
    await entriesOf(life, top);
    const a = await at('top/a');
    const before = life.store.count();
    expect(await namesOf(life, a)).toEqual(['large', 'z']);
    expect(life.store.count() - before).toBe(2);
    expect(await namesOf(life, await at('top/a/large'))).toHaveLength(200);
    expect(life.store.count() - before).toBeLessThanOrEqual(2 + 10);
  });

  it('leaves alone the files whose names are beginnings of names that it comes to', async () => {
    const { life, at } = await begin(['top/a/1', 'top/b', 'top/b-1/1', 'top/b-2/1', 'top/c/1']);
    const before = await at('top/b');
    await at('top/a/1');
    await at('top/b-1/1');
    expect(await life.fileSystem.attributes(before)).toMatchObject({ size: 5 });
    expect((await at('top/b')).fileid).toBe(before.fileid);
  });

  it('shows what others do meanwhile once what is known is old', async () => {
    const { life, bucket, at } = await begin(tree(5, 5), { configuration: { metadataTtl: 0.05 } });
    const top = await at('top');
    expect(await walk(life, top)).toBe(25);
    bucket.objects.delete('top/100/101');
    bucket.write('top/103/new', Buffer.alloc(1), { user: {} });
    for (const name of numbers(5)) bucket.objects.delete(`top/104/${name}`);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await walk(life, top)).toBe(20);
    expect(await namesOf(life, top)).toEqual(numbers(4));
  });
});

describe('A large directory', () => {
  const files = numbers(300).map((name) => `d/${name}`);

  it('is answered from while its pages arrive', async () => {
    let pages = 0;
    const { life, at } = await begin(files, {
      store: {
        pageSize: 50,
        fate: (kind, key) => (kind === 'list' && key === 'd/' && ++pages > 2 ? { before: 50 } : {}),
      },
    });
    const directory = await at('d');
    const first = await life.fileSystem.readDirectory(directory, 0, 10, root);
    expect([first.entries.length, first.end]).toEqual([10, false]);
    expect(pages).toBeLessThan(6);
    const entries = await entriesOf(life, directory, 32);
    expect(entries.map(({ name }) => name)).toEqual(numbers(300));
    expect(entries.every(({ cookie }, i) => cookie > (entries[i - 1]?.cookie ?? 2))).toBe(true);
  });

  it('does not show what others have deleted, though it is being listed anew', async () => {
    const { life, bucket, at } = await begin(files, { store: { pageSize: 50 }, configuration: { metadataTtl: 0 } });
    const directory = await at('d');
    expect(await namesOf(life, directory)).toHaveLength(300);
    for (const name of ['101', '250', '399']) bucket.objects.delete(`d/${name}`);
    bucket.write('d/000', Buffer.alloc(0), { user: {} });
    const names = await namesOf(life, directory);
    expect(names).toEqual(['000', ...numbers(300).filter((name) => !['101', '250', '399'].includes(name))]);
  });

  it('is not listed to its end for one file, whose answer is remembered', async () => {
    const { life, at } = await begin(files, { store: { pageSize: 50 } });
    await at('d');
    const before = life.store.count();
    await at('d/350');
    // A page, and as it does not tell: a HEAD and a listing of one key.
    expect(life.store.count() - before).toBe(3);
    await at('d/350');
    await at('d/110');
    await expect(at('d/110x')).rejects.toMatchObject({ code: 'NOENT' });
    expect(life.store.count() - before).toBe(3);
  });

  it('is asked about in stretches by those who go through its names', async () => {
    const { life, at } = await begin(files, { store: { pageSize: 50 } });
    await at('d');
    await at('d/150');
    const before = life.store.count();
    for (const name of numbers(300)) await at(`d/${name}`);
    for (const name of numbers(300)) await expect(at(`d/${name}x`)).rejects.toMatchObject({ code: 'NOENT' });
    // Names after the first page: two requests for some, then two for each page.
    expect(life.store.count() - before).toBeLessThan(30);
  });

  it('is asked for one object where a file of it is looked at again', async () => {
    const { life, bucket, at } = await begin(files, { store: { pageSize: 50 }, configuration: { metadataTtl: 0 } });
    await namesOf(life, await at('d'));
    const file = await at('d/300');
    const [heads, lists] = [life.store.count('head'), life.store.count('list')];
    await life.fileSystem.attributes(file);
    expect([life.store.count('head') - heads, life.store.count('list') - lists]).toEqual([1, 0]);
    bucket.write('d/300', Buffer.from('of somebody else'), { user: {} });
    expect(await life.fileSystem.attributes(file)).toMatchObject({ size: 16 });
    bucket.objects.delete('d/300');
    await expect(life.fileSystem.attributes(file)).rejects.toMatchObject({ code: 'STALE' });
  });

  it('that is removed is known not to be empty with its first page', async () => {
    const { life, at } = await begin(files, { store: { pageSize: 50, fate: () => ({ before: 10 }) } });
    await at('d');
    const before = life.store.count();
    await expect(life.fileSystem.remove(await at(''), 'd', 'directory', context)).rejects.toMatchObject({
      code: 'NOTEMPTY',
    });
    expect(life.store.count() - before).toBeLessThan(6);
  });

  it('vanishes with everything in it when others delete it', async () => {
    const keys = numbers(30).flatMap((a) => numbers(30).map((b) => `d/${a}/${b}`));
    const { life, bucket, at } = await begin([...keys, 'e'], { configuration: { metadataTtl: 0 } });
    expect(await walk(life, await at('d'))).toBe(900);
    for (const key of keys) bucket.objects.delete(key);
    expect(await namesOf(life, await at(''))).toEqual(['e']);
  });
});

describe('A directory in which others have deleted something', () => {
  it('keeps the time that is set after that', async () => {
    const { life, bucket, at } = await begin(['d/', 'd/file', 'd/other'], { configuration: { metadataTtl: 0 } });
    const directory = await at('d');
    expect(await namesOf(life, directory)).toEqual(['file', 'other']);
    bucket.objects.delete('d/file');
    await life.fileSystem.setAttributes(directory, { mtime: 7n }, context);
    expect(await namesOf(life, directory)).toEqual(['other']);
    expect((await life.fileSystem.attributes(directory)).mtime).toBe(7n);
  });
});

describe('Hidden keys', () => {
  it('keep a directory from being removed', async () => {
    const { life, at } = await begin(['d/', 'd//hidden']);
    const top = await at('');
    expect(await namesOf(life, await at('d'))).toEqual([]);
    await expect(life.fileSystem.remove(top, 'd', 'directory', context)).rejects.toMatchObject({ code: 'NOTEMPTY' });
  });

  it('go with their directory when it is renamed', async () => {
    const { life, bucket, at } = await begin(['d/', 'd//hidden', 'd/./x', 'd/file', 'd/file/below']);
    const top = await at('');
    await life.fileSystem.rename(top, 'd', top, 'e', context);
    await life.tree.flush();
    expect(bucket.keys()).toEqual(['e/', 'e/./x', 'e//hidden', 'e/file', 'e/file/below']);
  });
});
