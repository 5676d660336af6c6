/** Files that are whole or not there, whatever happens to the machine. */
import { randomUUID } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from '../../database/durable-folder.ts';

/** A new file in `folder`, filled by `fill` and synced. @returns its path; on failure nothing is left */
export async function writeTemporary(folder: string, fill: (handle: FileHandle) => Promise<void>): Promise<string> {
  const path = join(folder, randomUUID());
  const handle = await open(path, 'wx');
  try {
    await fill(handle);
    await handle.sync();
  } catch (error) {
    await handle.close();
    await rm(path, { force: true });
    throw error;
  }
  await handle.close();
  return path;
}

/** Replaces the file at `path` by one with this text. @param temporaryFolder on the same file system */
export async function replaceFile(path: string, text: string, temporaryFolder: string): Promise<void> {
  const temporary = await writeTemporary(temporaryFolder, (handle) => handle.writeFile(text));
  await rename(temporary, path);
  await syncFolder(dirname(path));
}
