/** `windlass connection …` and `windlass creds …` against a real S3 server, in files and without a keychain. */
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { lineOf, spawnHere } from '../lab/child.ts';
import { hasCommand } from '../lab/machine.ts';
import { startVersitygw, type S3Server } from '../s3/servers.ts';
import { CommandLine, root } from './windlass.ts';

let s3: S3Server;
let windlass: CommandLine;

beforeAll(async () => {
  s3 = await startVersitygw();
  await s3.createBucket('photos');
}, 300_000);
afterAll(() => s3.stop());
beforeEach(async () => {
  windlass = await CommandLine.create();
});
afterEach(() => windlass[Symbol.asyncDispose]());

const keyLines = (): string => `${s3.accessKeyId}\n${s3.secretAccessKey}\n`;
const configFile = (...names: readonly string[]): string => path.join(windlass.home, 'windlass/config', ...names);
const initLab = (...more: readonly string[]) =>
  windlass.run(['creds', 'init', 'lab', '--endpoint', s3.endpoint, ...more], { input: keyLines() });

async function json(...args: readonly string[]): Promise<unknown> {
  return JSON.parse((await windlass.run([...args, '--json'])).stdout);
}

describe('windlass creds init', () => {
  it('tries the keys, writes them into a file of mode 0600, and keeps a connection that works', async () => {
    const { status, stdout, said } = await initLab();
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: `The connection lab is kept, its keys in ${configFile('creds/lab.toml')}.\n`,
    });
    expect(said).toContain('  good  keys');
    expect((await stat(configFile('creds/lab.toml'))).mode & 0o777).toBe(0o600);
    expect((await windlass.run(['connection', 'test', 'lab'])).stdout).toMatch(
      / {2}good {2}keys\n.*\n {2}Buckets: .*photos/,
    );
    expect(await json('connection', 'show', 'lab')).toMatchObject({ name: 'lab', hasKeys: true, region: 'us-east-1' });
  });

  it('writes nothing where the keys are wrong, and says which of them', async () => {
    const input = `${s3.accessKeyId}\nhunter2-hunter2\n`;
    const result = await windlass.run(['creds', 'init', 'lab', '--endpoint', s3.endpoint], { input });
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toMatch(/fail {2}keys: .*the secret access key does not belong to it.*\nNothing was written/);
    expect(result.stderr).not.toContain('hunter2');
    expect(await json('connection', 'list')).toEqual([]);
    await expect(readdir(configFile('creds'))).rejects.toThrow(/ENOENT/);
  });

  it('replaces a file only with --force', async () => {
    await mkdir(configFile('creds'), { recursive: true });
    await writeFile(configFile('creds/lab.toml'), 'precious', { mode: 0o644 });
    expect((await initLab()).said).toEqual([expect.stringMatching(/^windlass: There is a file .* already: --force/)]);
    expect(await readFile(configFile('creds/lab.toml'), 'utf8')).toBe('precious');
    expect(await initLab('--force')).toMatchObject({ status: 0 });
    expect((await stat(configFile('creds/lab.toml'))).mode & 0o777).toBe(0o600);
    expect((await initLab()).said).toEqual([expect.stringMatching(/^windlass: There is a connection lab already/)]);
  });

  it('says what standard input has to hold', async () => {
    const result = await windlass.run(['creds', 'init', 'lab', '--endpoint', s3.endpoint], { input: 'AKIA1\n' });
    expect(result).toMatchObject({
      status: 1,
      said: [expect.stringMatching(/No pair of keys was given\. Standard input/)],
    });
  });
});

describe('windlass connection', () => {
  it('keeps, changes, lists, shows and forgets connections, and never shows a key', async () => {
    await initLab();
    const file = configFile('creds/lab.toml');
    const add = ['connection', 'add', 'other', '--endpoint', s3.endpoint, '--creds-file', file];
    expect(await windlass.run(add)).toMatchObject({ status: 0, stdout: 'The connection other is kept.\n' });
    expect((await windlass.run(add)).said).toEqual([expect.stringMatching(/There is a connection other already/)]);
    expect((await windlass.run([...add, '--replace', '--bucket', 'photos'])).status).toBe(0);
    const list = await windlass.run(['connection', 'list']);
    expect(list.stdout).toBe(['lab', 'other'].map((name) => `${name.padEnd(16)}  ${s3.endpoint}\n`).join(''));
    const show = await windlass.run(['connection', 'show', 'other']);
    expect(show.stdout).toMatch(/^keys {11}in .*lab\.toml\nbuckets {8}photos\n$/m);
    const shown = [list, show].flatMap(({ stdout, stderr }) => [stdout, stderr]).join('');
    for (const key of [s3.accessKeyId, s3.secretAccessKey]) expect(shown).not.toContain(key);
    expect(await windlass.run(['connection', 'remove', 'other'])).toMatchObject({ status: 0 });
    expect(await json('connection', 'list')).toMatchObject([{ name: 'lab' }]);
    expect(await readFile(file, 'utf8')).toContain(s3.accessKeyId);
  });

  it('keeps nothing that was tried and failed, unless it is told to', async () => {
    const add = ['connection', 'add', 'away', '--endpoint', 'http://127.0.0.1:1', '--environment'];
    const failed = await windlass.run(add);
    expect(failed).toMatchObject({ status: 1, stdout: '' });
    expect(failed.stderr).toMatch(/fail {2}connection: Nothing listens at 127\.0\.0\.1:1.*\nNothing was kept/);
    expect((await windlass.run([...add, '--no-test'])).status).toBe(0);
    const tested = await windlass.run(['connection', 'test', 'away', '--json']);
    expect(tested.status).toBe(1);
    expect(JSON.parse(tested.stdout)).toMatchObject({
      steps: expect.arrayContaining([
        expect.objectContaining({
          step: 'connect',
          problem: expect.objectContaining({ code: 'unreachable' }) as unknown,
        }),
      ]) as unknown,
    });
  });

  it('needs no keys for a folder', async () => {
    const folder = path.join(windlass.home, 'objects');
    const add = ['connection', 'add', 'scratch', '--folder', folder];
    expect((await windlass.run(add)).stderr).toMatch(/There is no folder/);
    await mkdir(folder);
    expect((await windlass.run(add)).status).toBe(0);
  });

  it('says that there is no such connection', async () => {
    expect(await windlass.run(['connection', 'remove', 'none'])).toMatchObject({
      status: 1,
      said: ['windlass: There is no connection "none". windlass connection list shows those that there are.'],
    });
  });

  it('takes no key as an argument, and repeats none', async () => {
    const { status, said, stderr } = await windlass.run(['connection', 'add', 'x', '--secret-key', 'hunter2']);
    expect({ status, said }).toEqual({ status: 2, said: [expect.stringMatching(/There is no option --secret-key/)] });
    expect(stderr).not.toContain('hunter2');
  });

  it('imports AWS profiles by reference', async () => {
    await mkdir(path.join(windlass.home, '.aws'));
    await writeFile(
      path.join(windlass.home, '.aws/config'),
      `[profile Lab_One]\nregion = us-east-1\nendpoint_url = ${s3.endpoint}\n[default]\nregion = eu-central-1\n`,
    );
    await writeFile(
      path.join(windlass.home, '.aws/credentials'),
      `[Lab_One]\naws_access_key_id = ${s3.accessKeyId}\naws_secret_access_key = ${s3.secretAccessKey}\n`,
    );
    expect((await windlass.run(['connection', 'import', '--dry-run'])).stdout).toBe(
      'lab-one would be kept, for the profile Lab_One.\ndefault would be kept, for the profile default.\n',
    );
    expect(await json('connection', 'list')).toEqual([]);
    expect((await windlass.run(['connection', 'import', 'nobody'])).said).toEqual([
      'windlass: There is no AWS profile nobody.',
    ]);
    expect((await windlass.run(['connection', 'import', 'Lab_One'])).status).toBe(0);
    expect((await windlass.run(['connection', 'import'])).stdout).toBe('default is kept, for the profile default.\n');
    expect((await windlass.run(['connection', 'test', 'lab-one'])).stdout).toContain('photos');
    expect(await readFile(configFile('connections.json'), 'utf8')).not.toContain(s3.accessKeyId);
  });
});

describe('On a terminal', () => {
  it.skipIf(!hasCommand('script'))('the secret key is asked for and not shown', async () => {
    const command = `${process.execPath} ${path.join(root, 'src-main/cli/windlass.js')} creds init lab --endpoint ${s3.endpoint}`;
    const child = spawnHere('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'], HOME: windlass.home, WINDLASS_HOME: path.join(windlass.home, 'windlass') },
    });
    const output = child.stdout === null ? Promise.resolve('') : text(child.stdout);
    for (const [question, answer] of [
      [/Access key ID: /, s3.accessKeyId],
      [/\(not shown\): /, s3.secretAccessKey],
    ] as const) {
      await lineOf(child, question, 30_000);
      child.stdin?.write(`${answer}\r`);
    }
    await once(child, 'close');
    expect(await output).toMatch(/Access key ID: [^]*WINDLASSTESTKEY\r+\n[^]*The connection lab is kept/);
    expect(await output).not.toContain(s3.secretAccessKey);
    expect(child.exitCode).toBe(0);
  });
});
