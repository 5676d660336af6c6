import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeObjectStore } from '../contract.ts';
import type { ObjectMetadata } from '../object-store.ts';
import { FolderStore } from './folder-store.ts';

const temporaryFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'windlass-folder-store-'));

describeObjectStore('A folder', async () => {
  const folder = await temporaryFolder();
  const store = await FolderStore.open(folder);
  return { store, cleanUp: () => rm(folder, { recursive: true }) };
});

describe('A folder that people use too', () => {
  let folder: string;
  let store: FolderStore;
  beforeEach(async () => {
    folder = await temporaryFolder();
    store = await FolderStore.open(folder);
  });
  afterEach(() => rm(folder, { recursive: true }));

  const put = (key: string, content = 'content', metadata: ObjectMetadata = { user: {} }) =>
    store.put({ key, body: Buffer.from(content), metadata });
  const read = async (key: string): Promise<string> => (await buffer((await store.get({ key })).body)).toString();
  const keys = async (prefix = ''): Promise<string[]> => (await store.list({ prefix })).objects.map(({ key }) => key);

  it('has objects as files under their own names', async () => {
    await put('a/b/c.txt', 'readable');
    expect(await readFile(join(folder, 'a/b/c.txt'), 'utf8')).toBe('readable');
  });

  it('shows what they drop in as objects, with an ETag that stays while the file does', async () => {
    await mkdir(join(folder, 'photos'));
    await writeFile(join(folder, 'photos/cat.jpg'), 'meow');
    expect(await keys()).toEqual(['photos/cat.jpg']);
    const first = await store.head('photos/cat.jpg');
    const again = await (await FolderStore.open(folder)).head('photos/cat.jpg');
    expect(first?.version).toEqual(again?.version);
    expect(first?.version.size).toBe(4);
    await writeFile(join(folder, 'photos/cat.jpg'), 'purr purr');
    expect((await store.head('photos/cat.jpg'))?.version.etag).not.toBe(first?.version.etag);
  });

  it('forgets the metadata of a file that they change', async () => {
    const { etag } = await put('file', 'old', { user: { mode: '1' } });
    await writeFile(join(folder, 'file'), 'edited');
    const head = await store.head('file');
    expect(head?.metadata.user).toEqual({});
    expect(head?.version.etag).not.toBe(etag);
    const change = store.put({ key: 'file', body: Buffer.from('x'), metadata: { user: {} }, condition: { etag } });
    await expect(change).rejects.toThrow(expect.objectContaining({ code: 'PreconditionFailed' }));
  });

  it('keeps metadata when it is moved as a whole', async () => {
    await put('a/file', 'content', { user: { mode: '1' } });
    const moved = `${folder}-moved`;
    await rename(folder, moved);
    await rename(moved, folder);
    expect((await (await FolderStore.open(folder)).head('a/file'))?.metadata.user).toEqual({ mode: '1' });
  });

  it('shows an empty folder of theirs as a directory marker, and one with files not', async () => {
    await mkdir(join(folder, 'empty'));
    await mkdir(join(folder, 'full'));
    await writeFile(join(folder, 'full/file'), '');
    expect(await keys()).toEqual(['empty/', 'full/file']);
    expect(await store.head('empty/')).toMatchObject({ version: { size: 0 } });
    expect(await store.head('full/')).toBeUndefined();
    await store.delete([{ key: 'empty/' }]);
    expect(await readdir(folder)).toEqual(['.windlass', 'full']);
  });

  it('removes folders with the last object in them, unless they are marked', async () => {
    await put('marked/', '');
    await put('marked/a/b/c');
    await store.delete([{ key: 'marked/a/b/c' }]);
    expect(await readdir(join(folder, 'marked'))).toEqual([]);
    expect(await keys()).toEqual(['marked/']);
  });

  it('shows nothing of its side folder, and stores keys of that name all the same', async () => {
    await put('.windlass/records', 'mine');
    expect(await read('.windlass/records')).toBe('mine');
    expect(await keys()).toEqual(['.windlass/records']);
    expect((await store.list({ prefix: '', delimiter: '/' })).prefixes).toEqual(['.windlass/']);
  });

  it('does not follow symbolic links', async () => {
    await symlink('/etc/passwd', join(folder, 'link'));
    expect(await keys()).toEqual([]);
    expect(await store.head('link')).toBeUndefined();
  });

  it('still has keys without a path after it was opened anew', async () => {
    await put('a', 'file', { user: { mode: '1' } });
    await put('a/b', 'below');
    await put('x//y', 'slashes');
    await put('dir/', 'a marker with bytes');
    await put('dir/file');
    const again = await FolderStore.open(folder);
    expect((await again.list({ prefix: '' })).objects.map(({ key }) => key)).toEqual([
      'a',
      'a/b',
      'dir/',
      'dir/file',
      'x//y',
    ]);
    expect(await buffer((await again.get({ key: 'dir/' })).body)).toHaveLength(19);
    await again.delete([{ key: 'dir/' }, { key: 'dir/file' }]);
    expect((await again.list({ prefix: 'dir' })).objects).toEqual([]);
  });

  it('leaves an object as it was when a new one cannot be finished', async () => {
    await put('file', 'old', { user: { mode: '1' } });
    const again = await FolderStore.open(folder);
    // What a crash between the record and the file leaves.
    const record = join(folder, '.windlass/records');
    const [name = ''] = (await readdir(record, { recursive: true })).filter((path) => path.endsWith('.json'));
    const text = JSON.parse(await readFile(join(record, name), 'utf8')) as { states: object[] };
    text.states.push({ ...text.states[0], etag: '"new"', modified: '1', metadata: { user: { mode: '2' } } });
    await writeFile(join(record, name), JSON.stringify(text));
    expect(await again.head('file')).toMatchObject({ metadata: { user: { mode: '1' } } });
  });

  it('finishes reading the version that was opened while a new one takes its place', async () => {
    await put('file', 'x'.repeat(1_000_000));
    const { body } = await store.get({ key: 'file' });
    await put('file', 'new');
    expect((await buffer(body)).toString()).toBe('x'.repeat(1_000_000));
  });

  it('moves the time of an object whose metadata alone changes, and keeps its ETag', async () => {
    const { etag } = await put('file', 'content');
    await utimes(join(folder, 'file'), 1_000_000_000, 1_000_000_000);
    const old = await store.head('file');
    expect(old?.version.lastModified).toBe(1_000_000_000);
    await put('file', 'content');
    const version = await store.copy({
      sourceKey: 'file',
      targetKey: 'file',
      size: 7,
      metadata: { user: { mode: '2' } },
    });
    expect(version.etag).toBe(etag);
    expect(version.lastModified).toBeGreaterThan(1_000_000_000);
    expect((await store.head('file'))?.version).toEqual(version);
  });

  it('leaves no temporary files behind', async () => {
    await put('a');
    await put('b/', '');
    await store.copy({ sourceKey: 'a', targetKey: 'c', size: 7 });
    const refused = store.put({ key: 'a', body: Buffer.of(), metadata: { user: {} }, condition: { absent: true } });
    await expect(refused).rejects.toThrow();
    expect(await readdir(join(folder, '.windlass/temporary'))).toEqual([]);
  });

  it('keeps file names apart that Windows cannot have', async () => {
    const windows = await FolderStore.open(folder, 'win32');
    for (const key of ['con.txt', 'a:b', 'ends with dot.', 'back\\slash']) {
      await windows.put({ key, body: Buffer.from(key), metadata: { user: {} } });
      expect((await buffer((await windows.get({ key })).body)).toString()).toBe(key);
    }
    expect(await readdir(folder)).toEqual(['.windlass']);
  });

  it('says which folder is missing', async () => {
    const opening = FolderStore.open(join(folder, 'nothing'));
    await expect(opening).rejects.toThrow(expect.objectContaining({ code: 'NoSuchBucket' }));
    expect((await stat(folder)).isDirectory()).toBe(true);
  });
});
