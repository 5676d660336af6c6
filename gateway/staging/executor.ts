/** Carries out the changes of the log on the stores. */
import type { Change, Fileid, InodeRecord, RemoveChange } from './records.ts';
import type { Database } from '../database/database.ts';
import type { Tree } from './tree.ts';
import { StoreError } from '../store/object-store.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { ChangeLog } from './change-log.ts';
import type { Content } from './content.ts';
import type { Loans } from './loans.ts';
import { MoveTree } from './move-tree.ts';
import type { Multiparts } from './multiparts.ts';
import type { Notices } from './notices.ts';
import type { OwnUploads } from './own-uploads.ts';
import type { Places } from './places.ts';
import { Preservation } from './preservation.ts';
import type { ProgressBoard } from './progress.ts';
import { Publish } from './publish.ts';
import type { Repayment } from './repayment.ts';
import type { StagedFiles } from './staged-files.ts';
import type { Executor, Holder } from './pending.ts';

export interface ExecutorParts {
  readonly database: Database;
  readonly tree: Tree;
  readonly changes: ChangeLog;
  readonly files: StagedFiles;
  readonly content: Content;
  readonly loans: Loans;
  readonly multiparts: Multiparts;
  readonly repayment: Repayment;
  readonly places: Places;
  readonly own: OwnUploads;
  readonly notices: Notices;
  readonly bandwidth: Bandwidth;
  readonly progress: ProgressBoard;
  /** Name of this machine, for conflict copies. */
  readonly host: string;
  /** What is known of this directory's entries in the store is no longer to be trusted. */
  readonly invalidate: (directory: Fileid) => void;
  /** The store gets its first keys below this directory, of which everything is known here. */
  readonly onRemote: (directory: Fileid) => void;
  /** Others have replaced what the inode was: those who have it open stay on that, `before`. */
  readonly onReplaced: (fileid: Fileid, before: InodeRecord) => void;
  /** Inside a transaction: others have deleted the inode, which is about to lose its name. */
  readonly onVanished: (fileid: Fileid) => void;
  /** Whether publishing this inode must wait for a client that has it open to come back. */
  readonly isAwaited: (fileid: Fileid) => boolean;
}

export class StoreExecutor implements Executor {
  readonly #parts: ExecutorParts;
  readonly #preservation: Preservation;
  readonly #publish: Publish;
  readonly #moveTree: MoveTree;

  constructor(parts: ExecutorParts) {
    this.#parts = parts;
    this.#preservation = new Preservation(parts);
    this.#publish = new Publish(parts, this.#preservation);
    this.#moveTree = new MoveTree(parts);
  }

  heldBy(sequence: number, change: Change): Holder | undefined {
    const { changes, isAwaited, places } = this.#parts;
    if (places.get(change.export) === undefined) return 'export';
    switch (change.kind) {
      case 'publish':
        return isAwaited(change.fileid) ? change.fileid : undefined;
      case 'remove':
        // A directory rename does not wait for somebody's close: then the bytes are fetched first.
        return this.#hasHolder(change) && !changes.isMoveWaiting(sequence) ? change.holder : undefined;
      case 'move-tree':
        return undefined;
    }
  }

  sizeOf(change: Change): number {
    const record = change.kind === 'publish' ? this.#parts.tree.get(change.fileid) : undefined;
    return record?.staged === undefined ? 0 : record.size;
  }

  /** Whether an inode has its bytes under the key that is to be deleted. */
  #hasHolder({ holder, key }: RemoveChange): boolean {
    return holder !== undefined && this.#parts.tree.get(holder)?.object?.at?.key === key;
  }

  async perform(sequences: readonly number[]): Promise<void> {
    const [first] = sequences;
    const change = first === undefined ? undefined : this.#parts.changes.get(first);
    if (first === undefined || change === undefined) return;
    const keys = sequences.flatMap((sequence) =>
      this.#parts.changes.get(sequence) === undefined ? [] : [this.#parts.changes.targetOf(sequence)],
    );
    try {
      await this.#perform(first, change, sequences);
    } catch (error) {
      if (error instanceof StoreError && !error.heals) this.#tellFailure(change, keys, error);
      throw error;
    }
    for (const key of keys) this.#parts.notices.resolve({ kind: 'failed-upload', export: change.export, key });
  }

  /** Once for as long as it lasts: the hourly tries say nothing new. */
  #tellFailure({ export: exportId }: Change, [key = '', ...others]: readonly string[], error: StoreError): void {
    const about = { kind: 'failed-upload', export: exportId, key } as const;
    const what = others.length === 0 ? key : `${key} and ${others.length} more`;
    const message = `The change of ${what} is kept here and tried again every hour, because the store refuses it: ${error.message} “windlass flush” tries it at once.`;
    if (this.#parts.notices.find(about)?.message !== message) this.#parts.notices.add({ ...about, message });
  }

  #perform(first: number, change: Change, sequences: readonly number[]): Promise<void> {
    switch (change.kind) {
      case 'publish':
        return this.#publish.perform(first, change);
      case 'remove':
        return this.#remove(change.export, sequences);
      case 'move-tree':
        return this.#moveTree.perform(first, change);
    }
  }

  /** Deletes the keys, each only at the version that was meant. */
  async #remove(exportId: number, sequences: readonly number[]): Promise<void> {
    const { changes, database, notices, places } = this.#parts;
    for (const sequence of sequences) {
      const change = changes.get(sequence) as RemoveChange;
      await this.#parts.repayment.before(exportId, changes.logical(exportId, { key: change.key, asOf: sequence }));
      if (change.holder === undefined || !this.#hasHolder(change)) continue;
      await this.#preservation.preserve(change.holder, changes.physical(exportId, { key: change.key, asOf: sequence }));
    }
    const removals = new Map<string, number>();
    const requests = sequences.map((sequence) => {
      const change = changes.get(sequence) as RemoveChange;
      const physical = changes.physical(exportId, { key: change.key, asOf: sequence });
      removals.set(physical, sequence);
      return { key: physical, etag: places.etagOf(change) };
    });
    // What made the objects needless must be on the disk before they are gone.
    await database.durable();
    const results = await places.require(exportId).store.delete(requests);
    let failure: StoreError | undefined;
    database.transact(() => {
      for (const { key, error } of results) {
        const sequence = removals.get(key);
        if (sequence === undefined) continue;
        if (
          error !== undefined &&
          error.code !== 'NotFound' &&
          error.code !== 'PreconditionFailed' &&
          error.code !== 'AccessDenied'
        ) {
          failure = error;
          continue;
        }
        if (error?.code === 'PreconditionFailed') {
          notices.add({
            kind: 'kept',
            export: exportId,
            key,
            message: `${key} was changed by somebody else and has not been deleted. Delete it again if you do not need the new version either.`,
          });
        } else if (error?.code === 'AccessDenied') {
          notices.add({
            kind: 'refused-delete',
            export: exportId,
            key,
            message: `${key} may not be deleted with these credentials and will appear again. Ask for the permission s3:DeleteObject.`,
          });
        }
        changes.complete(sequence);
      }
    });
    if (failure !== undefined) throw failure;
  }
}
