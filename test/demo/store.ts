/** The demo's store: a folder, each file in it an object. */
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const samples: Readonly<Record<string, string>> = {
  'welcome.txt': 'This file is an object in a store. No FUSE, no driver: your own NFS client is reading it.\n',
  'todo.txt': 'haul the buckets up tomorrow\n',
  'trips/rome.txt': 'Notes from Rome.\n',
  'trips/oslo.txt': 'Notes from Oslo.\n',
  'old.log': 'nothing of interest\n',
};

export async function fillStore(folder: string): Promise<void> {
  for (const [key, text] of Object.entries(samples)) {
    const path = join(folder, key);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

/** What the store keeps for itself beside the objects. */
const own = '.windlass';

/** Each object as a line: its bytes and its key. Folders without objects are listed too. */
export async function listStore(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const lines: { readonly key: string; readonly line: string }[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const key = path.slice(folder.length + 1);
    if (key === own) lines.push({ key, line: `${' '.repeat(8)}  ${key}/ (modes, owners and times)` });
    if (key === own || key.startsWith(`${own}/`)) continue;
    if (entry.isFile()) lines.push({ key, line: `${String((await stat(path)).size).padStart(8)}  ${key}` });
    else if ((await readdir(path)).length === 0) lines.push({ key, line: `${' '.repeat(8)}  ${key}/` });
  }
  return lines.sort((one, other) => (one.key < other.key ? -1 : 1)).map(({ line }) => line);
}
