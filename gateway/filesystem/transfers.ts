/** What a user may ask and say about uploads: the state of every file, what is under way, pause, limits, notices. */
import type { ChangeLog } from '../staging/change-log.ts';
import type { Bandwidth } from '../staging/bandwidth.ts';
import type { Notice, Notices } from '../staging/notices.ts';
import type { Pending } from '../staging/pending.ts';
import type { Places } from '../staging/places.ts';
import type { Progress, ProgressBoard } from '../staging/progress.ts';
import { isMoved } from '../staging/publish-state.ts';
import type { Change, Fileid, InodeRecord, InodeType } from '../staging/records.ts';
import type { Segments } from '../staging/segments.ts';
import type { TransferSettings } from '../staging/transfer-settings.ts';
import type { Tree } from '../staging/tree.ts';
import type { UploadQueue } from '../staging/upload-queue.ts';
import type { Exports } from './exports.ts';

export interface TransfersParts {
  readonly tree: Tree;
  readonly exports: Exports;
  readonly places: Places;
  readonly changes: ChangeLog;
  readonly queue: UploadQueue;
  readonly segments: Segments;
  readonly notices: Notices;
  readonly progress: ProgressBoard;
  readonly bandwidth: Bandwidth;
  readonly settings: TransferSettings;
}

/** Sizes in bytes, times in milliseconds since the epoch. */
export type FileState =
  | { readonly state: 'in-s3' | 'staged' | 'local-only' }
  | ({ readonly state: 'uploading' } & Progress)
  | { readonly state: 'failed'; readonly code: string; readonly message: string; readonly nextTry: number };

export interface FileReport {
  readonly path: string;
  readonly type: InodeType;
  readonly size: number;
  readonly status: FileState;
  /** Of a directory: changes below it that are not in the store. */
  readonly pending?: number;
}

export interface TransferReport {
  readonly id: number;
  readonly kind: 'upload' | 'attributes' | 'copy' | 'rename' | 'delete';
  readonly path: string;
  readonly size: number;
  readonly state: 'running' | 'waiting' | 'failed';
  readonly sent: number;
  readonly error?: { readonly code: string; readonly message: string };
  readonly nextTry?: number;
  readonly attempts: number;
}

export interface TransferStats {
  readonly exports: string[];
  readonly isPaused: boolean;
  /** Bytes per second. */
  readonly bandwidth: number | undefined;
  readonly pending: number;
  readonly running: number;
  readonly failed: number;
  readonly stagedBytes: number;
  readonly notices: number;
}

/** A notice, with the name of its export; empty where that is not served any more. */
export type NoticeReport = Omit<Notice, 'export'> & { readonly export: string };

export interface TransferListener {
  /** It has begun, come further, or failed. */
  transfer(report: TransferReport): void;
  /** It is over. */
  transferDone(id: number): void;
  notice(notice: NoticeReport): void;
  noticeDismissed(id: number): void;
  paused(isPaused: boolean): void;
}

/** Milliseconds between two reports of one upload's progress. */
const progressInterval = 250;

export class Transfers {
  readonly #parts: TransfersParts;
  readonly #listeners = new Set<TransferListener>();
  readonly #reported = new Map<number, number>();

  constructor(parts: TransfersParts) {
    this.#parts = parts;
    const { bandwidth, notices, progress, queue, settings } = parts;
    bandwidth.limit(settings.bandwidth);
    queue.listen({
      started: (sequence, change) => this.#tell(sequence, change),
      done: (sequence) => {
        this.#reported.delete(sequence);
        for (const listener of this.#listeners) listener.transferDone(sequence);
      },
      failed: (sequence, change) => this.#tell(sequence, change),
    });
    progress.listen((sequence) => {
      const now = performance.now();
      if (this.#listeners.size === 0 || now - (this.#reported.get(sequence) ?? -Infinity) < progressInterval) return;
      this.#reported.set(sequence, now);
      const change = parts.changes.get(sequence);
      if (change !== undefined) this.#tell(sequence, change);
    });
    notices.listen({
      added: (notice) => {
        for (const listener of this.#listeners) listener.notice(this.#named(notice));
      },
      dismissed: (id) => {
        for (const listener of this.#listeners) listener.noticeDismissed(id);
      },
    });
  }

  /** @returns what ends the subscription */
  listen(listener: TransferListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stats(): TransferStats {
    const { exports, notices, queue, segments, settings } = this.#parts;
    return {
      exports: exports.all().map(({ name }) => name),
      isPaused: queue.isPaused,
      bandwidth: settings.bandwidth,
      ...queue.counts,
      stagedBytes: segments.liveBytes,
      notices: notices.all().length,
    };
  }

  /** @param path `/EXPORT/name/…` @returns undefined where nothing is known of it here */
  file(path: string): FileReport | undefined {
    const { changes, exports, places, tree } = this.#parts;
    const [exportName, ...names] = path.split('/').filter((name) => name !== '');
    const found = exportName === undefined ? undefined : exports.byName(exportName);
    if (found === undefined) return undefined;
    let fileid: Fileid = found.root;
    for (const name of names) {
      const entry = tree.entry(fileid, name);
      if (entry === undefined) return undefined;
      ({ fileid } = entry);
    }
    const record = tree.get(fileid);
    if (record === undefined) return undefined;
    const { type, size } = record;
    const report = { path: `/${[exportName, ...names].join('/')}`, type, size, status: this.#stateOf(fileid, record) };
    const key = type === 'directory' ? places.keyOf(fileid) : undefined;
    return key === undefined ? report : { ...report, pending: changes.countUnder(found.id, key) };
  }

  #stateOf(fileid: Fileid, record: InodeRecord): FileState {
    const { changes, progress, queue } = this.#parts;
    if (record.localOnly === true) return { state: 'local-only' };
    const sequences = changes.publishesOf(fileid);
    for (const sequence of sequences) {
      const pending = queue.get(sequence);
      if (pending?.state === 'running') {
        return { state: 'uploading', ...(progressOf(progress.get(sequence)) ?? { sent: 0, total: record.size }) };
      }
      if (pending?.error !== undefined) {
        const { code, message } = pending.error;
        return { state: 'failed', code, message, nextTry: pending.at };
      }
    }
    return { state: sequences.length > 0 || record.staged !== undefined ? 'staged' : 'in-s3' };
  }

  /** Those that run, then those that failed, then the others. */
  transfers(limit: number): { readonly transfers: TransferReport[]; readonly more: number } {
    const { changes, queue } = this.#parts;
    const groups: Record<TransferReport['state'], [number, Change][]> = { running: [], failed: [], waiting: [] };
    let count = 0;
    for (const [sequence, change] of changes.entries()) {
      count++;
      const group = groups[stateOf(queue.get(sequence))];
      if (group.length < limit) group.push([sequence, change]);
    }
    const first = [...groups.running, ...groups.failed, ...groups.waiting].slice(0, limit);
    return {
      transfers: first.map(([sequence, change]) => this.#report(sequence, change)),
      more: count - first.length,
    };
  }

  #report(sequence: number, change: Change): TransferReport {
    const { progress, queue, tree } = this.#parts;
    const pending = queue.get(sequence);
    const record = change.kind === 'publish' ? tree.get(change.fileid) : undefined;
    const size = record?.staged === undefined ? 0 : record.size;
    const state = stateOf(pending);
    const error = pending?.error;
    return {
      id: sequence,
      kind: kindOf(change, record),
      path: this.#pathOf(change),
      size,
      state,
      sent: progress.get(sequence)?.sent ?? 0,
      ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
      ...(pending === undefined || state === 'running' ? {} : { nextTry: pending.at }),
      attempts: pending?.attempts ?? 0,
    };
  }

  #pathOf(change: Change): string {
    const { exports, tree } = this.#parts;
    const name = exports.byId(change.export)?.name ?? `(export ${change.export})`;
    const path = change.kind === 'publish' ? tree.path(change.fileid)?.join('/') : undefined;
    return `/${name}/${path ?? change.keys[0] ?? ''}`;
  }

  #tell(sequence: number, change: Change): void {
    if (this.#listeners.size === 0) return;
    const report = this.#report(sequence, change);
    for (const listener of this.#listeners) listener.transfer(report);
  }

  #named(notice: Notice): NoticeReport {
    return { ...notice, export: this.#parts.exports.byId(notice.export)?.name ?? '' };
  }

  /** Oldest first. */
  notices(): NoticeReport[] {
    return this.#parts.notices.all().map((notice) => this.#named(notice));
  }

  dismiss(id: number): boolean {
    return this.#parts.notices.dismiss(id);
  }

  /** Resolves when it is kept. */
  async pause(paused: boolean): Promise<void> {
    const { queue, settings } = this.#parts;
    if (paused) queue.pause();
    else queue.resume();
    await settings.set({ paused });
    for (const listener of this.#listeners) listener.paused(paused);
  }

  /** @param bytesPerSecond undefined: unbounded */
  async limit(bytesPerSecond: number | undefined): Promise<void> {
    this.#parts.bandwidth.limit(bytesPerSecond);
    await this.#parts.settings.set({ bandwidth: bytesPerSecond });
  }
}

function progressOf(progress: Progress | undefined): Progress | undefined {
  return progress === undefined ? undefined : { sent: Math.min(progress.sent, progress.total), total: progress.total };
}

/** What is done to the store, as the user would call it. */
function kindOf(change: Change, record: InodeRecord | undefined): TransferReport['kind'] {
  switch (change.kind) {
    case 'remove':
      return 'delete';
    case 'move-tree':
      return 'rename';
    case 'publish':
      if (change.borrows === true) return 'copy';
      if (record?.object === undefined || record.staged !== undefined) return 'upload';
      return isMoved(record) ? 'rename' : 'attributes';
  }
}

function stateOf(pending: Pending | undefined): TransferReport['state'] {
  if (pending?.state === 'running') return 'running';
  return pending?.error === undefined ? 'waiting' : 'failed';
}
