/** `windlass status`, `flush`, `pause` and `resume` against a gateway that runs, whose bucket is a folder. */
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
  const uid = process.getuid?.() ?? 0;
  const calls = [
    call(putrootfh, undefined),
    call(lookup, { name: Buffer.from('a') }),
    call(create, {
      type: { type: 'directory' },
      name: Buffer.from(name),
      attributes: { mask: 0n, values: Buffer.alloc(0) },
    }),
  ];
  const credential = { flavor: 'sys', machine: 'test', uid, gid: 0, gids: [] } as const;
  const results = await client.call(100003, 4, 1, credential, (writer) => writer.bytes(encodeCompound(calls, 0)));
  client.close();
  expect(decodeReply(results.bytes(results.remaining), operations).summary.at(-1)).toBe('CREATE OK');
}

describe('windlass pause, status, resume and flush', () => {
  it('hold back what is written, say so, and send it', async () => {
    const gateway = await start();
    expect((await windlass.run(['pause'])).status).toBe(0);
    await makeDirectory(gateway, 'made');
    const shown = await windlass.run(['status']);
    expect(shown.stdout.split('\n').slice(0, 4)).toEqual([
      `The gateway serves at 127.0.0.1:${gateway.port}`,
      `  /a  ${folder}`,
      'Paused. 1 change not in S3 yet, 0 B staged. windlass resume goes on.',
      expect.stringMatching(/^ {2}waiting {2}a\/made/),
    ]);
    const refused = await windlass.run(['flush']);
    expect([refused.status, refused.said]).toEqual([
      1,
      ['windlass: Uploads are paused, so nothing is sent: resume them first (windlass resume).'],
    ]);
    expect(existsSync(path.join(folder, 'made'))).toBe(false);
    await windlass.run(['resume']);
    const flushed = await windlass.run(['flush']);
    expect([flushed.status, flushed.stdout.split('\n')[2]]).toEqual([0, 'Everything is in S3.']);
    expect(existsSync(path.join(folder, 'made'))).toBe(true);
  });

  it('say in JSON what they say in words', async () => {
    const { port } = await start();
    const { stdout } = await windlass.run(['status', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ port, pending: 0, isPaused: false, transfers: [], notices: [] });
  });

  it('say how far a file has come', async () => {
    const gateway = await start();
    await makeDirectory(gateway, 'made');
    const unknown = await windlass.run(['status', '/a/nothing']);
    expect([unknown.status, unknown.said[0]]).toEqual([1, expect.stringContaining('knows no file /a/nothing')]);
    const directory = await windlass.run(['status', '/a/made']);
    expect(directory.said[0]).toContain('is a folder');
    const old = await windlass.run(['status', '/a/old.txt']);
    expect(old.stdout).toBe('/a/old.txt (3 B) is in S3\n');
  });

  it('say so where no gateway runs, and which is meant where two do', async () => {
    const nobody = await windlass.run(['status']);
    expect([nobody.status, nobody.said]).toEqual([
      1,
      ['windlass: No gateway of this user runs: start one with windlass gateway.'],
    ]);
    const one = await start('--data-dir', 'one');
    await start('--data-dir', 'two');
    expect((await windlass.run(['status'])).said[0]).toContain('2 gateways run: say which by its --data-dir.');
    const { stdout } = await windlass.run(['status', '--data-dir', path.join(windlass.home, 'one'), '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ port: one.port });
  });

  it('find no gateway that was killed', async () => {
    const { child, result } = await start();
    child.kill('SIGKILL');
    await result;
    expect((await windlass.run(['flush'])).said[0]).toContain('No gateway of this user runs');
  });
});
