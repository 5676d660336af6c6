/** Folders whose names last: a new name is on the disk once the folder that it is in is synced, and not before. */
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';

/** Makes the names in a folder last. Windows has no way to; its file systems journal them. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the names of new folders last. @param first the topmost that is new, as a recursive mkdir returns it */
export async function syncMade(folder: string, first: string): Promise<void> {
  const top = path.resolve(first);
  for (let made = path.resolve(folder); ; made = path.dirname(made)) {
    await syncFolder(path.dirname(made));
    if (made === top) return;
  }
}

/** Makes the folder, and those above it where they are missing (0700), and their names last. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first !== undefined) await syncMade(folder, first);
}
