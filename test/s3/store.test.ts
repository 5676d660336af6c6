/** What the S3 store does beyond the contract, on real servers: faults on the way, whole accounts, large copies. */
import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failure, none } from '../../gateway/store/contract/probe.ts';
import { s3Connection } from '../../gateway/configuration.ts';
import { checkBucket, listBuckets, openS3Store } from '../../gateway/store/s3/open.ts';
import { S3Endpoint } from '../../gateway/store/s3/endpoint.ts';
import { orReason } from '../lab/unavailable.ts';
import { connectionTo } from './connection.ts';
import type { Fault } from './faults.ts';
import { startProxy } from './proxy.ts';
import { startMoto, type S3Server } from './servers.ts';

const started = await orReason(startMoto);

if ('made' in started) describe('The S3 store', () => describeStore(started.made));
else describe.skip(`The S3 store: ${started.reason}`, () => it('is left out', () => undefined));

function describeStore(server: S3Server): void {
  beforeAll(() => server.createBucket('bucket'));
  afterAll(() => server.stop());

  async function through(fault: Fault, kinds: readonly string[]) {
    const proxy = await startProxy({ target: server.endpoint });
    const store = await openS3Store(connectionTo(server, proxy.endpoint), 'bucket', { headersTimeout: 500 });
    const strike = (times: number) => proxy.setFaults({ rules: [{ fault, probability: 1, kinds, times }] });
    return {
      store,
      strike,
      proxy,
      async [Symbol.asyncDispose]() {
        await store.close();
        await proxy.stop();
      },
    };
  }

  it('gives an error, not a short file, when a body breaks off', async () => {
    await using lab = await through({ type: 'truncated-reply' }, ['GetObject']);
    await lab.store.put({ key: 'broken', body: randomBytes(300_000), metadata: none });
    await lab.strike(1);
    const { body } = await lab.store.get({ key: 'broken' });
    await expect(buffer(body)).rejects.toThrow(failure('Unavailable'));
    expect(await buffer((await lab.store.get({ key: 'broken' })).body)).toHaveLength(300_000);
  });

  it('survives one reset, and reports the second', async () => {
    await using lab = await through({ type: 'reset' }, ['PutObject', 'HeadObject']);
    const put = () => lab.store.put({ key: 'reset', body: Buffer.from('content'), metadata: none });
    await lab.strike(1);
    await put();
    await lab.strike(2);
    await expect(put()).rejects.toThrow(failure('Unavailable'));
  });

  it('knows its own write again when the reply was lost', async () => {
    await using lab = await through({ type: 'lost-reply' }, ['PutObject']);
    const put = (key: string) =>
      lab.store.put({ key, body: Buffer.from('content'), metadata: none, condition: { absent: true } });
    await put('first');
    expect(lab.store.conditional().put).toBe(true);
    await lab.strike(1);
    expect((await put('lost')).etag).toBe('"9a0364b9e99bb480dd25e1f0284c8555"');
  });

  it('gives up on a server that falls silent', async () => {
    await using lab = await through({ type: 'silence' }, ['HeadObject']);
    await lab.strike(1);
    await expect(lab.store.head('key')).rejects.toThrow(failure('Unavailable'));
  });

  it('takes an error inside a reply of status 200 for an error', async () => {
    await using lab = await through({ type: 'error-inside-200', code: 'InternalError' }, ['CopyObject']);
    await lab.store.put({ key: 'source', body: Buffer.from('content'), metadata: none });
    await lab.strike(1);
    const copy = { sourceKey: 'source', targetKey: 'target', size: 7 };
    await expect(lab.store.copy(copy)).rejects.toThrow(failure('Unavailable'));
    expect(await lab.store.head('target')).toBeUndefined();
  });

  it('copies in parts what is too large for one request, with metadata and tags', async () => {
    const part = 5 * 1024 ** 2;
    const store = await openS3Store(connectionTo(server), 'bucket', { limits: { maxCopy: part, maxPart: part } });
    const content = randomBytes(2 * part + 7);
    const metadata = { user: { mode: 'ü' }, contentType: 'text/plain', tags: { project: 'a' } };
    const { size, etag } = await store.put({ key: 'large', body: content, metadata });
    const version = await store.copy({ sourceKey: 'large', targetKey: 'copied', size, pin: { etag } });
    expect(version.etag).toMatch(/-3"$/);
    expect(await store.head('copied')).toMatchObject({ version: { etag: version.etag, size }, metadata });
    expect(content.equals(await buffer((await store.get({ key: 'copied' })).body))).toBe(true);
    expect(await store.multipart.list('')).toEqual([]);
    await store.close();
  });

  it('reads by versionId what has been replaced meanwhile', async () => {
    const client = server.client();
    const { PutBucketVersioningCommand } = await import('@aws-sdk/client-s3');
    await server.createBucket('versions');
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await client.send(new PutBucketVersioningCommand({ Bucket: 'versions', VersioningConfiguration }));
    client.destroy();
    const store = await openS3Store(connectionTo(server), 'versions');
    const { etag, versionId } = await store.put({ key: 'file', body: Buffer.from('old'), metadata: none });
    await store.put({ key: 'file', body: Buffer.from('new'), metadata: none });
    expect(versionId).toBeDefined();
    const pin = { etag, ...(versionId !== undefined && { versionId }) };
    expect((await buffer((await store.get({ key: 'file', pin })).body)).toString()).toBe('old');
    await store.copy({ sourceKey: 'file', targetKey: 'restored', size: 3, pin });
    expect((await buffer((await store.get({ key: 'restored' })).body)).toString()).toBe('old');
    await expect(store.get({ key: 'file', pin: { etag, versionId: 'none' } })).rejects.toThrow();
    await store.close();
  });

  it('lists the buckets of an account', async () => {
    expect(await listBuckets(connectionTo(server))).toContain('bucket');
  });

  it('shares one endpoint between buckets, which outlives their stores', async () => {
    const endpoint = new S3Endpoint(connectionTo(server));
    const stores = [await openS3Store(endpoint, 'bucket'), await openS3Store(endpoint, 'bucket')];
    await stores[0]?.close();
    expect(await stores[1]?.head('nothing')).toBeUndefined();
    await endpoint.close();
  });

  it('checks a bucket, and says what is wrong with it', async () => {
    const connection = connectionTo(server);
    await checkBucket(connection, 'bucket');
    await expect(checkBucket(connection, 'no-such-bucket')).rejects.toThrow(/There is no bucket no-such-bucket/);
    const nowhere = s3Connection.parse({ ...connection, endpoint: 'http://127.0.0.1:1' });
    await expect(checkBucket(nowhere, 'bucket')).rejects.toThrow(/Nothing answers at/);
  });
}
