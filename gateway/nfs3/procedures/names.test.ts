import { describe, expect, it } from 'vitest';
import { exportConfiguration } from '../../configuration.ts';
import { struct } from '../../rpc/xdr.ts';
import { postOpAttributes, weakCacheConsistency } from '../codec/basic.ts';
import type { WireCreateHow } from '../codec/names.ts';
import { failureAs, Nfs3Server, sys, type Nfs3Client } from '../testing/nfs3-server.ts';
import { create } from './create.ts';
import { getattr } from './getattr.ts';
import { link } from './link.ts';
import { lookup } from './lookup.ts';
import { mkdir } from './mkdir.ts';
import { mknod } from './mknod.ts';
import { read } from './read.ts';
import { remove } from './remove.ts';
import { rename } from './rename.ts';
import { rmdir } from './rmdir.ts';
import { setattr } from './setattr.ts';
import { symlink } from './symlink.ts';

const begin = async (objects: Record<string, string> = { file: 'hello', 'directory/inner': 'x', 'empty/': '' }) => {
  const server = await Nfs3Server.start(objects);
  return { server, client: await server.mount() };
};
const find = async (client: Nfs3Client, name: string, directory = client.root): Promise<Buffer> =>
  (await client.ok(lookup, { what: client.named(name, directory) })).object;
const statusOf = async (client: Nfs3Client, name: string): Promise<string> =>
  (await client.call(lookup, { what: client.named(name) })).status;
const creating = (client: Nfs3Client, name: string, how: WireCreateHow) =>
  client.call(create, { where: client.named(name), how });

describe('LOOKUP', () => {
  it('finds names, and tells of both objects', async () => {
    const { client } = await begin();
    const found = await client.ok(lookup, { what: client.named('file') });
    expect([found.attributes?.size, found.directoryAttributes?.type]).toEqual([5, 'directory']);
    const missing = await client.call(lookup, { what: client.named('none') });
    expect(missing.status).toBe('NOENT');
    expect(failureAs(postOpAttributes, missing)?.type).toBe('directory');
  });

  it('knows . and .., but not the way out of the export', async () => {
    const { client } = await begin();
    const directory = await find(client, 'directory');
    expect(await find(client, '.', directory)).toEqual(directory);
    expect(await find(client, '..', directory)).toEqual(client.root);
    expect(await find(client, '..')).toEqual(client.root);
  });

  it.each([
    ['', 'INVAL'],
    ['a/b', 'INVAL'],
    ['a\0b', 'INVAL'],
    ['x'.repeat(256), 'NAMETOOLONG'],
    ['x'.repeat(2000), 'NAMETOOLONG'],
  ])('of %j is %s', async (name, status) => {
    const { client } = await begin();
    expect(await statusOf(client, name)).toBe(status);
  });

  it('of what is no UTF-8 is INVAL, and in what is no directory NOTDIR', async () => {
    const { client } = await begin();
    const what = { directory: client.root, name: Buffer.from([0x66, 0xff]) };
    expect((await client.call(lookup, { what })).status).toBe('INVAL');
    const file = await find(client, 'file');
    expect((await client.call(lookup, { what: client.named('x', file) })).status).toBe('NOTDIR');
  });
});

describe('CREATE', () => {
  it('unchecked makes a file or finds it, and truncates where that is asked', async () => {
    const { client } = await begin();
    // What is learned of a directory on the way changes it as well.
    expect(await statusOf(client, 'new')).toBe('NOENT');
    const made = await creating(client, 'new', { mode: 'unchecked', attributes: { mode: 0o640, size: 3 } });
    expect(made.ok.attributes).toMatchObject({ mode: 0o640, size: 3 });
    expect(made.ok.directory.before).toBeDefined();
    const kept = await creating(client, 'file', { mode: 'unchecked', attributes: { mode: 0o777 } });
    expect(kept.ok.attributes).toMatchObject({ mode: 0o644, size: 5 });
    const cut = await creating(client, 'file', { mode: 'unchecked', attributes: { size: 0 } });
    expect(cut.ok.attributes).toMatchObject({ size: 0 });
  });

  it('guarded refuses what exists', async () => {
    const { client } = await begin();
    const refused = await creating(client, 'file', { mode: 'guarded', attributes: {} });
    expect(refused.status).toBe('EXIST');
    expect(failureAs(weakCacheConsistency, refused).after?.type).toBe('directory');
    expect((await creating(client, '.', { mode: 'guarded', attributes: {} })).status).toBe('EXIST');
  });

  it('exclusive finds the file of its own verifier again, over a crash too, and no other', async () => {
    const { server, client } = await begin();
    const verifier = Buffer.from('12345678');
    const made = await creating(client, 'new', { mode: 'exclusive', verifier });
    await server.kill();
    const again = await server.mount();
    const found = await creating(again, 'new', { mode: 'exclusive', verifier });
    expect(found.ok.object).toEqual(made.ok.object);
    const other = await creating(again, 'new', { mode: 'exclusive', verifier: Buffer.from('87654321') });
    expect(other.status).toBe('EXIST');
  });

  it('needs write permission in the directory', async () => {
    const { server } = await begin();
    const other = await server.mount(sys(1000));
    expect((await creating(other, 'new', { mode: 'guarded', attributes: {} })).status).toBe('ACCES');
  });
});

describe('MKDIR, SYMLINK and MKNOD', () => {
  it('make what they say', async () => {
    const { client } = await begin();
    const where = (name: string) => client.named(name);
    const made = [
      await client.ok(mkdir, { where: where('d'), attributes: { mode: 0o700 } }),
      await client.ok(symlink, { where: where('l'), attributes: {}, target: Buffer.from('target') }),
      await client.ok(mknod, { where: where('f'), what: { type: 'fifo', attributes: { mode: 0o600 } } }),
      await client.ok(mknod, { where: where('s'), what: { type: 'socket', attributes: {} } }),
      await client.ok(mknod, {
        where: where('c'),
        what: { type: 'character', attributes: {}, device: { major: 4, minor: 64 } },
      }),
    ];
    expect(made.map(({ attributes }) => attributes?.type)).toEqual([
      'directory',
      'symlink',
      'fifo',
      'socket',
      'character',
    ]);
    expect(made.at(-1)?.attributes?.device).toEqual({ major: 4, minor: 64 });
    for (const { object, attributes } of made)
      expect((await client.ok(getattr, { object: object ?? Buffer.alloc(0) })).attributes).toEqual(attributes);
  });

  it('refuse names that are taken, types that MKNOD has not, and devices to others than root', async () => {
    const { server, client } = await begin();
    expect((await client.call(mkdir, { where: client.named('file'), attributes: {} })).status).toBe('EXIST');
    expect((await client.call(mkdir, { where: client.named('..'), attributes: {} })).status).toBe('EXIST');
    expect((await client.call(mknod, { where: client.named('x'), what: { type: 'other' } })).status).toBe('BADTYPE');
    const empty = { where: client.named('x'), attributes: {}, target: Buffer.alloc(0) };
    expect((await client.call(symlink, empty)).status).toBe('INVAL');
    const long = { where: client.named('x'), attributes: {}, target: Buffer.alloc(5000, 'x') };
    expect((await client.call(symlink, long)).status).toBe('NAMETOOLONG');
    await client.ok(setattr, { object: client.root, changes: { mode: 0o777 }, guard: undefined });
    const other = await server.mount(sys(1000));
    const device = { type: 'block', attributes: {}, device: { major: 1, minor: 1 } } as const;
    expect((await other.call(mknod, { where: other.named('x'), what: device })).status).toBe('PERM');
  });
});

describe('REMOVE and RMDIR', () => {
  it('take away files and empty directories, each its own', async () => {
    const { client } = await begin();
    const removing = (name: string) => client.call(remove, { object: client.named(name) });
    const removingDirectory = (name: string) => client.call(rmdir, { object: client.named(name) });
    expect((await removing('directory')).status).toBe('ISDIR');
    expect((await removingDirectory('file')).status).toBe('NOTDIR');
    expect((await removingDirectory('directory')).status).toBe('NOTEMPTY');
    expect((await removingDirectory('.')).status).toBe('INVAL');
    expect((await removingDirectory('..')).status).toBe('EXIST');
    expect((await removing('..')).status).toBe('INVAL');
    const removed = await removing('file');
    expect(removed.status).toBe('OK');
    expect(removed.ok.directory.before).toBeDefined();
    expect((await removingDirectory('empty')).status).toBe('OK');
    expect([await statusOf(client, 'file'), await statusOf(client, 'empty')]).toEqual(['NOENT', 'NOENT']);
    const missing = await removing('file');
    expect(missing.status).toBe('NOENT');
    expect(failureAs(weakCacheConsistency, missing).after?.type).toBe('directory');
  });

  it('make the handle of what is gone stale', async () => {
    const { client } = await begin();
    const file = await find(client, 'file');
    await client.ok(remove, { object: client.named('file') });
    const stale = await client.call(read, { file, offset: 0, count: 1 });
    expect(stale.status).toBe('STALE');
    expect(failureAs(postOpAttributes, stale)).toBeUndefined();
  });
});

describe('RENAME', () => {
  it('moves a file over another, whose handle goes on with it', async () => {
    const { client } = await begin();
    const [file, directory] = [await find(client, 'file'), await find(client, 'directory')];
    const to = client.named('inner', directory);
    await find(client, 'inner', directory);
    const renamed = await client.ok(rename, { from: client.named('file'), to });
    expect([renamed.from.before, renamed.to.before].every(Boolean)).toBe(true);
    expect(await find(client, 'inner', directory)).toEqual(file);
    expect(await statusOf(client, 'file')).toBe('NOENT');
  });

  it('refuses what POSIX refuses, and tells of both directories', async () => {
    const { client } = await begin();
    const renaming = (from: string, to: string) =>
      client.call(rename, { from: client.named(from), to: client.named(to) });
    expect((await renaming('file', 'directory')).status).toBe('ISDIR');
    expect((await renaming('empty', 'file')).status).toBe('NOTDIR');
    expect((await renaming('empty', 'directory')).status).toBe('NOTEMPTY');
    expect((await renaming('.', 'x')).status).toBe('INVAL');
    const missing = await renaming('none', 'x');
    expect(missing.status).toBe('NOENT');
    const both = failureAs(struct({ from: weakCacheConsistency, to: weakCacheConsistency }), missing);
    expect([both.from.after?.type, both.to.after?.type]).toEqual(['directory', 'directory']);
  });
});

describe('LINK', () => {
  it('is NOTSUPP', async () => {
    const { client } = await begin();
    const file = await find(client, 'file');
    const refused = await client.call(link, { file, link: client.named('another') });
    expect(refused.status).toBe('NOTSUPP');
    const told = failureAs(struct({ file: postOpAttributes, link: weakCacheConsistency }), refused);
    expect([told.file?.type, told.link.after?.type]).toEqual(['file', 'directory']);
  });
});

describe('a read-only export', () => {
  it('refuses every change with ROFS', async () => {
    const defaults = { name: 'bucket', connection: { kind: 'folder' }, bucket: '/nowhere', uid: 0, gid: 0 };
    const configuration = exportConfiguration.parse({
      ...defaults,
      squash: 'none',
      metadata: 'listing',
      readOnly: true,
    });
    const server = await Nfs3Server.start({ file: 'x', 'empty/': '' }, { configuration });
    const client = await server.mount();
    const object = await find(client, 'file');
    const where = client.named('new');
    const statuses = await Promise.all([
      client.call(setattr, { object, changes: { mode: 0 }, guard: undefined }),
      client.call(create, { where, how: { mode: 'guarded', attributes: {} } }),
      client.call(mkdir, { where, attributes: {} }),
      client.call(symlink, { where, attributes: {}, target: Buffer.from('x') }),
      client.call(mknod, { where, what: { type: 'fifo', attributes: {} } }),
      client.call(remove, { object: client.named('file') }),
      client.call(rmdir, { object: client.named('empty') }),
      client.call(rename, { from: client.named('file'), to: where }),
    ]);
    expect(new Set(statuses.map(({ status }) => status))).toEqual(new Set(['ROFS']));
  });
});
