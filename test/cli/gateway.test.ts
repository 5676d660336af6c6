import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startProxy } from '../s3/proxy.ts';
import { startMoto, type S3Server } from '../s3/servers.ts';
import { CommandLine } from './windlass.ts';

let windlass: CommandLine;
let folder: string;

beforeEach(async () => {
  windlass = await CommandLine.create();
  folder = path.join(windlass.home, 'objects');
  await mkdir(folder);
});
afterEach(() => windlass[Symbol.asyncDispose]());

const hasIpv6 = Object.values(os.networkInterfaces())
  .flat()
  .some((address) => address?.address === '::1');

async function connects(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

describe('windlass gateway', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('serves where it says, and ends well at %s', async (signal) => {
    const pidFile = path.join(windlass.home, 'gateway.pid');
    const { child, address, port, result } = await windlass.startGateway([
      '--folder',
      `a=${folder}`,
      '--pid-file',
      'gateway.pid',
    ]);
    expect(address).toBe('127.0.0.1');
    expect(await connects(port)).toBe(true);
    const pid = Number(await readFile(pidFile, 'utf8'));
    process.kill(pid, signal);
    expect(await result).toMatchObject({ status: 0, stdout: `ready 127.0.0.1:${port}\n`, said: [] });
    expect(existsSync(pidFile)).toBe(false);
    expect(child.exitCode).toBe(0);
    expect(await connects(port)).toBe(false);
  });

  it('replaces the pid file of a gateway that was killed', async () => {
    const pidFile = path.join(windlass.home, 'gateway.pid');
    const args = ['--folder', `a=${folder}`, '--pid-file', pidFile];
    const first = await windlass.startGateway(args);
    const old = await readFile(pidFile, 'utf8');
    process.kill(Number(old), 'SIGKILL');
    await first.result;
    expect(await readFile(pidFile, 'utf8')).toBe(old);
    await windlass.startGateway(args);
    expect(await readFile(pidFile, 'utf8')).not.toBe(old);
  });

  it('keeps everything in the folders of WINDLASS_HOME', async () => {
    await windlass.startGateway(['--folder', `a=${folder}`]);
    expect(existsSync(path.join(windlass.home, 'windlass/data/gateway/gateway.lock'))).toBe(true);
  });

  it('logs JSON lines to stderr, and only what --log-level asks for', async () => {
    const { child, result } = await windlass.startGateway(['--folder', `a=${folder}`, '--log-level', 'silent']);
    child.kill('SIGTERM');
    expect((await result).stderr).toBe('');
  });

  it.skipIf(!hasIpv6)('serves on IPv6', async () => {
    const { address } = await windlass.startGateway(['--folder', `a=${folder}`, '--bind', '[::1]:0']);
    expect(address).toBe('[::1]');
  });
});

describe('windlass gateway with S3', () => {
  let s3: S3Server;
  beforeAll(async () => {
    s3 = await startMoto();
    await s3.createBucket('photos');
  }, 180_000);
  afterAll(() => s3.stop());

  const secret = 'windlass-test-secret';

  it.each([
    ['the environment', [], { AWS_ACCESS_KEY_ID: 'WINDLASSTESTKEY', AWS_SECRET_ACCESS_KEY: secret }],
    ['a credentials file', ['--credentials-file', 'keys.toml'], {}],
    ['a profile', ['--profile', 'work'], {}],
  ])('takes its keys from %s', async (_what, args, environment) => {
    await writeFile(
      path.join(windlass.home, 'keys.toml'),
      `aws_access_key_id = "WINDLASSTESTKEY"\naws_secret_access_key = "${secret}"\n`,
      { mode: 0o600 },
    );
    await mkdir(path.join(windlass.home, '.aws'));
    await writeFile(
      path.join(windlass.home, '.aws/credentials'),
      `[work]\naws_access_key_id = WINDLASSTESTKEY\naws_secret_access_key = ${secret}\n`,
    );
    const { child, result } = await windlass.startGateway(
      ['--endpoint', s3.endpoint, '--region', s3.region, '--export', 'a=photos', '--log-level', 'debug', ...args],
      { environment },
    );
    child.kill('SIGTERM');
    const { status, stderr, said } = await result;
    expect({ status, said }).toEqual({ status: 0, said: [] });
    expect(stderr).not.toContain(secret);
  });

  it.each([
    ['one bucket', ['--export', 'a=photos']],
    ['every bucket', []],
  ])(
    'serves %s that it has served before while nobody answers at the endpoint',
    async (_what, exports) => {
      const proxy = await startProxy({ target: s3.endpoint });
      const args = ['--endpoint', proxy.endpoint, '--region', s3.region, ...exports];
      const environment = { AWS_ACCESS_KEY_ID: 'WINDLASSTESTKEY', AWS_SECRET_ACCESS_KEY: secret };
      const first = await windlass.startGateway(args, { environment });
      first.child.kill('SIGTERM');
      await first.result;
      await proxy.stop();
      const { child, port, result } = await windlass.startGateway(args, { environment });
      expect(await connects(port)).toBe(true);
      child.kill('SIGTERM');
      const { status, stderr } = await result;
      expect(status).toBe(0);
      expect(stderr).toMatch(/Nothing answers at .* shows what was known before\./);
    },
    120_000,
  );

  it('warns of keys in its arguments', async () => {
    const { child, result } = await windlass.startGateway([
      ...['--endpoint', s3.endpoint, '--region', s3.region],
      ...['--access-key', 'WINDLASSTESTKEY', '--secret-key', secret],
    ]);
    child.kill('SIGTERM');
    const { status, stderr, said } = await result;
    expect(status).toBe(0);
    expect(said).toEqual([
      expect.stringMatching(/^windlass: Warning: every user of this machine can see --access-key/),
    ]);
    expect(stderr).not.toContain(secret);
  });
});
