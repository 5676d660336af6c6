/** Files that their owner alone may read, replaced as a whole, and on the disk with their names once they are written. */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/**
 * Whoever reads meanwhile sees the old file or the new one, whole; so does the next start after a loss of power. Folders
 * that are missing are made (0700).
 *
 * @throws the file system's errors; then the old file is as it was
 */
export async function replacePrivateFile(file: string, text: string): Promise<void> {
  const folder = path.dirname(file);
  const temporary = `${file}.${process.pid}.new`;
  const firstMade = await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const written = await open(temporary, 'w', 0o600);
    try {
      await written.writeFile(text);
      await written.sync();
    } finally {
      await written.close();
    }
    await rename(temporary, file);
  } catch (error) {
    // What cannot be removed was not made, as a rule; why it could not be written is what counts.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder);
  if (firstMade !== undefined) await syncMade(folder, firstMade);
}

/** A name lasts once the folder that it is in is synced. Windows has no way to; its file systems journal them. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @param first the topmost folder that is new, as a recursive mkdir returns it */
async function syncMade(folder: string, first: string): Promise<void> {
  const top = path.resolve(first);
  for (let made = path.resolve(folder); ; made = path.dirname(made)) {
    await syncFolder(path.dirname(made));
    if (made === top) return;
  }
}
