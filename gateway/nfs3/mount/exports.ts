/** What EXPORT and DUMP tell a caller of: the exports that are listed and for it. */
import type { Caller } from '../../filesystem/caller.ts';
import type { FileSystem } from '../../filesystem/file-system.ts';
import type { MountEntry } from './mount-list.ts';

const pageLength = 1000;

/** Names of the exports. */
export async function exported(fileSystem: FileSystem, caller: Caller): Promise<readonly string[]> {
  const root = fileSystem.root(caller);
  const names: string[] = [];
  for (let cookie = 0; ;) {
    const { entries, end } = await fileSystem.readDirectory(root, cookie, pageLength, caller);
    for (const entry of entries) {
      names.push(entry.name);
      cookie = entry.cookie;
    }
    if (end) return names;
  }
}

/** Of the mounts, those of exports that the caller is told of. */
export async function visible(
  fileSystem: FileSystem,
  mounts: readonly MountEntry[],
  caller: Caller,
): Promise<readonly MountEntry[]> {
  const names = new Set((await exported(fileSystem, caller)).map((name) => name.toLowerCase()));
  return mounts.filter(({ directory }) => {
    const [first = ''] = directory.toString('utf8').split(/[/\\]/).filter(Boolean);
    return names.has(first.toLowerCase());
  });
}
