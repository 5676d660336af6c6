/** What a test of a connection says of everything that can be wrong with one. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { connectionSettings, type ConnectionSettings, type ConnectionTest } from '../../src-main/api/connections.ts';
import { ProblemError, type Problem } from '../../src-main/api/problem.ts';
import type { SignIn } from '../../src-main/connections/connections.ts';
import { testConnection, type TestSurroundings } from '../../src-main/connections/test-connection.ts';
import { startMoto, startVersitygw, type S3Server } from '../s3/servers.ts';
import { authority } from './certificates.ts';
import { forbiddenUser } from './moto-user.ts';
import { closedPort, mailServer, plainServer, secureServer, startProxy, type CertificateName } from './servers.ts';

const keys = { accessKeyId: 'AKIA1', secretAccessKey: 'hunter2-hunter2' };

function settings(endpoint: string, more: Partial<ConnectionSettings> = {}): ConnectionSettings {
  return connectionSettings.parse({
    name: 'lab',
    preset: 'custom',
    endpoint,
    region: 'us-east-1',
    pathStyle: true,
    secret: { kind: 'session' },
    ...more,
  });
}

async function bundle(text = authority): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'windlass-bundle-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'ca.pem');
  await writeFile(file, text);
  return file;
}

function test(
  what: ConnectionSettings,
  signIn: SignIn = { keys },
  surroundings: Partial<TestSurroundings> = {},
): Promise<ConnectionTest> {
  return testConnection(what, () => Promise.resolve(signIn), {
    environment: {},
    now: Date.now,
    timeLimit: 5000,
    ...surroundings,
  });
}

const outcomes = ({ steps }: ConnectionTest): string =>
  steps.map(({ step, outcome }) => `${step} ${outcome}`).join(', ');

/** Of the one step that failed; it names a remedy, and nothing of the secret. */
function failure(result: ConnectionTest): Problem & { readonly step: string } {
  const failed = result.steps.filter(({ outcome }) => outcome === 'failed');
  expect(failed).toHaveLength(1);
  const [{ step, problem } = { step: '', problem: undefined }] = failed;
  if (problem === undefined) throw new Error('a step failed without a problem');
  expect(problem.remedy).toMatch(/^\S.+\.$/);
  expect(JSON.stringify(result)).not.toContain('hunter2');
  return { ...problem, step };
}

describe('Before any key is shown, a test names', () => {
  it('a host that nobody knows', async () => {
    // RFC 6761 §6.4: no such name ever resolves.
    expect(failure(await test(settings('https://s3.windlass.invalid')))).toMatchObject({
      step: 'connect',
      code: 'dns',
    });
  });

  it.each(['http', 'https'])('a port of %s on which nothing listens', async (protocol) => {
    const port = await closedPort();
    const problem = failure(await test(settings(`${protocol}://127.0.0.1:${port}`)));
    expect(problem).toMatchObject({ code: 'unreachable', field: 'endpoint' });
    expect(problem.detail).toContain(`127.0.0.1:${port}: the connection was refused`);
  });

  it.each<[CertificateName, RegExp]>([
    ['selfSigned', /is signed by itself/],
    ['expired', /has expired \(it was good until Jan .*2025/],
    ['notYetValid', /is good from Jan .*2120/],
    ['ofAnotherName', /is for s3\.example\.com, not for localhost/],
  ])('a certificate that is %s', async (certificate, words) => {
    const port = await secureServer(certificate);
    const result = await test(settings(`https://localhost:${port}`, { caBundle: await bundle() }));
    expect(failure(result)).toMatchObject({ step: 'connect', code: 'tls' });
    expect(failure(result).detail).toMatch(words);
  });

  it('a certificate of an unknown authority, by the authority’s name, until it is named', async () => {
    const port = await secureServer('good');
    const unknown = failure(await test(settings(`https://localhost:${port}`)));
    expect(unknown).toMatchObject({ code: 'tls', field: 'caBundle' });
    expect(unknown.detail).toContain('“Windlass test authority”, whom this machine does not know');
    const known = await test(settings(`https://localhost:${port}`, { caBundle: await bundle() }));
    expect(known.steps[1]).toEqual({ step: 'connect', outcome: 'good' });
  });

  it.each([
    ['is not there', undefined],
    ['holds none', 'no certificate'],
  ])('a file of certificates that %s', async (_what, text) => {
    const caBundle = text === undefined ? '/no/such/file.pem' : await bundle(text);
    expect(failure(await test(settings('https://localhost:1', { caBundle })))).toMatchObject({
      step: 'address',
      field: 'caBundle',
    });
  });

  it('http on a port of https, and the reverse', async () => {
    const plain = failure(await test(settings(`https://127.0.0.1:${await plainServer()}`)));
    expect(plain.remedy).toMatch(/^Write the address as http:\/\/127\.0\.0\.1/);
    const secure = failure(await test(settings(`http://127.0.0.1:${await secureServer('good')}`)));
    expect(secure.remedy).toMatch(/^Write the address as https:\/\/127\.0\.0\.1/);
  });

  it.each(['http', 'https'])('that what listens does not speak HTTP, asked by %s', async (protocol) => {
    const result = await test(settings(`${protocol}://127.0.0.1:${await mailServer()}`), { keys }, { timeLimit: 1000 });
    expect(failure(result)).toMatchObject({ step: 'connect', field: 'endpoint' });
  });

  it('a clock that is wrong, by how much', async () => {
    const port = await plainServer();
    const ahead = await test(settings(`http://127.0.0.1:${port}`), { keys }, { now: () => Date.now() + 3 * 3_600_000 });
    expect(ahead.steps[2]).toMatchObject({
      step: 'clock',
      outcome: 'good',
      problem: { code: 'clock-skew', detail: expect.stringMatching(/3 hours ahead of that of 127\.0\.0\.1/) as string },
    });
    const right = await test(settings(`http://127.0.0.1:${port}`), { keys }, { now: () => Date.now() + 60_000 });
    expect(right.steps[2]).toEqual({ step: 'clock', outcome: 'good' });
  });
});

describe('Behind a proxy, a test', () => {
  it('names one that does not answer', async () => {
    const result = await test(settings('https://s3.example.com', { proxy: `http://127.0.0.1:${await closedPort()}` }));
    expect(failure(result)).toMatchObject({ code: 'proxy', field: 'proxy' });
  });

  it.each(['http', 'https'])('says that it wants a password, asked for %s', async (protocol) => {
    const { url } = await startProxy(undefined, `Basic ${Buffer.from('me:p@ss').toString('base64')}`);
    const port = protocol === 'http' ? await plainServer() : await secureServer('good');
    const endpoint = `${protocol}://localhost:${port}`;
    const more = { caBundle: await bundle() };
    const refused = failure(await test(settings(endpoint, { proxy: url, ...more })));
    expect(refused.detail).toContain('wants a user name and a password');
    const signed = url.replace('//', '//me:p%40ss@');
    expect((await test(settings(endpoint, { proxy: signed, ...more }))).steps[1]?.outcome).toBe('good');
  });

  it('says that it does not let through', async () => {
    const { url, asked } = await startProxy(403);
    const problem = failure(await test(settings('https://s3.example.com', { proxy: url })));
    expect(problem.detail).toContain('does not let this machine connect to s3.example.com:443 (HTTP 403)');
    expect(asked).toEqual(['CONNECT s3.example.com:443']);
  });

  it('takes it from the environment, but for hosts that NO_PROXY names', async () => {
    const { url, asked } = await startProxy(403);
    const endpoint = settings(`https://localhost:${await secureServer('good')}`, { caBundle: await bundle() });
    const through = await test(endpoint, { keys }, { environment: { HTTPS_PROXY: url } });
    expect(failure(through).code).toBe('proxy');
    const past = await test(
      endpoint,
      { keys },
      { environment: { HTTPS_PROXY: url, NO_PROXY: 'example.com,localhost' } },
    );
    expect([past.steps[1]?.outcome, asked.length]).toEqual(['good', 1]);
  });

  it('says that what the environment names is no address', async () => {
    const result = await test(
      settings('https://s3.example.com'),
      { keys },
      { environment: { HTTPS_PROXY: 'not a url' } },
    );
    expect(failure(result)).toMatchObject({ code: 'proxy' });
  });
});

describe('Of versitygw, a test', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startVersitygw();
    await server.createBucket('photos');
  }, 300_000);
  afterAll(() => server.stop());
  const right = (): SignIn => ({
    keys: { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey },
  });

  it('finds everything right, and tells the buckets', async () => {
    const result = await test(settings(server.endpoint, { buckets: ['photos'] }), right());
    expect(outcomes(result)).toBe('address good, connect good, clock good, keys good, buckets good, bucket good');
    expect(result.buckets).toContainEqual({ name: 'photos' });
  });

  it('finds it right through a proxy too', async () => {
    const { url, asked } = await startProxy();
    const result = await test(settings(server.endpoint, { proxy: url }), right());
    expect(outcomes(result)).toBe('address good, connect good, clock good, keys good, buckets good, bucket skipped');
    expect(asked.length).toBeGreaterThan(1);
  });

  it('names a wrong access key ID and a wrong secret apart', async () => {
    const { accessKeyId, secretAccessKey } = server;
    const id = failure(await test(settings(server.endpoint), { keys: { accessKeyId: 'AKIA1', secretAccessKey } }));
    expect(id).toMatchObject({ step: 'keys', code: 'credentials', field: 'keys.accessKeyId' });
    const secret = failure(
      await test(settings(server.endpoint), { keys: { accessKeyId, secretAccessKey: 'hunter2' } }),
    );
    expect(secret).toMatchObject({ step: 'keys', code: 'credentials', field: 'keys.secretAccessKey' });
  });

  it('names the right region', async () => {
    const result = await test(settings(server.endpoint, { region: 'eu-west-1' }), right());
    const told = result.steps.find(({ problem }) => problem?.code === 'wrong-region');
    expect(told?.problem?.remedy).toBe('Set the region: --region us-east-1.');
  });

  it('names each bucket that is not there', async () => {
    const result = await test(settings(server.endpoint, { buckets: ['nothing', 'photos'] }), right());
    expect(failure(result)).toMatchObject({ step: 'bucket', code: 'no-such-bucket' });
    expect(failure(result).detail).toContain('nothing');
    expect(outcomes(result)).toMatch(/bucket failed, bucket good$/);
  });
});

describe('Of keys without the right to list buckets, a test', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startMoto();
    await server.createBucket('photos');
  }, 300_000);
  afterAll(() => server.stop());

  it('asks for the name of one, and goes on with it', async () => {
    await using user = await forbiddenUser(server, { Action: ['s3:ListBucket'], Resource: 'arn:aws:s3:::photos' });
    const asks = failure(await test(settings(server.endpoint), { keys: user.keys }));
    expect(asks).toMatchObject({ step: 'buckets', code: 'access-denied', field: 'buckets' });
    expect(asks.remedy).toContain('--bucket NAME');
    const named = await test(settings(server.endpoint, { buckets: ['photos'] }), { keys: user.keys });
    expect(outcomes(named)).toBe('address good, connect good, clock good, keys good, buckets skipped, bucket good');
  });

  it('says what the keys need for a bucket that they may not use', async () => {
    await using user = await forbiddenUser(server, { Action: ['s3:GetObject'], Resource: '*' });
    const result = await test(settings(server.endpoint, { buckets: ['photos'] }), { keys: user.keys });
    expect(failure(result)).toMatchObject({ step: 'bucket', code: 'access-denied' });
    expect(failure(result).remedy).toContain('s3:ListBucket');
  });
});

describe('Where no S3 is, a test', () => {
  it('says that something else answers', async () => {
    const port = await plainServer((_request, response) => response.writeHead(200).end('<html>a console</html>'));
    expect(failure(await test(settings(`http://127.0.0.1:${port}`)))).toMatchObject({
      step: 'keys',
      code: 'unreachable',
      field: 'endpoint',
    });
  });

  it('says that the keys cannot be had', async () => {
    const port = await plainServer();
    const locked = ProblemError.of('keychain', 'The keychain is locked.', 'Unlock it.');
    const result = await testConnection(settings(`http://127.0.0.1:${port}`), () => Promise.reject(locked));
    expect(failure(result)).toMatchObject({ step: 'keys', code: 'keychain' });
  });
});

describe('Of a folder, a test', () => {
  const folderAt = (folder: string): ConnectionSettings =>
    connectionSettings.parse({ name: 'lab', preset: 'folder', folder, secret: { kind: 'none' } });

  it('looks whether it is there', async () => {
    expect(outcomes(await test(folderAt(os.tmpdir())))).toMatch(/^address good, connect skipped/);
    expect(failure(await test(folderAt('/no/such/folder')))).toMatchObject({ step: 'address', field: 'folder' });
  });
});
