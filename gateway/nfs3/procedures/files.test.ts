import { describe, expect, it } from 'vitest';
import { Access } from '../../filesystem/file-system.ts';
import { shareBoth, shareWrite } from '../../filesystem/locks/shares.ts';
import { postOpAttributes, weakCacheConsistency, type WireAttributes } from '../codec/basic.ts';
import { StableHow } from '../codec/files.ts';
import { failureAs, Nfs3Server, sys, type Nfs3Client } from '../testing/nfs3-server.ts';
import { access } from './access.ts';
import { commit } from './commit.ts';
import { create } from './create.ts';
import { getattr } from './getattr.ts';
import { lookup } from './lookup.ts';
import { read } from './read.ts';
import { readlink } from './readlink.ts';
import { setattr } from './setattr.ts';
import { symlink } from './symlink.ts';
import { write } from './write.ts';

const begin = async (objects: Record<string, string> = { file: 'hello' }) => {
  const server = await Nfs3Server.start(objects);
  return { server, client: await server.mount() };
};
const find = async (client: Nfs3Client, name: string): Promise<Buffer> =>
  (await client.ok(lookup, { what: client.named(name) })).object;
const attributesOf = async (client: Nfs3Client, object: Buffer): Promise<WireAttributes> =>
  (await client.ok(getattr, { object })).attributes;
const weak = ({ size, mtime, ctime }: WireAttributes) => ({ size, mtime, ctime });
const make = async (client: Nfs3Client, name: string, mode = 0o644): Promise<Buffer> => {
  const made = await client.ok(create, { where: client.named(name), how: { mode: 'guarded', attributes: { mode } } });
  return made.object ?? Buffer.alloc(0);
};
const writing = (file: Buffer, text: string, stable: 0 | 1 | 2 = StableHow.UNSTABLE, offset = 0) => ({
  file,
  offset,
  count: text.length,
  stable,
  data: Buffer.from(text),
});

describe('GETATTR', () => {
  it('tells what is known of a file', async () => {
    const { client } = await begin();
    const attributes = await attributesOf(client, await find(client, 'file'));
    expect(attributes).toMatchObject({ type: 'file', mode: 0o644, links: 1, uid: 0, gid: 0, size: 5, used: 512 });
    expect((await attributesOf(client, client.root)).fsid).toEqual(attributes.fsid);
  });

  it('tells a forged handle from one that is none', async () => {
    const { client } = await begin();
    const forged = Buffer.from(client.root);
    forged.writeUInt8(forged.readUInt8(30) ^ 1, 30);
    expect((await client.call(getattr, { object: forged })).status).toBe('STALE');
    expect((await client.call(getattr, { object: Buffer.from('what') })).status).toBe('BADHANDLE');
  });
});

describe('SETATTR', () => {
  it('sets what is named, and tells of the moment before and after', async () => {
    const { client } = await begin();
    const object = await find(client, 'file');
    const before = await attributesOf(client, object);
    const changes = { mode: 0o600, uid: 7, gid: 8, size: 3, mtime: 1_000_000_000_000_000_005n };
    const { weakCacheConsistency: told } = await client.ok(setattr, { object, changes, guard: undefined });
    expect(told.before).toEqual(weak(before));
    expect(told.after).toMatchObject(changes);
    expect(await attributesOf(client, object)).toEqual(told.after);
  });

  it('does nothing where the guard is another ctime', async () => {
    const { client } = await begin();
    const object = await find(client, 'file');
    const { ctime, mode } = await attributesOf(client, object);
    const refused = await client.call(setattr, { object, changes: { mode: 0o777 }, guard: ctime + 1n });
    expect(refused.status).toBe('NOT_SYNC');
    expect(failureAs(weakCacheConsistency, refused).after?.mode).toBe(mode);
    expect((await client.call(setattr, { object, changes: { mode: 0o777 }, guard: ctime })).status).toBe('OK');
  });

  it('lets the owner truncate a file that it may not write', async () => {
    const { server, client } = await begin({});
    const object = await make(client, 'file', 0o444);
    await client.ok(setattr, { object, changes: { uid: 1000 }, guard: undefined });
    const owner = await server.mount(sys(1000));
    expect((await owner.call(setattr, { object, changes: { size: 0 }, guard: undefined })).status).toBe('OK');
    const other = await server.mount(sys(1001));
    expect((await other.call(setattr, { object, changes: { size: 0 }, guard: undefined })).status).toBe('ACCES');
    expect((await other.call(setattr, { object, changes: { mode: 0 }, guard: undefined })).status).toBe('PERM');
  });
});

describe('ACCESS', () => {
  it('grants of what was asked what the modes allow', async () => {
    const { server } = await begin();
    const other = await server.mount(sys(1000));
    const object = await find(other, 'file');
    const all = Object.values(Access).reduce((sum, bit) => sum | bit, 0);
    expect((await other.ok(access, { object, access: all })).access).toBe(Access.read);
    expect((await other.ok(access, { object, access: Access.modify })).access).toBe(0);
  });
});

describe('READLINK', () => {
  it('gives the target, and INVAL of anything else', async () => {
    const { client } = await begin();
    const made = await client.ok(symlink, { where: client.named('link'), attributes: {}, target: Buffer.from('a/b') });
    const { target } = await client.ok(readlink, { symlink: made.object ?? Buffer.alloc(0) });
    expect(target.toString()).toBe('a/b');
    const refused = await client.call(readlink, { symlink: client.root });
    expect(refused.status).toBe('INVAL');
    expect(failureAs(postOpAttributes, refused)?.type).toBe('directory');
  });
});

describe('READ', () => {
  it('gives the bytes there are and says where they end', async () => {
    const { client } = await begin();
    const file = await find(client, 'file');
    const part = await client.ok(read, { file, offset: 1, count: 3 });
    expect([Buffer.concat(part.data).toString(), part.count, part.eof]).toEqual(['ell', 3, false]);
    const rest = await client.ok(read, { file, offset: 2, count: 100 });
    expect([Buffer.concat(rest.data).toString(), rest.count, rest.eof]).toEqual(['llo', 3, true]);
    const beyond = await client.ok(read, { file, offset: 2 ** 53, count: 100 });
    expect([beyond.count, beyond.eof]).toEqual([0, true]);
    expect(rest.attributes?.size).toBe(5);
  });

  it('is refused of a directory, and of what the modes keep from others', async () => {
    const { server, client } = await begin();
    expect((await client.call(read, { file: client.root, offset: 0, count: 1 })).status).toBe('ISDIR');
    const file = await make(client, 'secret', 0o200);
    await client.ok(setattr, { object: file, changes: { uid: 1000 }, guard: undefined });
    expect((await (await server.mount(sys(1001))).call(read, { file, offset: 0, count: 1 })).status).toBe('ACCES');
    expect((await (await server.mount(sys(1000))).call(read, { file, offset: 0, count: 1 })).status).toBe('OK');
  });

  it('and WRITE keep to what somebody else denies while it has the file open', async () => {
    const { server, client } = await begin();
    const file = await find(client, 'file');
    const { key } = server.life.fileSystem.resolve(file, { uid: 0, gid: 0, gids: [], address: '' });
    const holder = { share: { access: shareBoth, deny: shareWrite } } as const;
    server.locks.shares.add(key, holder);
    expect((await client.call(write, writing(file, 'x'))).status).toBe('ACCES');
    expect((await client.call(setattr, { object: file, changes: { size: 0 }, guard: undefined })).status).toBe('ACCES');
    const how = { mode: 'unchecked', attributes: { size: 0 } } as const;
    expect((await client.call(create, { where: client.named('file'), how })).status).toBe('ACCES');
    expect((await client.call(read, { file, offset: 0, count: 1 })).status).toBe('OK');
    server.locks.shares.remove(key, holder);
    expect((await client.call(write, writing(file, 'x'))).status).toBe('OK');
  });
});

describe('WRITE and COMMIT', () => {
  it('take bytes and bring them to the disk, told apart from a restart by the verifier', async () => {
    const { server, client } = await begin({});
    const file = await make(client, 'file');
    const written = await client.ok(write, writing(file, 'hello'));
    expect([written.count, written.committed]).toEqual([5, StableHow.UNSTABLE]);
    expect(written.weakCacheConsistency.before).toMatchObject({ size: 0 });
    expect(written.weakCacheConsistency.after?.size).toBe(5);
    const committed = await client.ok(commit, { file, offset: 0, count: 0 });
    expect(committed.verifier).toEqual(written.verifier);
    expect(committed.weakCacheConsistency.before).toEqual(
      written.weakCacheConsistency.after && weak(written.weakCacheConsistency.after),
    );
    await server.kill();
    const again = await server.mount();
    expect(Buffer.concat((await again.ok(read, { file, offset: 0, count: 10 })).data).toString()).toBe('hello');
    expect((await again.ok(commit, { file, offset: 0, count: 0 })).verifier).not.toEqual(written.verifier);
  });

  it.each([StableHow.DATA_SYNC, StableHow.FILE_SYNC])(
    'keep what was to be stable (%d) over a crash',
    async (stable) => {
      const { server, client } = await begin({});
      const file = await make(client, 'file');
      const { committed } = await client.ok(write, writing(file, 'kept', stable));
      expect(committed).toBe(StableHow.FILE_SYNC);
      await server.kill();
      const again = await server.mount();
      expect(Buffer.concat((await again.ok(read, { file, offset: 0, count: 10 })).data).toString()).toBe('kept');
    },
  );

  it('take a file that its owner may not write, and no other', async () => {
    const { server, client } = await begin({});
    const file = await make(client, 'file', 0o444);
    await client.ok(setattr, { object: file, changes: { uid: 1000 }, guard: undefined });
    expect((await (await server.mount(sys(1000))).call(write, writing(file, 'x'))).status).toBe('OK');
    expect((await (await server.mount(sys(1001))).call(write, writing(file, 'x'))).status).toBe('ACCES');
  });

  it('say where a file would become too large, and where a count is not that of the data', async () => {
    const { client } = await begin({});
    const file = await make(client, 'file');
    expect((await client.call(write, writing(file, 'x', StableHow.UNSTABLE, 2 ** 53))).status).toBe('FBIG');
    expect((await client.call(write, { ...writing(file, 'x'), count: 2 })).status).toBe('INVAL');
    expect((await client.ok(write, { ...writing(file, 'xyz'), count: 2 })).count).toBe(2);
  });

  it('say nothing of the moment before where somebody else has written too', async () => {
    const { server, client } = await begin({});
    const file = await make(client, 'file');
    const other = await server.mount();
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? client : other).ok(write, writing(file, 'x', StableHow.UNSTABLE, index)),
      ),
    );
    // Each that tells of before and after hides nothing in between: no two begin at the same moment.
    const told = replies.flatMap(({ weakCacheConsistency: { before } }) => (before === undefined ? [] : [before.size]));
    expect(new Set(told).size).toBe(told.length);
  });
});
