/** What the upload queue asks of whoever carries changes out, and what it tells of those that are pending. */
import type { StoreError } from '../store/object-store.ts';
import type { Change, Fileid } from './records.ts';

/** What holds a change back from outside the log: its export is not served, or an inode must be ready first. */
export type Holder = 'export' | Fileid;

export interface Executor {
  /** Carries the changes out and completes them in the log; more than one only of removals from one export. */
  perform(sequences: readonly number[]): Promise<void>;
  heldBy(sequence: number, change: Change): Holder | undefined;
  /** Bytes that carrying it out sends. */
  sizeOf(change: Change): number;
}

/** What became of a change; for whoever shows it. */
export interface QueueListener {
  /** A file that somebody has open has been written. */
  written?(fileid: Fileid): void;
  started?(sequence: number, change: Change): void;
  /** It is no longer pending: done, withdrawn, or turned into another. Inside a transaction. */
  left?(sequence: number, change: Change): void;
  /** It has been carried out. */
  done?(sequence: number, change: Change): void;
  failed?(sequence: number, change: Change, error: StoreError, nextTry: number): void;
}

export type PendingState = 'settling' | 'ready' | 'blocked' | 'held' | 'running';

/** A pending change as the queue sees it. */
export interface Pending {
  readonly sequence: number;
  readonly state: PendingState;
  /** Milliseconds since the epoch, when it is tried next at the earliest. */
  readonly at: number;
  /** Why the last try failed. */
  readonly error: StoreError | undefined;
  readonly attempts: number;
}
