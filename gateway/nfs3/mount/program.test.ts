import { describe, expect, it } from 'vitest';
import { exportConfiguration } from '../../configuration.ts';
import { CallRefusedError } from '../../rpc/errors.ts';
import { decode, encode } from '../../rpc/xdr.ts';
import { Nfs3Server, sys, type Nfs3Client } from '../testing/nfs3-server.ts';
import { directoryPath, exportList, mountList, mountResult } from './codec.ts';

const Mount = { mnt: 1, dump: 2, umnt: 3, umntall: 4, export: 5 } as const;
const mount = 100005;

const mounting = async (client: Nfs3Client, path: string | Buffer, version = 3) =>
  decode(mountResult, await client.raw(mount, version, Mount.mnt, encode(directoryPath, Buffer.from(path))));
const dump = async (client: Nfs3Client) => decode(mountList, await client.raw(mount, 3, Mount.dump, Buffer.alloc(0)));
const exported = async (client: Nfs3Client, version = 3): Promise<string[]> =>
  decode(exportList, await client.raw(mount, version, Mount.export, Buffer.alloc(0))).map(({ directory }) =>
    directory.toString(),
  );
const configured = (fields: object) =>
  exportConfiguration.parse({
    ...{ name: 'Photos', connection: { kind: 'folder' }, bucket: '/nowhere', uid: 0, gid: 0 },
    ...{ squash: 'none', metadata: 'listing' },
    ...fields,
  });
const begin = async (fields: object = {}) => {
  const server = await Nfs3Server.start({ 'a/b/file': 'x' }, { configuration: configured(fields) });
  return { server, client: await server.connect() };
};

describe('MNT', () => {
  it.each(['/Photos', 'Photos', '/Photos/', '//Photos', '/photos', '\\PHOTOS', '/Photos/.'])(
    'finds the export by %j',
    async (path) => {
      const { client } = await begin();
      const { status, value } = await mounting(client, path);
      expect([status, value?.flavors]).toEqual([0, [1, 0]]);
      const exact = await mounting(client, '/Photos');
      expect(value?.handle).toEqual(exact.value?.handle);
    },
  );

  it('goes into directories, with either slash', async () => {
    const { client } = await begin();
    const { value } = await mounting(client, '/Photos/a/b');
    expect(value?.handle.length).toBe(36);
    expect((await mounting(client, '\\photos\\a\\b')).value?.handle).toEqual(value?.handle);
  });

  it.each([
    ['/', 13],
    ['', 13],
    ['/none', 2],
    ['/Photos/none', 2],
    ['/Photos/A', 2],
    ['/Photos/a/b/file', 20],
    ['/Photos/..', 22],
    [`/${'x'.repeat(300)}`, 63],
    [Buffer.from([0x2f, 0xff]), 22],
  ])('of %j is %d', async (path, status) => {
    const { client } = await begin();
    expect((await mounting(client, path)).status).toBe(status);
  });

  it('has no version for NFSv2', async () => {
    const { client } = await begin();
    const unavailable = new CallRefusedError({ status: 'procedure unavailable' });
    await expect(mounting(client, '/Photos', 1)).rejects.toThrow(unavailable);
    const mismatch = new CallRefusedError({ status: 'program mismatch', low: 1, high: 3 });
    await expect(mounting(client, '/Photos', 4)).rejects.toThrow(mismatch);
  });
});

describe('EXPORT', () => {
  it.each([1, 2, 3])('lists the exports in version %d', async (version) => {
    const { client } = await begin();
    expect(await exported(client, version)).toEqual(['/Photos']);
  });

  it('and DUMP say nothing of an export that is not to be listed, which can be mounted all the same', async () => {
    const { client } = await begin({ listed: false });
    expect((await mounting(client, '/Photos')).status).toBe(0);
    expect(await exported(client)).toEqual([]);
    expect(await dump(client)).toEqual([]);
  });
});

describe('DUMP', () => {
  it('tells what was mounted and not unmounted', async () => {
    const { client } = await begin();
    for (const path of ['/Photos', '/Photos/a', '/Photos']) await mounting(client, path);
    expect(await dump(client)).toEqual([
      { hostname: '127.0.0.1', directory: Buffer.from('/Photos/a') },
      { hostname: '127.0.0.1', directory: Buffer.from('/Photos') },
    ]);
    await client.raw(mount, 3, Mount.umnt, encode(directoryPath, Buffer.from('/Photos/a')));
    expect((await dump(client)).length).toBe(1);
    await client.raw(mount, 3, Mount.umntall, Buffer.alloc(0));
    expect(await dump(client)).toEqual([]);
  });

  it('remembers a bounded number', async () => {
    const { client } = await begin();
    for (let count = 0; count < 1010; count++)
      await mounting(client, `/Photos${'/'.repeat(count % 700)}${'/.'.repeat(count % 90)}`);
    expect((await dump(client)).length).toBe(1000);
  });
});

it('everybody whom the export is not for is refused at MNT', async () => {
  const server = await Nfs3Server.start({}, { uids: new Set([0, 7]) });
  expect((await mounting(await server.connect(sys(8)), '/bucket')).status).toBe(13);
  expect((await mounting(await server.connect({ flavor: 'none' }), '/bucket')).status).toBe(13);
  expect((await mounting(await server.connect(sys(7)), '/bucket')).status).toBe(0);
  expect(await exported(await server.connect(sys(8)))).toEqual([]);
});
