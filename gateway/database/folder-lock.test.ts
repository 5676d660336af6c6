import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderLockedError, lockFolder } from './folder-lock.ts';

let folder: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = path.join(await mkdtemp(path.join(os.tmpdir(), 'windlass-lock-')), 'data');
});

afterEach(async () => {
  for (const child of children.splice(0)) await kill(child);
  await rm(path.dirname(folder), { recursive: true });
});

const now = { waitMilliseconds: 0 };

/** Another process that holds the folder until it is killed. */
async function startHolder(): Promise<ChildProcess> {
  const module = new URL('./folder-lock.ts', import.meta.url).href;
  const child = spawn(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `const { lockFolder } = await import(${JSON.stringify(module)});
       globalThis.lock = await lockFolder(${JSON.stringify(folder)}, { waitMilliseconds: 0 });
       console.log('held');
       setInterval(() => {}, 1000);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  children.push(child);
  const [text] = (await once(child.stdout, 'data')) as [Buffer];
  expect(text.toString()).toBe('held\n');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

describe('a data folder', () => {
  it('is made, for its owner alone, by whoever locks it first', async () => {
    const lock = await lockFolder(folder, now);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    await lock.release();
  });

  it('that another process holds is refused with the id of that process', async () => {
    const holder = await startHolder();
    const refusal = await lockFolder(folder, now).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(FolderLockedError);
    expect(refusal).toMatchObject({ folder, holder: holder.pid });
  });

  it('is free as soon as its holder has been killed', async () => {
    await kill(await startHolder());
    await (await lockFolder(folder, now)).release();
  });

  it('is given to the one who waits when its holder is killed', async () => {
    const holder = await startHolder();
    const waiting = lockFolder(folder, { waitMilliseconds: 20_000 });
    await kill(holder);
    await (await waiting).release();
  });

  it('is refused a second time within one process, until it is released', async () => {
    const lock = await lockFolder(folder, now);
    await expect(lockFolder(folder, now)).rejects.toThrow(FolderLockedError);
    await lock.release();
    await lock.release();
    await (await lockFolder(folder, now)).release();
  });

  it('whose lock file names a process that lives but holds nothing is free', async () => {
    await (await lockFolder(folder, now)).release();
    await writeFile(path.join(folder, 'gateway.lock'), `${process.ppid}\n`);
    await (await lockFolder(folder, now)).release();
  });

  it('stays locked while its holder starts and ends programs of its own', async () => {
    const lock = await lockFolder(folder, now);
    await once(spawn('true', { stdio: 'inherit' }), 'exit');
    await expect(lockFolder(folder, now)).rejects.toThrow(FolderLockedError);
    await lock.release();
  });

  it('that cannot be made fails with the reason of the file system', async () => {
    const file = path.join(path.dirname(folder), 'file');
    await writeFile(file, '');
    await expect(lockFolder(path.join(file, 'data'), now)).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});
