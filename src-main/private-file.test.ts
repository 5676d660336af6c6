import { mkdtemp, open, readdir, readFile, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { replacePrivateFile } from './private-file.ts';

async function temporary(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'windlass-private-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
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

describe('A private file', () => {
  it('is its owner’s alone, whatever was there before', async () => {
    const file = path.join(await temporary(), 'a');
    await writeFile(file, 'old', { mode: 0o644 });
    await replacePrivateFile(file, 'new');
    expect([await readFile(file, 'utf8'), (await stat(file)).mode & 0o777]).toEqual(['new', 0o600]);
  });

  it.skipIf(process.platform === 'win32')(
    'is synced, and so is its name, and the names of the folders that are new',
    async () => {
      const top = await temporary();
      const syncs = await countSyncs(top);
      await replacePrivateFile(path.join(top, 'a/b/file'), 'x');
      // The file, b for its name, a for b's and top for a's.
      expect(syncs()).toBe(4);
      await replacePrivateFile(path.join(top, 'a/b/file'), 'y');
      expect(syncs()).toBe(6);
    },
  );

  it('that cannot be written leaves nothing behind', async () => {
    const folder = await temporary();
    await writeFile(path.join(folder, 'file'), '');
    await expect(replacePrivateFile(path.join(folder, 'file/below'), 'x')).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['file']);
  });
});
