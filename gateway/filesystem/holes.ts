/** Where files have no bytes: SEEK, READ_PLUS, ALLOCATE, DEALLOCATE. */
import { stretchesOf, type Content } from '../staging/content.ts';
import type { StagedFiles } from '../staging/staged-files.ts';
import type { Tree } from '../staging/tree.ts';
import type { Caller } from './caller.ts';
import { FileSystemError } from './errors.ts';
import type { FileStretch, FileUse } from './file-system.ts';
import type { FileUses } from './file-uses.ts';
import { maxFile } from './limits.ts';
import type { OpenFiles } from './open-files.ts';

export interface HolesParts {
  readonly tree: Tree;
  readonly files: StagedFiles;
  readonly content: Content;
  readonly openFiles: OpenFiles;
  readonly uses: FileUses;
}

export class Holes {
  readonly #parts: HolesParts;

  constructor(parts: HolesParts) {
    this.#parts = parts;
  }

  async seek(
    use: FileUse,
    offset: number,
    kind: 'data' | 'hole',
    caller: Caller,
  ): Promise<{ readonly offset: number; readonly isEnd: boolean }> {
    const { view } = await this.#parts.uses.readable(use, caller);
    if (offset >= view.size) throw new FileSystemError('NXIO');
    for (const stretch of stretchesOf(view, offset, view.size - offset))
      if (stretch.isHole === (kind === 'hole')) return { offset: stretch.offset, isEnd: false };
    return { offset: view.size, isEnd: true };
  }

  async readStretches(
    use: FileUse,
    offset: number,
    count: number,
    caller: Caller,
  ): Promise<{ readonly stretches: readonly FileStretch[]; readonly eof: boolean }> {
    const { content, openFiles, uses } = this.#parts;
    const { fileid } = await uses.readable(use, caller);
    return openFiles.look(fileid, use.open, async (view) => {
      const stretches = [...stretchesOf(view, offset, count)].map(async ({ offset: at, length, isHole }) => ({
        offset: at,
        length,
        data: isHole ? undefined : await content.read(view, at, length),
      }));
      return { stretches: await Promise.all(stretches), eof: offset + count >= view.size };
    });
  }

  async allocate(use: FileUse, offset: number, length: number, caller: Caller): Promise<void> {
    const { files, openFiles, tree, uses } = this.#parts;
    const { fileid, node } = await uses.writable(use, caller);
    const end = offset + length;
    if (end > maxFile) throw new FileSystemError('FBIG');
    if (end <= tree.require(fileid).size) return;
    openFiles.rebase(fileid, use.open);
    files.require(fileid).truncate(end);
    await openFiles.keep(node, use.open);
  }

  async deallocate(use: FileUse, offset: number, length: number, caller: Caller): Promise<void> {
    const { files, openFiles, tree, uses } = this.#parts;
    const { fileid, node } = await uses.writable(use, caller);
    const end = Math.min(offset + length, tree.require(fileid).size);
    if (end <= offset) return;
    openFiles.rebase(fileid, use.open);
    files.require(fileid).write({ offset, length: end - offset, zeros: true });
    await openFiles.keep(node, use.open);
  }
}
