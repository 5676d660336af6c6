import { mkdtemp, open, rm, stat, type FileHandle } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { makeFolder } from './durable-folder.ts';

async function temporary(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'windlass-folder-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** Counts the calls of fsync by anybody. */
async function countSyncs(folder: string): Promise<() => number> {
  const handle = await open(folder, 'r');
  const sync = vi.spyOn(Object.getPrototypeOf(handle) as FileHandle, 'sync');
  onTestFinished(() => sync.mockRestore());
  await handle.close();
  return () => sync.mock.calls.length;
}

it.skipIf(process.platform === 'win32')(
  'a new folder is synced into each of those above that are new as well',
  async () => {
    const top = await temporary();
    const syncs = await countSyncs(top);
    await makeFolder(path.join(top, 'a/b/c'));
    expect((await stat(path.join(top, 'a/b/c'))).mode & 0o777).toBe(0o700);
    expect(syncs()).toBe(3);
    await makeFolder(path.join(top, 'a/b/c'));
    expect(syncs()).toBe(3);
  },
);
