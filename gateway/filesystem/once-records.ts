/** Results of namespace changes, kept in the transaction of the change, so that a retry after a crash gets the same answer. */
import type { Database, Table } from '../database/database.ts';
import type { Fileid } from '../staging/records.ts';
import type { Once } from './file-system.ts';

/** Plain data from which the operation's result can be made again. */
export interface OnceResult {
  readonly operation: 'create' | 'remove' | 'rename' | 'xattr';
  readonly fileid?: Fileid;
  /** Of the directories that changed, before and after, as `change` values. */
  readonly changes: readonly (readonly [number, number])[];
}

interface OnceRecord {
  readonly sequence: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly result: OnceResult;
}

/** A client that has not retried for so long, milliseconds, has got its answer. */
const maxAge = 24 * 3_600_000;

export class OnceRecords {
  readonly #table: Table<OnceRecord>;

  constructor(database: Database) {
    this.#table = database.table('once');
    database.transact(() => {
      for (const [key, record] of [...this.#table.range([])])
        if (record.time < Date.now() - maxAge) this.#table.delete(key);
    });
  }

  has(once: Once): boolean {
    return this.#table.get([once.key])?.sequence === once.sequence;
  }

  /** What this very request has done already, where it was of this kind. */
  find(once: Once | undefined, operation: OnceResult['operation']): OnceResult | undefined {
    const record = once === undefined ? undefined : this.#table.get([once.key]);
    return record?.sequence === once?.sequence && record?.result.operation === operation ? record.result : undefined;
  }

  /** Inside the transaction of the change. */
  keep(once: Once | undefined, result: OnceResult): void {
    if (once === undefined) return;
    this.#table.put([once.key], { sequence: once.sequence, time: Date.now(), result });
  }
}
