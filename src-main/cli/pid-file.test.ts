import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PidFile } from './pid-file.ts';

let folder: string;
let file: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'windlass-pid-'));
  file = path.join(folder, 'gateway.pid');
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
  await rm(folder, { recursive: true });
});

/** A process that runs until the test ends, with the words behind its script. */
async function startProcess(...words: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, ['--eval', 'console.log(1); setInterval(() => {}, 1000)', ...words]);
  children.push(child);
  await once(child.stdout, 'data');
  if (child.pid === undefined) throw new Error('the process did not start');
  return child.pid;
}

describe('a pid file', () => {
  it('names this process and leaves nothing else behind', async () => {
    const pidFile = await PidFile.claim(file);
    await pidFile.write();
    expect(await readFile(file, 'utf8')).toBe(`${process.pid}\n`);
    expect(await readdir(folder)).toEqual(['gateway.pid']);
    pidFile.remove();
    expect(existsSync(file)).toBe(false);
  });

  it.each([
    ['a process that has ended', () => spawnSync('true').pid],
    ['another program, which was given the id since', () => startProcess('something', 'else')],
    ['nothing', () => 'nonsense'],
  ])('that names %s is replaced', async (_what, pid) => {
    await writeFile(file, `${await pid()}\n`);
    await (await PidFile.claim(file)).write();
    expect(await readFile(file, 'utf8')).toBe(`${process.pid}\n`);
  });

  it('of a gateway that runs is refused and left alone', async () => {
    const pid = await startProcess('gateway');
    await writeFile(file, `${pid}\n`);
    await expect(PidFile.claim(file)).rejects.toThrow(new RegExp(`belongs to a gateway that runs as process ${pid}`));
    expect(await readFile(file, 'utf8')).toBe(`${pid}\n`);
  });

  it('that another gateway has written since is not removed', async () => {
    const pidFile = await PidFile.claim(file);
    await pidFile.write();
    await writeFile(file, '1\n');
    pidFile.remove();
    expect(await readFile(file, 'utf8')).toBe('1\n');
  });

  it('in a folder that does not exist is a sentence', async () => {
    const pidFile = await PidFile.claim(path.join(folder, 'none/gateway.pid'));
    await expect(pidFile.write()).rejects.toThrow(/cannot be written: its folder does not exist/);
  });
});
