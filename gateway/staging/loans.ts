/**
 * What files have borrowed: versions of other files' objects that hold their bytes until the store has copied them. A
 * copy inside an export costs a loan and no bytes. A loan lasts as long as extents refer to it.
 *
 * The change log serves the borrower before the key of a loan is written or deleted: its publish names that key too.
 * Where that order could not be kept, `Repayment` brings the bytes into staging first.
 */
import type { Database, Table } from '../database/database.ts';
import type { ObjectSource } from '../cache/blocks.ts';
import type { ChangeLog } from './change-log.ts';
import type { Places } from './places.ts';
import type { ExtentRecord, Fileid, LoggedKey, StoredObject } from './records.ts';
import { StagingError } from './segments.ts';

export interface LoanRecord {
  readonly export: number;
  readonly borrower: Fileid;
  /** The version that is borrowed from, and its key. */
  readonly object: StoredObject & { readonly at: LoggedKey };
}

export type Loan = { readonly loan: number } & LoanRecord;

export class Loans {
  readonly #changes: ChangeLog;
  readonly #places: Places;
  readonly #table: Table<LoanRecord>;
  readonly #records = new Map<number, LoanRecord>();
  /** Bytes of extents that refer to each. */
  readonly #live = new Map<number, number>();
  /** By the key as it was logged. */
  readonly #byKey = new Map<string, Set<number>>();
  /** Over, and still in the table: they go with the next one that is taken, or at the next start. */
  readonly #over: number[] = [];
  #next = 1;

  constructor(database: Database, changes: ChangeLog, places: Places) {
    this.#changes = changes;
    this.#places = places;
    this.#table = database.table('loans');
    for (const [, extent] of database.table<ExtentRecord>('extents').range([])) {
      if ('loan' in extent) this.#live.set(extent.loan, (this.#live.get(extent.loan) ?? 0) + extent.length);
    }
    const unused: number[] = [];
    for (const [key, record] of this.#table.range([])) {
      const loan = key[0] as number;
      this.#next = Math.max(this.#next, loan + 1);
      if (this.#live.has(loan)) this.#index(loan, record);
      else unused.push(loan);
    }
    // Taken just before a crash, for extents that never reached the disk.
    database.transact(() => unused.forEach((loan) => this.#table.delete([loan])));
  }

  /** Inside a transaction: a loan that `length` bytes of extents are about to refer to. */
  take(record: LoanRecord, length: number): number {
    const loan = this.#next++;
    for (const over of this.#over.splice(0)) this.#table.delete([over]);
    this.#table.put([loan], record);
    this.#live.set(loan, length);
    this.#index(loan, record);
    return loan;
  }

  /** Extents do not refer to so many bytes of it any more. */
  release(loan: number, length: number): void {
    const live = (this.#live.get(loan) ?? 0) - length;
    this.#live.set(loan, live);
    if (live > 0) return;
    const record = this.#records.get(loan);
    this.#live.delete(loan);
    if (record === undefined) return;
    this.#records.delete(loan);
    this.#unindex(loan, record);
    this.#over.push(loan);
  }

  /** @throws StagingError where no extent refers to it any more */
  require(loan: number): LoanRecord {
    const record = this.#records.get(loan);
    if (record === undefined) throw new StagingError('IO', `loan ${loan} is over`);
    return record;
  }

  /** Inside a transaction: the version is elsewhere, or is called otherwise. */
  move(loan: number, object: LoanRecord['object']): void {
    const record = this.require(loan);
    this.#unindex(loan, record);
    this.#table.put([loan], { ...record, object });
    this.#index(loan, { ...record, object });
  }

  /** Where the borrowed version is now. */
  locate(loan: number): ObjectSource {
    const { export: exportId, object } = this.require(loan);
    const key = this.#changes.physical(exportId, object.at);
    return { store: this.#places.require(exportId).store, key, version: this.#places.versionOf(object) };
  }

  /** Loans from what a key of now stands for. */
  at(exportId: number, key: string): readonly Loan[] {
    return this.#changes
      .aliases(exportId, key)
      .flatMap((alias) => [...(this.#byKey.get(id(exportId, alias)) ?? [])])
      .map((loan) => ({ loan, ...this.require(loan) }))
      .filter(({ object }) => this.#changes.logical(exportId, object.at) === key);
  }

  /** Loans that were logged before `sequence` from below a prefix as it was called then. */
  under(exportId: number, prefix: string, sequence: number): readonly Loan[] {
    return [...this.#records]
      .filter(([, { export: of, object }]) => of === exportId && object.at.asOf <= sequence)
      .filter(([, { object }]) => object.at.key.startsWith(prefix))
      .map(([loan, record]) => ({ loan, ...record }));
  }

  get size(): number {
    return this.#records.size;
  }

  #index(loan: number, record: LoanRecord): void {
    this.#records.set(loan, record);
    const key = id(record.export, record.object.at.key);
    const loans = this.#byKey.get(key) ?? new Set();
    loans.add(loan);
    this.#byKey.set(key, loans);
  }

  #unindex(loan: number, record: LoanRecord): void {
    const key = id(record.export, record.object.at.key);
    const loans = this.#byKey.get(key);
    loans?.delete(loan);
    if (loans?.size === 0) this.#byKey.delete(key);
  }
}

function id(exportId: number, key: string): string {
  return `${exportId}:${key}`;
}
