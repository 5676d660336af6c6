/** Brings bytes of an inode's object into staging before they are lost to it: the object is about to be overwritten or deleted, or others have done that. */
import { blockSize } from '../cache/blocks.ts';
import type { Database } from '../database/database.ts';
import type { ObjectMetadata } from '../store/object-store.ts';
import { isGone, type Content, type ContentView } from './content.ts';
import { readSize } from './part-upload.ts';
import type { Notices } from './notices.ts';
import type { Places } from './places.ts';
import type { Fileid } from './records.ts';
import type { StagedFile, StagedFiles } from './staged-files.ts';
import type { Tree } from './tree.ts';

export interface PreservationParts {
  readonly database: Database;
  readonly tree: Tree;
  readonly files: StagedFiles;
  readonly content: Content;
  readonly places: Places;
  readonly notices: Notices;
}

/** Bytes of a file from `offset` on. */
export interface Stretch {
  readonly offset: number;
  readonly length: number;
}

export class Preservation {
  readonly #parts: PreservationParts;

  constructor(parts: PreservationParts) {
    this.#parts = parts;
  }

  /**
   * For an inode that somebody has open and that has its bytes under this key. What is gone already cannot be read any
   * more, which is reported. @throws StoreError, StagingError
   */
  async preserve(fileid: Fileid, physical: string): Promise<void> {
    const missing = await this.fetch(fileid, physical);
    if (missing.length === 0) return;
    const { notices, tree } = this.#parts;
    const record = tree.get(fileid);
    if (record === undefined) return;
    notices.add({
      kind: 'unreadable',
      export: record.export,
      key: physical,
      message: `${record.name} is open in a program, and somebody else has replaced or deleted it: ${describe(missing)} of it cannot be read any more. Open it again to see what is there now.`,
    });
  }

  /**
   * Takes the bytes that the inode has under this key into staging; it has no object then, unless some of them are
   * neither in the store any more nor cached.
   * @returns those, in order @throws StoreError, StagingError
   */
  async fetch(fileid: Fileid, physical: string): Promise<readonly Stretch[]> {
    const { content, files, places, tree } = this.#parts;
    const record = tree.get(fileid);
    if (!places.isAt(fileid, physical) || record?.object === undefined) return [];
    const metadata = record.metadata ?? (await this.#metadataOf(fileid));
    const missing: Stretch[] = [];
    if (record.type === 'file' && tree.get(fileid) !== undefined) {
      const file = files.require(fileid);
      const view = content.view(fileid);
      for (const piece of [...file.extents.pieces(0, Math.min(view.baseLength, view.size))]) {
        if (piece.extent === undefined) missing.push(...(await this.#absorb(file, view, piece, readSize)));
      }
      await file.commit();
    }
    if (missing.length === 0) this.detach(fileid, physical, metadata);
    return joined(missing);
  }

  /** What is staged is all of the inode from now on; where nothing is, there are zeros. Nothing happens where its bytes are elsewhere by now. */
  detach(fileid: Fileid, physical: string, metadata: ObjectMetadata | undefined): void {
    const { database, places, tree } = this.#parts;
    database.transact(() => {
      // Renamed back meanwhile, the inode goes on with its object.
      if (!places.isAt(fileid, physical)) return;
      const present = tree.require(fileid);
      tree.update(fileid, {
        object: undefined,
        metadata: present.metadata ?? metadata,
        ...(present.type === 'file'
          ? { staged: { baseLength: 0, generation: (present.staged?.generation ?? 0) + 1 } }
          : {}),
      });
    });
  }

  async #metadataOf(fileid: Fileid): Promise<ObjectMetadata | undefined> {
    const { places, tree } = this.#parts;
    const record = tree.require(fileid);
    const { store, key, version } = places.locate(fileid, record.export, record.object);
    try {
      return (await store.head(key, { etag: version.etag }))?.metadata;
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  }

  /** @param step bytes at a time: where some are gone, it is tried block by block what is cached */
  async #absorb(file: StagedFile, view: ContentView, stretch: Stretch, step: number): Promise<Stretch[]> {
    const missing: Stretch[] = [];
    const end = stretch.offset + stretch.length;
    for (let at = stretch.offset; at < end;) {
      const length = Math.min(step - (at % step), end - at);
      try {
        const bytes = await this.#parts.content.read(view, at, length);
        await file.absorb(at, Buffer.concat(bytes));
      } catch (error) {
        if (!isGone(error)) throw error;
        if (step > blockSize) missing.push(...(await this.#absorb(file, view, { offset: at, length }, blockSize)));
        else missing.push({ offset: at, length });
      }
      at += length;
    }
    return missing;
  }
}

/** For a sentence: `bytes 0 to 99 and 200 to 299`. */
export function describe(stretches: readonly Stretch[]): string {
  const shown = stretches.slice(0, 5).map(({ offset, length }) => `${offset} to ${offset + length - 1}`);
  const rest = stretches.length - shown.length;
  const all = rest > 0 ? [...shown, `${rest} more stretches`] : shown;
  const last = all.pop() ?? '';
  return `bytes ${all.length > 0 ? `${all.join(', ')} and ` : ''}${last}`;
}

function joined(stretches: readonly Stretch[]): readonly Stretch[] {
  const list: Stretch[] = [];
  for (const stretch of stretches) {
    const before = list.at(-1);
    if (before !== undefined && before.offset + before.length === stretch.offset)
      list[list.length - 1] = { offset: before.offset, length: before.length + stretch.length };
    else list.push(stretch);
  }
  return list;
}
