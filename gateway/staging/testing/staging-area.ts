/** What staging is made of, over a database and segments in a temporary folder that goes with the test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { Database } from '../../database/database.ts';
import { ChangeLog } from '../change-log.ts';
import { Loans } from '../loans.ts';
import { Places } from '../places.ts';
import type { Fileid, InodeRecord, InodeType } from '../records.ts';
import { Segments } from '../segments.ts';
import { StagedFiles } from '../staged-files.ts';
import { gatewayRoot, Tree } from '../tree.ts';

export class StagingArea {
  readonly folder: string;
  readonly database: Database;
  readonly tree: Tree;
  readonly changes: ChangeLog;
  readonly segments: Segments;
  readonly loans: Loans;
  readonly files: StagedFiles;
  #isOpen = true;

  private constructor(folder: string, database: Database, segments: Segments) {
    this.folder = folder;
    this.database = database;
    this.segments = segments;
    this.tree = new Tree(database);
    this.changes = new ChangeLog(database);
    this.loans = new Loans(database, this.changes, new Places(this.tree, this.changes));
    this.files = new StagedFiles(database, this.tree, segments, this.loans);
  }

  /** @param folder of an area that was closed; without it a new one */
  static async open(folder?: string, segmentSize?: number): Promise<StagingArea> {
    const home = folder ?? (await mkdtemp(path.join(tmpdir(), 'windlass-staging-')));
    const database = await Database.open(path.join(home, 'database'));
    const segments = await Segments.open(path.join(home, 'staging'), StagedFiles.storedExtents(database), segmentSize);
    const area = new StagingArea(home, database, segments);
    onTestFinished(async () => {
      await area.close();
      await rm(home, { recursive: true, force: true });
    });
    return area;
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.segments.close();
    await this.database.close();
  }

  /** As `close` and `open`, without a word to what is in memory: uncommitted changes are gone. */
  async restart(): Promise<StagingArea> {
    await this.close();
    return StagingArea.open(this.folder);
  }

  /** An inode of export 1, named in a directory. */
  add(type: InodeType, name: string, parent: Fileid = gatewayRoot, fields: Partial<InodeRecord> = {}): Fileid {
    return this.database.transact(() => {
      const fileid = this.tree.add({ ...inode(type, name), parent, ...fields });
      this.tree.link(parent, name, fileid);
      return fileid;
    });
  }
}

export function inode(type: InodeType, name: string): InodeRecord {
  return {
    type,
    export: 1,
    parent: gatewayRoot,
    name,
    mode: 0o644,
    uid: 501,
    gid: 20,
    size: 0,
    atime: 0n,
    mtime: 1_700_000_000_123_456_789n,
    ctime: 0n,
    change: 1,
    described: true,
  };
}
