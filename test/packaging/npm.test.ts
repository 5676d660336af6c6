/** The npm package, installed as users do: `npm pack`, `npm install -g`, `windlass`. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lineOf, spawnHere, stop } from '../lab/child.ts';

const top = path.resolve(import.meta.dirname, '../..');

let folder: string;
let entry: string;

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

async function run(command: string, args: readonly string[]): Promise<Ended> {
  const child = spawnHere(command, args, { cwd: top, stdio: ['ignore', 'pipe', 'pipe'] });
  if (child.stdout === null || child.stderr === null) throw new Error('the output of the command is not piped');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (child.exitCode === null) await once(child, 'exit');
  return { status: child.exitCode, output: stdout + stderr };
}

/** With the command of the package, which a Node of its own would run. */
const windlass = (...args: readonly string[]): Promise<Ended> => run(process.execPath, [entry, ...args]);

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'windlass-package-'));
  const packed = await run('npm', ['pack', '--silent', '--pack-destination', folder]);
  expect(packed).toMatchObject({ status: 0 });
  const [archive = ''] = await readdir(folder);
  const installed = await run('npm', [
    ...['install', '--global', '--prefix', path.join(folder, 'prefix'), '--no-audit', '--no-fund'],
    path.join(folder, archive),
  ]);
  expect(installed, installed.output).toMatchObject({ status: 0 });
  entry = path.join(folder, 'prefix/lib/node_modules/windlass/dist/src-main/cli/windlass.js');
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('The npm package', () => {
  it('gives a command that tells its version’s commands', async () => {
    expect(existsSync(path.join(folder, 'prefix/bin/windlass'))).toBe(true);
    const { status, output } = await windlass('--help');
    expect(status).toBe(0);
    for (const command of ['gateway', 'connection', 'creds', 'doctor']) expect(output).toContain(`  ${command} `);
  });

  it('serves', async () => {
    const objects = path.join(folder, 'objects');
    await mkdir(objects);
    const args = [
      'gateway',
      '--folder',
      `a=${objects}`,
      '--bind',
      '127.0.0.1:0',
      '--data-dir',
      path.join(folder, 'data'),
    ];
    const child = spawnHere(process.execPath, [entry, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    try {
      await lineOf(child, /^ready 127\.0\.0\.1:\d+$/m, 60_000);
    } finally {
      await stop(child);
    }
    expect(child.exitCode).toBe(0);
  });

  it('says in one sentence which Node it needs to one that is too old', async () => {
    const old = "data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'20.1.0'}})";
    const { status, output } = await run(process.execPath, ['--import', old, entry, '--help']);
    expect({ status, output }).toEqual({
      status: 1,
      output: 'windlass: Windlass needs Node 22.18 or newer; this is Node 20.1.0.\n',
    });
  });

  it('has the window, which windlass ui serves', () => {
    expect(existsSync(path.resolve(path.dirname(entry), '../../window/index.html'))).toBe(true);
  });

  it('has no tests in it', async () => {
    const files = await readdir(path.dirname(path.dirname(path.dirname(path.dirname(entry)))), { recursive: true });
    expect(files.filter((file) => /\.test\.|\/testing\//.test(file) && !file.includes('node_modules'))).toEqual([]);
  });
});
