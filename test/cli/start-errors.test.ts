import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startMoto, type S3Server } from '../s3/servers.ts';
import { CommandLine, type RunOptions } from './windlass.ts';

const secret = 'hunter2-hunter2-hunter2';

let s3: S3Server;
let windlass: CommandLine;
let folder: string;

beforeAll(async () => {
  s3 = await startMoto();
  await s3.createBucket('photos');
}, 180_000);
afterAll(() => s3.stop());

beforeEach(async () => {
  windlass = await CommandLine.create();
  folder = path.join(windlass.home, 'objects');
  await mkdir(folder);
});
afterEach(() => windlass[Symbol.asyncDispose]());

/** It ended with 1 and one line, which matches, and has neither served nor told anything of its insides or secrets. */
async function expectStartError(args: readonly string[], sentence: RegExp, options?: RunOptions): Promise<void> {
  const { status, stdout, said, stderr } = await windlass.run(['gateway', '--bind', '127.0.0.1:0', ...args], options);
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch(sentence);
  expect(said[0]).toMatch(/^windlass: [A-Z].+\.$/);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(stderr).not.toContain(secret);
}

const keys = { AWS_ACCESS_KEY_ID: 'WINDLASSTESTKEY', AWS_SECRET_ACCESS_KEY: secret };
const onMoto = () => ['--endpoint', s3.endpoint, '--region', s3.region];

/** Something else that listens on a port of 127.0.0.1. */
async function listen(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

const close = (server: Server) => new Promise((resolve) => server.close(resolve));

describe('a gateway that cannot start says why in one sentence, with status 1', () => {
  it('where a bucket is missing', () =>
    expectStartError([...onMoto(), '--export', 'a=photos', '--export', 'b=no-such-bucket'], /no-such-bucket/, {
      environment: keys,
    }));

  it.each([
    ['one bucket', ['--export', 'a=photos']],
    ['every bucket', []],
  ])('where nobody answers at the endpoint of %s', async (_what, exports) => {
    const { server, port } = await listen();
    await close(server);
    await expectStartError(
      ['--endpoint', `http://127.0.0.1:${port}`, '--region', 'us-east-1', ...exports],
      new RegExp(`127\\.0\\.0\\.1:${port}`),
      { environment: keys },
    );
  });

  describe('where S3 refuses the keys', () => {
    // moto asks for keys that it has given out itself once this many requests have been made.
    const checkKeys = async (after: string) => {
      const reply = await fetch(`${s3.endpoint}/moto-api/reset-auth`, { method: 'POST', body: after });
      expect(reply.status).toBe(200);
    };
    beforeEach(() => checkKeys('0'));
    afterEach(() => checkKeys('inf'));

    it.each([
      ['one bucket', ['--export', 'a=photos']],
      ['every bucket', []],
    ])('of %s', (_what, exports) =>
      expectStartError([...onMoto(), ...exports], /key|credential/i, { environment: keys }),
    );
  });

  it('where there are no keys at all', () =>
    expectStartError([...onMoto(), '--export', 'a=photos'], /credential|key/i));

  it('where the profile does not exist', () =>
    expectStartError([...onMoto(), '--export', 'a=photos', '--profile', 'nobody'], /nobody/));

  it('where the port is in use', async () => {
    const { server, port } = await listen();
    try {
      await expectStartError(
        ['--folder', `a=${folder}`, '--bind', `127.0.0.1:${port}`],
        new RegExp(`Port ${port} .*in use`),
      );
    } finally {
      await close(server);
    }
  });

  it('where no interface has the address', () =>
    // RFC 5737: an address of documentation, which nobody has.
    expectStartError(['--folder', `a=${folder}`, '--bind', '192.0.2.1:0', '--allow', '192.0.2.0/24'], /192\.0\.2\.1/));

  it('where another gateway has the data folder, until that one is killed', async () => {
    const data = path.join(windlass.home, 'data');
    const { child, result } = await windlass.startGateway(['--folder', `a=${folder}`, '--data-dir', data]);
    await expectStartError(['--folder', `a=${folder}`, '--data-dir', data], /data folder .* in use by another gateway/);
    child.kill('SIGKILL');
    await result;
    const next = await windlass.startGateway(['--folder', `a=${folder}`, '--data-dir', data]);
    next.child.kill('SIGTERM');
    expect(await next.result).toMatchObject({ status: 0 });
  });

  it('where the data folder is a file', async () => {
    const file = path.join(windlass.home, 'file');
    await writeFile(file, '');
    await expectStartError(['--folder', `a=${folder}`, '--data-dir', file], /data folder .*file/);
  });

  it('where an exported folder is missing', () =>
    expectStartError(['--folder', `a=${folder}/none`], /There is no folder .*\/none/));

  it('where the credentials file is missing, open to others, or wrong', async () => {
    const file = path.join(windlass.home, 'keys.toml');
    const args = [...onMoto(), '--export', 'a=photos', '--credentials-file', 'keys.toml'];
    await expectStartError(args, /keys\.toml cannot be read: there is no such file/);
    await writeFile(file, `aws_access_key_id = "A"\naws_secret_access_key = ${secret}\n`, { mode: 0o600 });
    await expectStartError(args, /keys\.toml is not TOML \(line 2\)/);
    await writeFile(path.join(windlass.home, 'open.toml'), 'x = 1', { mode: 0o644 });
    await expectStartError([...args.slice(0, -1), 'open.toml'], /may be read by others/);
  });

  it('where the pid file cannot be written', () =>
    expectStartError(['--folder', `a=${folder}`, '--pid-file', 'none/pid'], /pid file .* its folder does not exist/));
});
