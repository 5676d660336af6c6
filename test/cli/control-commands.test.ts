/** `windlass status`, `flush`, `pause`, `resume` and `limit` against a gateway that runs, whose bucket is a folder. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { create } from '../../gateway/nfs4/operations/create.ts';
import { operations } from '../../gateway/nfs4/operations/index.ts';
import { lookup } from '../../gateway/nfs4/operations/lookup.ts';
import { putrootfh } from '../../gateway/nfs4/operations/putrootfh.ts';
import { call, decodeReply, encodeCompound } from '../../gateway/nfs4/testing/compound-client.ts';
import { RpcClient } from '../../gateway/rpc/client.ts';
import { CommandLine, type Gateway } from './windlass.ts';

let windlass: CommandLine;
let folder: string;

beforeEach(async () => {
  windlass = await CommandLine.create();
  folder = path.join(windlass.home, 'objects');
  await mkdir(folder);
  await writeFile(path.join(folder, 'old.txt'), 'old');
});
afterEach(() => windlass[Symbol.asyncDispose]());

const start = (...args: string[]): Promise<Gateway> =>
  windlass.startGateway(['--folder', `a=${folder}`, '--insecure-ports', ...args]);

/** Makes a directory as a client of NFSv4.0 does. */
async function makeDirectory({ port }: Gateway, name: string): Promise<void> {
  const client = await RpcClient.connect('127.0.0.1', port, {});
  const calls = [
    call(putrootfh, undefined),
    call(lookup, { name: Buffer.from('a') }),
    call(create, {
      type: { type: 'directory' },
      name: Buffer.from(name),
      attributes: { mask: 0n, values: Buffer.alloc(0) },
    }),
  ];
  const credential = { flavor: 'sys', machine: 'test', uid: process.getuid?.() ?? 0, gid: 0, gids: [] } as const;
  const results = await client.call(100003, 4, 1, credential, (writer) => writer.bytes(encodeCompound(calls, 0)));
  client.close();
  expect(decodeReply(results.bytes(results.remaining), operations).summary.at(-1)).toBe('CREATE OK');
}

async function json(...args: readonly string[]): Promise<unknown> {
  return JSON.parse((await windlass.run([...args, '--json'])).stdout);
}

describe('windlass status, flush, pause and resume', () => {
  it('hold back what is written, say so, and send it', async () => {
    const gateway = await start();
    expect(await windlass.run(['pause'])).toMatchObject({ status: 0, said: [] });
    await makeDirectory(gateway, 'made');
    expect((await windlass.run(['status'])).stdout).toBe(
      [
        'Exports: /a',
        '1 change not in S3 yet; 0 B staged.',
        'Uploads are paused: “windlass resume” lets them go on.',
        '  wait  upload /a/made',
        '',
      ].join('\n'),
    );
    expect(await windlass.run(['flush'])).toMatchObject({
      status: 1,
      stdout: '1 change not sent: uploads are paused. “windlass resume” lets them go on.\n',
    });
    expect(existsSync(path.join(folder, 'made'))).toBe(false);
    expect((await windlass.run(['resume'])).status).toBe(0);
    expect(await windlass.run(['flush'])).toMatchObject({ status: 0, stdout: 'Everything is in S3.\n' });
    expect(existsSync(path.join(folder, 'made'))).toBe(true);
    expect((await windlass.run(['status'])).stdout).toBe('Exports: /a\nEverything is in S3.\n');
  });

  it('stay paused and limited when the gateway is started again', async () => {
    const { child, result } = await start();
    await windlass.run(['pause']);
    expect((await windlass.run(['limit', '1.5M'])).stdout).toBe('Uploads send at most 1.5 MiB a second.\n');
    child.kill('SIGTERM');
    expect((await result).status).toBe(0);
    await start();
    expect(await json('status')).toMatchObject({ isPaused: true, bandwidth: 1.5 * 1024 ** 2 });
    expect((await windlass.run(['limit', 'none'])).status).toBe(0);
    expect(await json('status')).toMatchObject({ bandwidth: null });
  });

  it('say in JSON what they say in words', async () => {
    const gateway = await start();
    await windlass.run(['pause']);
    await makeDirectory(gateway, 'made');
    expect(await json('status')).toMatchObject({
      pid: gateway.child.pid,
      exports: ['a'],
      isPaused: true,
      pending: 1,
      running: 0,
      failed: 0,
      transfers: [{ kind: 'upload', path: '/a/made', state: 'waiting', size: 0, sent: 0 }],
      more: 0,
      notices: [],
    });
    expect(await json('status', '/a')).toMatchObject({ path: '/a', type: 'directory', pending: 1 });
  });

  it('say where one file is', async () => {
    const gateway = await start();
    await windlass.run(['pause']);
    await makeDirectory(gateway, 'made');
    expect((await windlass.run(['status', '/a/made'])).stdout).toBe('/a/made: staged; 1 change in it not sent yet\n');
    expect(await windlass.run(['status', '/a/nothing'])).toMatchObject({
      status: 1,
      said: [expect.stringContaining('The gateway knows of no /a/nothing')],
    });
  });

  it('say so where no gateway runs, and which is meant where two do', async () => {
    expect(await windlass.run(['status'])).toMatchObject({
      status: 1,
      said: ['windlass: No gateway runs: start one with “windlass gateway”.'],
    });
    const one = await start('--data-dir', 'one');
    await start('--data-dir', 'two');
    expect((await windlass.run(['status'])).said).toEqual([
      'windlass: 2 gateways run: say which is meant with --data-dir.',
    ]);
    expect(await json('status', '--data-dir', 'one')).toMatchObject({ pid: one.child.pid });
  });

  it('find no gateway that was killed', async () => {
    const { child, result } = await start();
    child.kill('SIGKILL');
    await result;
    expect((await windlass.run(['flush'])).said).toEqual([expect.stringContaining('No gateway runs')]);
  });
});

describe('windlass limit', () => {
  it.each([
    ['fast', 'The rate needs a size'],
    ['1023', 'The rate needs at least 1K'],
  ])('refuses %s', async (rate, why) => {
    expect(await windlass.run(['limit', rate])).toMatchObject({ status: 2, said: [expect.stringContaining(why)] });
  });
});
