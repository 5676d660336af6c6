/** The files of a gateway on their way to a real S3 server that refuses, expires and breaks. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { BlockCache } from '../../gateway/cache/block-cache.ts';
import { exportConfiguration } from '../../gateway/configuration.ts';
import { Database } from '../../gateway/database/database.ts';
import { FileTree } from '../../gateway/filesystem/file-tree.ts';
import { DelegationTables } from '../../gateway/filesystem/locks/delegation-tables.ts';
import { quickTimes, root } from '../../gateway/filesystem/testing/gateway-life.ts';
import { silentLog } from '../../gateway/log.ts';
import type { ObjectStore } from '../../gateway/store/object-store.ts';
import { openS3Store } from '../../gateway/store/s3/open.ts';
import { orReason } from '../lab/unavailable.ts';
import { connectionTo } from './connection.ts';
import type { Fault } from './faults.ts';
import { startProxy, type Proxy } from './proxy.ts';
import { startMoto, type S3Server } from './servers.ts';

const MiB = 1024 ** 2;
const started = await orReason(startMoto);

if ('made' in started) describe('Files on their way to S3', () => describeTransfers(started.made));
else describe.skip(`Files on their way to S3: ${started.reason}`, () => it('is left out', () => undefined));

function describeTransfers(server: S3Server): void {
  let proxy: Proxy;
  let store: ObjectStore;
  let tree: FileTree;
  const ends: (() => Promise<unknown>)[] = [];
  let bucket = 0;

  beforeAll(() => server.createBucket('unused'));
  afterAll(() => server.stop());

  beforeEach(async () => {
    const name = `transfers-${++bucket}`;
    await server.createBucket(name);
    const folder = await mkdtemp(path.join(os.tmpdir(), 'windlass-transfers-'));
    ends.push(() => rm(folder, { recursive: true, force: true }));
    proxy = await startProxy({ target: server.endpoint });
    ends.push(() => proxy.stop());
    store = await openS3Store(connectionTo(server, proxy.endpoint), name);
    ends.push(() => store.close());
    const database = await Database.open(path.join(folder, 'database'));
    ends.push(() => database.close());
    const cache = await BlockCache.open({
      memoryBytes: 64 * MiB,
      disk: { folder: path.join(folder, 'cache'), bytes: 64 * MiB },
      log: silentLog,
    });
    ends.push(() => cache.close());
    tree = await FileTree.open({
      delegations: new DelegationTables(),
      database,
      stagingFolder: path.join(folder, 'staging'),
      cache,
      host: 'here',
      log: silentLog,
      // What cannot heal by itself is tried again as rarely as in earnest; what is being written is due at its close.
      times: { ...quickTimes, hopeless: 3_600_000, idle: 3_600_000 },
    });
    ends.push(() => tree.close());
    const configuration = exportConfiguration.parse({
      ...{ name: 'bucket', bucket: name, uid: 0, gid: 0, squash: 'none', metadata: 'listing' },
      connection: connectionTo(server),
    });
    await tree.addExport(configuration, store, undefined);
    tree.start(Promise.resolve());
  });
  afterEach(async () => {
    await proxy.setFaults({});
    for (const end of ends.splice(0).reverse()) await end();
  });

  const strike = (fault: Fault, kinds: readonly string[], times?: number): Promise<void> =>
    proxy.setFaults({ rules: [{ fault, probability: 1, kinds, ...(times === undefined ? {} : { times }) }] });

  async function write(name: string, at: number, bytes: Buffer, whileOpen?: () => Promise<void>): Promise<void> {
    const { fileSystem } = tree;
    const directory = await fileSystem.lookup(fileSystem.root(root), 'bucket', root);
    const { node } = await fileSystem.createFile(
      directory,
      name,
      { mode: 'unchecked', attributes: {} },
      { caller: root },
    );
    const open = await fileSystem.open(node, { read: true, write: true }, 'created', root);
    for (let from = 0; from < bytes.length; from += MiB)
      await open.write(at + from, bytes.subarray(from, from + MiB), 'unstable');
    await whileOpen?.();
    await open.close();
  }

  async function expectStored(name: string, expected: Buffer): Promise<void> {
    expect((await buffer((await store.get({ key: name })).body)).equals(expected)).toBe(true);
    expect(await store.multipart.list('')).toEqual([]);
  }

  const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 30_000 });

  it('go up by themselves once credentials that had expired are good again', async () => {
    await strike({ type: 'error', status: 400, code: 'ExpiredToken' }, ['PutObject']);
    await write('file', 0, Buffer.from('content'));
    await eventually(() =>
      expect(tree.transfers.file('/bucket/file')?.status).toMatchObject({ state: 'failed', code: 'Unauthenticated' }),
    );
    expect(tree.transfers.notices()).toEqual([]);
    await proxy.setFaults({});
    await eventually(() => expect(tree.transfers.file('/bucket/file')?.status).toEqual({ state: 'in-s3' }));
    await expectStored('file', Buffer.from('content'));
  });

  it('that may not be written are kept and shown, tried again within the hour, and go up at once when asked', async () => {
    await strike({ type: 'error', status: 403, code: 'AccessDenied' }, ['PutObject']);
    await write('file', 0, Buffer.from('content'));
    await eventually(() =>
      expect(tree.transfers.file('/bucket/file')?.status).toMatchObject({ state: 'failed', code: 'AccessDenied' }),
    );
    const [transfer] = tree.transfers.transfers(1).transfers;
    expect(transfer).toMatchObject({ state: 'failed', attempts: 1, error: { code: 'AccessDenied' } });
    expect(tree.transfers.notices()).toMatchObject([{ kind: 'failed-upload', key: 'file' }]);
    await tree.flush();
    expect(tree.transfers.transfers(1).transfers).toMatchObject([{ attempts: 2 }]);
    expect(tree.transfers.notices()).toHaveLength(1);
    await proxy.setFaults({});
    await tree.flush();
    await expectStored('file', Buffer.from('content'));
    expect(tree.transfers.notices()).toEqual([]);
  });

  it('send the part that was changed, and have S3 copy the others', async () => {
    const content = randomBytes(40 * MiB);
    await write('file', 0, content);
    await tree.flush();
    proxy.reset();
    await write('file', 20 * MiB, Buffer.from('X'));
    await tree.flush();
    const { byKind, bytesUp } = proxy.counts();
    expect(byKind).toMatchObject({
      CreateMultipartUpload: 1,
      UploadPart: 1,
      UploadPartCopy: 2,
      CompleteMultipartUpload: 1,
    });
    expect(Math.floor(bytesUp / MiB)).toBe(8);
    content.write('X', 20 * MiB);
    await expectStored('file', content);
  });

  it('take no part of another version than the one that was changed', async () => {
    const content = randomBytes(24 * MiB);
    await write('file', 0, content);
    await tree.flush();
    await tree.transfers.pause(true);
    await write('file', 9 * MiB, Buffer.from('X'));
    const theirs = randomBytes(24 * MiB);
    await store.put({ key: 'file', body: theirs, metadata: { user: {} } });
    await tree.transfers.pause(false);
    await tree.flush();
    await expectStored('file', theirs);
    expect(tree.transfers.notices()).toMatchObject([{ kind: 'conflict' }]);
  });

  it('send no part twice that has arrived, whatever breaks', async () => {
    const content = randomBytes(44 * MiB);
    await strike({ type: 'truncated-request' }, ['UploadPart'], 4);
    await write('file', 0, content);
    await tree.flush();
    await expectStored('file', content);
    const { byKind } = proxy.counts();
    expect([byKind['CreateMultipartUpload'], byKind['UploadPart']]).toEqual([1, 6 + 4]);
  });

  it('go up while they are being written, and carry the time of the last write', async () => {
    const content = randomBytes(40 * MiB);
    await write('file', 0, content, () => eventually(() => expect(proxy.counts().byKind['UploadPart']).toBe(4)));
    await tree.flush();
    await expectStored('file', content);
    const { byKind } = proxy.counts();
    expect(byKind).toMatchObject({ CreateMultipartUpload: 1, UploadPart: 5, CompleteMultipartUpload: 1 });
    const { fileSystem } = tree;
    const directory = await fileSystem.lookup(fileSystem.root(root), 'bucket', root);
    const { mtime } = await fileSystem.attributes(await fileSystem.lookup(directory, 'file', root));
    expect((await store.head('file'))?.metadata.user['file-mtime']).toBe(`${mtime}ns`);
  });
}
