import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine } from './windlass.ts';

let windlass: CommandLine;
beforeAll(async () => {
  windlass = await CommandLine.create();
});
afterAll(() => windlass[Symbol.asyncDispose]());

/** It ended with 2 and one line, which matches, before anything was started. */
async function expectUsageError(args: readonly string[], sentence: RegExp): Promise<void> {
  const { status, stdout, said, stderr } = await windlass.run(args);
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch(sentence);
  expect(said[0]).toMatch(/^windlass: .+[.)]$/);
  expect(stderr).toBe(`${said[0]}\n`);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).not.toMatch(/hunter2/);
}

describe('a wrong command line is one sentence and status 2', () => {
  it.each([
    ['an unknown command', ['gatewy'], /Unknown command 'gatewy' \(Did you mean gateway\?\)/],
    ['an unknown option', ['gateway', '--exprot', 'a=b'], /no option --exprot \(Did you mean --export\?\)/],
    ['a mistyped option with a secret behind it', ['gateway', '--secret-kye=hunter2'], /no option --secret-kye\b/],
    ['an argument too many', ['gateway', 'hunter2'], /Too many arguments/],
    ['--bind without a port', ['gateway', '--bind', '127.0.0.1'], /--bind needs ADDRESS:PORT/],
    ['--bind to a name', ['gateway', '--bind', 'localhost:2049'], /--bind needs an IP address/],
    ['--bind beyond loopback', ['gateway', '--bind', '0.0.0.0:2049'], /say which with --allow/],
    ['--bind to a port too high', ['gateway', '--bind', '127.0.0.1:70000'], /at most 65535/],
    ['--endpoint without a scheme', ['gateway', '--endpoint', 'localhost:9000'], /--endpoint needs a URL/],
    [
      '--endpoint with keys',
      ['gateway', '--endpoint', 'https://me:hunter2@s3.test'],
      /must not hold a name or password/,
    ],
    ['--region that is none', ['gateway', '--region', 'eu/central'], /--region needs the name of a region/],
    ['--export without a bucket', ['gateway', '--export', 'photos'], /--export needs NAME=BUCKET/],
    ['--export under two components', ['gateway', '--export', 'a/b=bucket'], /--export needs a name/],
    [
      'two exports of one name',
      ['gateway', '--export', 'a=bucket', '--export', 'a=other'],
      /Two exports are named "a"/,
    ],
    ['--folder without a folder', ['gateway', '--folder', 'scratch'], /--folder needs NAME=DIR/],
    ['--uid that is a name', ['gateway', '--uid', 'root'], /--uid needs a number/],
    ['--gid below 0', ['gateway', '--gid', '-1'], /--gid needs a number/],
    ['--squash of somebody else', ['gateway', '--squash', 'some'], /Allowed choices are none, root, all/],
    ['--lease of no time', ['gateway', '--lease', '0'], /--lease needs a whole number of seconds/],
    ['--metadata-ttl with a unit', ['gateway', '--metadata-ttl', '10s'], /--metadata-ttl needs a number of seconds/],
    ['--allow of a name', ['gateway', '--allow', 'friends'], /--allow needs an address or a network/],
    ['--log-level of its own', ['gateway', '--log-level', 'loud'], /Allowed choices are debug, info/],
    ['--access-key alone', ['gateway', '--access-key', 'AKIA'], /are needed together/],
    ['--secret-key alone', ['gateway', '--secret-key', 'hunter2'], /are needed together/],
    [
      'two sources of keys',
      ['gateway', '--profile', 'work', '--access-key', 'AKIA', '--secret-key', 'hunter2'],
      /--profile and --access-key both say/,
    ],
  ])('%s', (_what, args, sentence) => expectUsageError(args, sentence));

  it.each([
    '--bind',
    '--endpoint',
    '--region',
    '--profile',
    '--credentials-file',
    '--access-key',
    '--secret-key',
    '--export',
    '--folder',
    '--uid',
    '--gid',
    '--squash',
    '--data-dir',
    '--pid-file',
    '--lease',
    '--allow',
    '--metadata-ttl',
    '--log-level',
  ])('%s without a value', (flag) => expectUsageError(['gateway', flag], new RegExp(`${flag} needs a value\\.`)));
});

describe('help', () => {
  it('is printed where it is asked for', async () => {
    const { status, stdout, stderr } = await windlass.run(['gateway', '--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: windlass gateway \[options\]/);
  });

  it('is printed as an error where a command is missing', async () => {
    const { status, stdout, stderr } = await windlass.run([]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^Usage: windlass/);
  });
});

it('a Node that is too old is told so', async () => {
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '22.17.1' } })`;
  const { status, stdout, stderr } = await windlass.run(['gateway', '--help'], {
    nodeOptions: ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`],
  });
  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: '',
    stderr: 'windlass: Windlass needs Node 22.18 or newer; this is Node 22.17.1.\n',
  });
});
