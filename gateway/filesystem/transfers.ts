/** What is on its way to the stores, by export and path: for whoever shows it. Asks no store. */
import type { ChangeLog } from '../staging/change-log.ts';
import type { Pending } from '../staging/pending.ts';
import type { Change, Fileid, InodeRecord } from '../staging/records.ts';
import type { Tree } from '../staging/tree.ts';
import type { UploadQueue } from '../staging/upload-queue.ts';
import type { StoreError } from '../store/object-store.ts';
import { FileSystemError } from './errors.ts';
import type { Exports } from './exports.ts';

/** Sizes in bytes, times in milliseconds since the epoch. */
export interface Transfer {
  readonly sequence: number;
  readonly export: string;
  /** Below the export. */
  readonly path: string;
  readonly kind: 'upload' | 'rename' | 'delete';
  readonly state: 'waiting' | 'running' | 'failed';
  readonly size: number;
  /** When it is tried, or tried again; undefined: it runs, or waits for something else. */
  readonly nextTry?: number;
  readonly error?: StoreError;
}

export interface FileState {
  readonly state: 'in-s3' | 'staged' | 'uploading' | 'failed' | 'local-only';
  readonly size: number;
  readonly error?: StoreError;
}

export type TransferEvent =
  | { readonly event: 'transfer'; readonly transfer: Transfer }
  | { readonly event: 'transfer-ended'; readonly sequence: number };

export interface TransfersParts {
  readonly tree: Tree;
  readonly changes: ChangeLog;
  readonly queue: UploadQueue;
  readonly exports: Exports;
}

export class Transfers {
  readonly #parts: TransfersParts;

  constructor(parts: TransfersParts) {
    this.#parts = parts;
  }

  /** At most `limit`; what runs and what failed before what waits. */
  list(limit: number): readonly Transfer[] {
    const found: Record<Transfer['state'], Transfer[]> = { running: [], failed: [], waiting: [] };
    for (const [sequence, change] of this.#parts.changes.entries()) {
      const transfer = this.#transfer(sequence, change);
      const alike = found[transfer.state];
      if (alike.length < limit) alike.push(transfer);
    }
    return [...found.running, ...found.failed, ...found.waiting].slice(0, limit);
  }

  /**
   * How far a file has come.
   * @param path from the gateway's root: `/EXPORT/…`
   * @throws FileSystemError NOENT, ISDIR
   */
  file(path: string): FileState {
    const { changes, queue, tree } = this.#parts;
    const [fileid, record] = this.#find(path);
    if (record.type === 'directory') throw new FileSystemError('ISDIR');
    const { size } = record;
    if (record.localOnly === true) return { state: 'local-only', size };
    const sequences = changes.publishesOf(fileid);
    const pending = sequences.flatMap((sequence) => queue.get(sequence) ?? []);
    const failed = pending.find(({ error }) => error !== undefined);
    if (pending.some(({ state }) => state === 'running')) return { state: 'uploading', size };
    if (failed?.error !== undefined) return { state: 'failed', size, error: failed.error };
    const isStaged = sequences.length > 0 || tree.get(fileid)?.staged !== undefined;
    return { state: isStaged ? 'staged' : 'in-s3', size };
  }

  /** @returns what ends the subscription */
  listen(listener: (event: TransferEvent) => void): () => void {
    const tell = (sequence: number, change: Change): void =>
      listener({ event: 'transfer', transfer: this.#transfer(sequence, change) });
    return this.#parts.queue.listen({
      started: tell,
      failed: tell,
      done: (sequence) => listener({ event: 'transfer-ended', sequence }),
    });
  }

  #find(path: string): readonly [Fileid, InodeRecord] {
    const { exports, tree } = this.#parts;
    const [name = '', ...names] = path.split('/').filter((part) => part !== '');
    let fileid = exports.byName(name)?.root;
    for (const part of names) fileid = fileid === undefined ? undefined : tree.entry(fileid, part)?.fileid;
    const record = fileid === undefined ? undefined : tree.get(fileid);
    if (fileid === undefined || record === undefined) throw new FileSystemError('NOENT');
    return [fileid, record];
  }

  #transfer(sequence: number, change: Change): Transfer {
    const { exports, queue } = this.#parts;
    const pending = queue.get(sequence);
    const of = exports.byId(change.export);
    const state = stateOf(pending);
    const error = pending?.error;
    const waits = pending?.state === 'settling' ? { nextTry: pending.at } : {};
    return {
      sequence,
      export: of?.name ?? '',
      path: this.#path(change, of?.place.prefix ?? ''),
      kind: change.kind === 'remove' ? 'delete' : change.kind === 'move-tree' ? 'rename' : 'upload',
      state,
      size: this.#size(change),
      ...(state === 'running' ? {} : waits),
      ...(error === undefined ? {} : { error }),
    };
  }

  #path(change: Change, prefix: string): string {
    if (change.kind === 'publish') {
      const names = this.#parts.tree.path(change.fileid);
      if (names !== undefined) return names.join('/');
    }
    return (change.keys[0] ?? '').slice(prefix.length);
  }

  #size(change: Change): number {
    const record = change.kind === 'publish' ? this.#parts.tree.get(change.fileid) : undefined;
    return record?.staged === undefined ? 0 : record.size;
  }
}

function stateOf(pending: Pending | undefined): Transfer['state'] {
  if (pending?.state === 'running') return 'running';
  return pending?.error === undefined ? 'waiting' : 'failed';
}
