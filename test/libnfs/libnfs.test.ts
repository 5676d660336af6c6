/** libnfs, a client of its own in user space, as Debian's nfs-ls, nfs-cp and nfs-cat have it. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { CommandLine, type Gateway } from '../cli/windlass.ts';
import { installPackages } from '../lab/install.ts';
import { hasCommand } from '../lab/machine.ts';
import { orReason, Unavailable } from '../lab/unavailable.ts';

const run = promisify(execFile);

let windlass: CommandLine;
let gateway: Gateway;
let folder: string;
let missing: string | undefined;

beforeAll(async () => {
  const outcome = await orReason(async () => {
    await installPackages(['libnfs']);
    if (!hasCommand('nfs-cp')) throw new Unavailable('libnfs is tested with the commands of Debian’s libnfs-utils.');
  });
  missing = 'reason' in outcome ? outcome.reason : undefined;
  windlass = await CommandLine.create();
  folder = path.join(windlass.home, 'objects');
  await mkdir(path.join(folder, 'sub'), { recursive: true });
  await writeFile(path.join(folder, 'hello.txt'), 'hello from the store\n');
  await writeFile(path.join(folder, 'sub/inner'), 'x');
  gateway = await windlass.startGateway(['--folder', `data=${folder}`, '--insecure-ports']);
});

afterAll(() => windlass[Symbol.asyncDispose]());

describe.each([3, 4])('libnfs with version %d', (version) => {
  const url = (name: string): string =>
    `nfs://127.0.0.1/data${name}?version=${version}&nfsport=${gateway.port}&mountport=${gateway.port}`;
  const needs = (context: TestContext): void => {
    if (missing !== undefined) context.skip(missing);
  };

  it('lists a folder', async (context) => {
    needs(context);
    const { stdout } = await run('nfs-ls', [url('')]);
    expect(stdout).toMatch(/^-rw-r--r--.* 21 hello\.txt$/m);
    expect(stdout).toMatch(/^drwxr-xr-x.* sub$/m);
  });

  it('reads a file', async (context) => {
    needs(context);
    expect((await run('nfs-cat', [url('/hello.txt')])).stdout).toBe('hello from the store\n');
  });

  it('writes a file that reads the same, and goes to the store', async (context) => {
    needs(context);
    const local = path.join(windlass.home, `local-${version}`);
    // libnfs 4.0 cannot encode larger WRITEs of version 4: it fails before it has sent one.
    const data = Buffer.alloc(version === 4 ? 3000 : 3 * 1024 * 1024 + 5, `version ${version}`);
    await writeFile(local, data);
    await run('nfs-cp', [local, url(`/copy-${version}`)]);
    const back = path.join(windlass.home, `back-${version}`);
    await run('nfs-cp', [url(`/copy-${version}`), back]);
    expect((await readFile(back)).equals(data)).toBe(true);
    await expect
      .poll(
        async () => (await readFile(path.join(folder, `copy-${version}`)).catch(() => Buffer.alloc(0))).equals(data),
        {
          timeout: 30_000,
        },
      )
      .toBe(true);
  });
});
