/** The built window, read into memory once: what is not in it cannot be asked for. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import mime from 'mime';

export interface WindowFile {
  readonly type: string;
  readonly content: Buffer;
}

/** By the path in URLs. */
export type WindowFiles = ReadonlyMap<string, WindowFile>;

/** Where `npm run build` puts it: beside what was compiled in a package, below dist/ in a checkout. */
const windowFolders = ['../../window/', '../../dist/window/'].map((name) =>
  fileURLToPath(new URL(name, import.meta.url)),
);

/** @returns undefined where the window was not built */
export async function readWindow(): Promise<WindowFiles | undefined> {
  for (const folder of windowFolders) {
    const files = await readWindowFiles(folder);
    if (files !== undefined) return files;
  }
  return undefined;
}

async function readWindowFiles(folder: string): Promise<WindowFiles | undefined> {
  const files = new Map<string, WindowFile>();
  let entries;
  try {
    entries = await readdir(folder, { recursive: true, withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(folder, file).replaceAll(path.sep, '/');
    const type = mime.getType(name) ?? 'application/octet-stream';
    files.set(name === 'index.html' ? '/' : `/${name}`, {
      type: type.startsWith('text/') ? `${type}; charset=utf-8` : type,
      content: await readFile(file),
    });
  }
  return files.has('/') ? files : undefined;
}
