/**
 * Brings borrowed bytes into staging, because the version that they are in is about to be overwritten or deleted, or was by
 * somebody else. The change log's order makes this rare: mostly a borrower has been sent before.
 */
import type { BlockCache } from '../cache/block-cache.ts';
import { isGone } from './content.ts';
import type { Extent } from './extents.ts';
import type { Loan, Loans } from './loans.ts';
import type { Notices } from './notices.ts';
import type { Fileid } from './records.ts';
import type { StagedFiles } from './staged-files.ts';
import type { Tree } from './tree.ts';

/** Bytes read at a time. */
const readSize = 1024 * 1024;

export interface RepaymentParts {
  readonly cache: BlockCache;
  readonly files: StagedFiles;
  readonly loans: Loans;
  readonly notices: Notices;
  readonly tree: Tree;
}

export class Repayment {
  readonly #parts: RepaymentParts;

  constructor(parts: RepaymentParts) {
    this.#parts = parts;
  }

  /** Before the store is asked to write or delete what a key of now stands for. @throws StoreError, StagingError */
  async before(exportId: number, key: string): Promise<void> {
    for (const loan of this.#parts.loans.at(exportId, key)) await this.#repay(loan);
  }

  /** Before a prefix is renamed: what follows that rename in the log goes along. @throws StoreError, StagingError */
  async beforeMove(exportId: number, prefix: string, sequence: number): Promise<void> {
    for (const loan of this.#parts.loans.under(exportId, prefix, sequence)) await this.#repay(loan);
  }

  /**
   * Repays what the file has borrowed of versions that are no longer where they were, as far as it is cached.
   * @returns `none`: all are where they were; `lost`: some of it is gone for good
   * @throws StoreError
   */
  async ofLost(fileid: Fileid): Promise<'none' | 'repaid' | 'lost'> {
    const { files, loans } = this.#parts;
    const borrowed = new Set(
      (files.get(fileid)?.extents.list ?? []).flatMap((extent) => ('loan' in extent ? [extent.loan] : [])),
    );
    let result: 'none' | 'repaid' | 'lost' = 'none';
    for (const loan of borrowed) {
      const { store, key, version } = loans.locate(loan);
      const { etag, versionId } = version;
      const there = await store.head(key, versionId === undefined ? undefined : { etag, versionId });
      if (there?.version.etag === etag) continue;
      const isRepaid = await this.#repay({ loan, ...loans.require(loan) });
      if (result !== 'lost') result = isRepaid ? 'repaid' : 'lost';
    }
    return result;
  }

  /** @returns whether the bytes could still be had */
  async #repay({ loan, borrower, export: exportId, object }: Loan): Promise<boolean> {
    const { cache, files, loans, notices, tree } = this.#parts;
    const file = files.get(borrower);
    if (file === undefined) return true;
    try {
      for (const extent of owed(file.extents.list, loan)) {
        for (let at = 0; at < extent.length; at += readSize) {
          const length = Math.min(readSize, extent.length - at);
          const bytes = await cache.read(loans.locate(loan), extent.position + at, length);
          await file.absorb(extent.offset + at, Buffer.concat(bytes), loan);
        }
      }
      await file.commit();
      return true;
    } catch (error) {
      if (!isGone(error)) throw error;
      const name = tree.get(borrower)?.name ?? 'A file';
      notices.add({
        kind: 'unreadable',
        export: exportId,
        key: object.at.key,
        message: `${name} is a copy of ${object.at.key}, which somebody else replaced or deleted before the store had copied it; what it held then is gone. Copy the file again.`,
      });
      return false;
    }
  }
}

function owed(extents: readonly Extent[], loan: number): readonly (Extent & { readonly position: number })[] {
  return extents.flatMap((extent) => ('loan' in extent && extent.loan === loan ? [extent] : []));
}
