/** The file system with everything below it, wired: what gateway.ts starts and stops. */
import type { BlockCache } from '../cache/block-cache.ts';
import type { ExportConfiguration } from '../configuration.ts';
import type { Database } from '../database/database.ts';
import type { Log } from '../log.ts';
import { Bandwidth } from '../staging/bandwidth.ts';
import { ChangeLog } from '../staging/change-log.ts';
import { Content } from '../staging/content.ts';
import { EarlyParts } from '../staging/early-parts.ts';
import { StoreExecutor } from '../staging/executor.ts';
import { Loans } from '../staging/loans.ts';
import { Multiparts } from '../staging/multiparts.ts';
import { Notices } from '../staging/notices.ts';
import { OwnUploads } from '../staging/own-uploads.ts';
import { fingerprintOf } from '../staging/part-fingerprint.ts';
import { PartUpload } from '../staging/part-upload.ts';
import { Places } from '../staging/places.ts';
import { ProgressBoard } from '../staging/progress.ts';
import type { Fileid, InodeRecord } from '../staging/records.ts';
import { defaultTimes, type QueueTimes } from '../staging/queue-times.ts';
import { Repayment } from '../staging/repayment.ts';
import { Segments } from '../staging/segments.ts';
import { StagedFiles } from '../staging/staged-files.ts';
import { TransferSettings } from '../staging/transfer-settings.ts';
import { Tree } from '../staging/tree.ts';
import { UploadQueue } from '../staging/upload-queue.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { Copies } from './copies.ts';
import { Descriptions } from './descriptions.ts';
import { Directories } from './directories.ts';
import { Exports } from './exports.ts';
import { ExtendedAttributes } from './extended-attributes.ts';
import { Failures } from './failures.ts';
import { FileOperations } from './file-operations.ts';
import type { FileSystem } from './file-system.ts';
import { FileUses } from './file-uses.ts';
import { Holes } from './holes.ts';
import { Inodes } from './inodes.ts';
import type { DelegationTables } from './locks/delegation-tables.ts';
import { NameChanges } from './name-changes.ts';
import { Namespace } from './namespace.ts';
import { nodeKey } from './nodes.ts';
import { OnceRecords } from './once-records.ts';
import { OpenFiles } from './open-files.ts';
import { SilentWriters, usualSilence } from './silent-writers.ts';
import { Transfers } from './transfers.ts';
import { TreeFileSystem } from './tree-file-system.ts';

export interface FileTreeOptions {
  readonly database: Database;
  readonly stagingFolder: string;
  readonly cache: BlockCache;
  /** Who acts on files without asking, and gives way to everybody else. */
  readonly delegations: DelegationTables;
  /** Name of this machine, for conflict copies. */
  readonly host: string;
  readonly log: Log;
  readonly times?: QueueTimes;
  /** Milliseconds after which a file that is written without an open counts as closed; default 2000. */
  readonly silence?: number;
}

export class FileTree {
  readonly fileSystem: FileSystem;
  readonly transfers: Transfers;
  readonly #database: Database;
  readonly #tree: Tree;
  readonly #exports: Exports;
  readonly #changes: ChangeLog;
  readonly #multiparts: Multiparts;
  readonly #early: EarlyParts;
  readonly #queue: UploadQueue;
  readonly #segments: Segments;
  readonly #files: StagedFiles;
  readonly #openFiles: OpenFiles;
  readonly #silentWriters: SilentWriters;
  readonly #namespace: Namespace;
  readonly #directories: Directories;
  /** Files that were being written at the crash, whose writers may come back until the grace period ends. */
  readonly #awaited: Set<Fileid>;

  private constructor(options: FileTreeOptions, segments: Segments) {
    const { database, cache, delegations, host, log } = options;
    const tree = new Tree(database);
    tree.begin();
    const changes = new ChangeLog(database);
    const notices = new Notices(database, log);
    const places = new Places(tree, changes);
    const loans = new Loans(database, changes, places);
    const files = new StagedFiles(database, tree, segments, loans);
    const multiparts = new Multiparts(database, places, log);
    const own = new OwnUploads({ database, tree, changes, places });
    const content = new Content({ tree, files, segments, loans, cache, places, own });
    multiparts.recall((fileid, offset, length) =>
      tree.get(fileid)?.staged === undefined
        ? undefined
        : fingerprintOf(content.view(fileid), offset, length, { places, loans }),
    );
    const exports = new Exports(database, tree, places);
    const failures = new Failures(log);
    const awaited = new Set<Fileid>();
    for (const [fileid, record] of tree.unsettled()) if (record.staged?.open === true) awaited.add(fileid);
    const progress = new ProgressBoard();
    const bandwidth = new Bandwidth();
    const settings = new TransferSettings(database);
    const executor: StoreExecutor = new StoreExecutor({
      database,
      tree,
      changes,
      files,
      content,
      loans,
      multiparts,
      repayment: new Repayment({ cache, files, loans, notices, tree }),
      places,
      own,
      notices,
      bandwidth,
      progress,
      host,
      invalidate: (directory) => directories.invalidate(directory),
      onRemote: (directory) => directories.know(directory),
      onReplaced: (fileid, before) => openFiles.pin(fileid, before),
      onVanished: (fileid) => {
        if (openFiles.isOpen(fileid)) namespace.orphan(fileid);
        else namespace.forget(fileid);
      },
      isAwaited: (fileid) => awaited.has(fileid) && !openFiles.isOpen(fileid),
    });
    const queue: UploadQueue = new UploadQueue({
      changes,
      executor,
      log,
      paused: settings.paused,
      ...(options.times === undefined ? {} : { times: options.times }),
    });
    const early = new EarlyParts({
      tree,
      changes,
      files,
      places,
      multiparts,
      upload: new PartUpload({ database, changes, content, loans, multiparts, places, bandwidth, progress }),
      log,
      isPaused: () => queue.isPaused,
      settle: (options.times ?? defaultTimes).settle,
    });
    queue.listen({
      written: (fileid) => early.written(fileid),
      left: (_, change) => {
        if (change.kind === 'publish' && !changes.isPublishPending(change.fileid)) multiparts.abandon(change.fileid);
      },
    });
    const namespace: Namespace = new Namespace({
      tree,
      changes,
      files,
      loans,
      places,
      isOpen: (fileid) => openFiles.isOpen(fileid),
      settle: (fileid) => queue.touchFile(fileid, false),
    });
    const openFiles: OpenFiles = new OpenFiles({
      database,
      tree,
      files,
      content,
      changes,
      queue,
      namespace,
      notices,
      failures,
      invalidate: (directory) => directories.invalidate(directory),
    });
    const directories: Directories = new Directories({
      database,
      tree,
      changes,
      places,
      exports,
      notices,
      log,
      onVanished: (fileid) => {
        delegations.recallAll(nodeKey(fileid));
        if (openFiles.isOpen(fileid)) namespace.orphan(fileid);
        else namespace.forget(fileid);
        queue.release();
      },
      onReplaced: (fileid: Fileid, before: InodeRecord) => {
        delegations.recallAll(nodeKey(fileid));
        openFiles.pin(fileid, before);
      },
    });
    const descriptions = new Descriptions({ database, tree, changes, places, exports });
    const once = new OnceRecords(database);
    const inodes = new Inodes({ tree, places, exports, directories, descriptions, failures });
    const silentWriters = new SilentWriters(openFiles, failures, options.silence ?? usualSilence);
    const fileOperations = new FileOperations({
      database,
      delegations,
      tree,
      inodes,
      files,
      namespace,
      openFiles,
      silentWriters,
      queue,
      failures,
    });
    const uses = new FileUses(inodes, openFiles, delegations);
    const holes = new Holes({ tree, files, content, openFiles, uses });
    const extendedAttributes = new ExtendedAttributes({
      database,
      delegations,
      tree,
      places,
      inodes,
      namespace,
      openFiles,
      queue,
      once,
      failures,
    });
    const copies = new Copies({
      database,
      tree,
      changes,
      files,
      segments,
      loans,
      content,
      places,
      queue,
      namespace,
      openFiles,
      uses,
      failures,
    });
    const nameChanges = new NameChanges({
      database,
      delegations,
      tree,
      places,
      inodes,
      directories,
      files,
      fileOperations,
      namespace,
      silentWriters,
      queue,
      once,
      failures,
    });
    const fileSystem = new TreeFileSystem({
      tree,
      exports,
      inodes,
      nameChanges,
      fileOperations,
      copies,
      holes,
      extendedAttributes,
      directories,
      once,
      failures,
    });
    segments.onFailure(() => fileSystem.loseUncommitted());
    this.fileSystem = fileSystem;
    this.transfers = new Transfers({
      tree,
      exports,
      places,
      changes,
      queue,
      segments,
      notices,
      progress,
      bandwidth,
      settings,
    });
    this.#database = database;
    this.#tree = tree;
    this.#exports = exports;
    this.#changes = changes;
    this.#multiparts = multiparts;
    this.#early = early;
    this.#queue = queue;
    this.#segments = segments;
    this.#files = files;
    this.#openFiles = openFiles;
    this.#silentWriters = silentWriters;
    this.#namespace = namespace;
    this.#directories = directories;
    this.#awaited = awaited;
  }

  /** @throws StagingError, and the system's errors */
  static async open(options: FileTreeOptions): Promise<FileTree> {
    const segments = await Segments.open(options.stagingFolder, StagedFiles.storedExtents(options.database));
    return new FileTree(options, segments);
  }

  /** Whether an earlier run has offered what is there. */
  knows(store: ObjectStore, prefix: string): boolean {
    return this.#exports.knows({ store, prefix });
  }

  /**
   * @param uids who may use it; undefined: anybody who may connect
   * @throws StoreError where the store does not answer and nothing is known of it
   */
  async addExport(
    configuration: ExportConfiguration,
    store: ObjectStore,
    uids: ReadonlySet<number> | undefined,
  ): Promise<void> {
    const isKnown = this.knows(store, configuration.prefix);
    const added = this.#exports.add(configuration, { store, prefix: configuration.prefix }, uids);
    // Of one that was offered before, objects are looked at before anything else is asked; it may be away now.
    if (!isKnown) await this.#exports.sample(added);
    // Its root's filehandle is for ever.
    await this.#database.durable();
    this.#queue.release();
    void this.#multiparts.sweep();
  }

  removeExport(name: string): void {
    this.#exports.remove(name);
  }

  /** `refresh` is called when the list of exports is read and the last call was longer ago than this, milliseconds. */
  refreshExports(refresh: () => Promise<void>, age: number): void {
    this.#exports.onLook(refresh, age);
  }

  /**
   * Begins to upload what earlier runs have left; what clients had open when `reclaimed` is still to come waits for that.
   * @param isAbandoned whether those who had the node with this key open have not come back; asked once `reclaimed`
   */
  start(reclaimed: Promise<void>, isAbandoned: (nodeKey: string) => boolean = () => true): void {
    this.#publishForgotten();
    this.#multiparts.start((fileid) => this.#changes.isPublishPending(fileid));
    this.#queue.start();
    void reclaimed.then(() => {
      this.#recover(isAbandoned);
      this.#forgetUnlinked();
      this.#queue.release();
    });
  }

  /** Logs the upload of staged bytes that reached the disk just before a crash, while their place in the log did not. */
  #publishForgotten(): void {
    const forgotten: Fileid[] = [];
    for (const [fileid, { staged, export: exportId }] of this.#tree.unsettled())
      if (staged !== undefined && this.#exports.byId(exportId) !== undefined) forgotten.push(fileid);
    this.#database.transact(() => forgotten.forEach((fileid) => this.#namespace.publish(fileid)));
  }

  /** What was open for writing at the crash, and nobody has opened again: closed meanwhile, or half written. */
  #recover(isAbandoned: (nodeKey: string) => boolean): void {
    this.#database.transact(() => {
      for (const fileid of this.#awaited) {
        const staged = this.#tree.get(fileid)?.staged;
        if (this.#openFiles.isOpen(fileid) || staged === undefined) continue;
        const { open: _, ...rest } = staged;
        this.#tree.update(fileid, { staged: rest });
        if (isAbandoned(nodeKey(fileid))) this.#namespace.recover(fileid);
      }
    });
    this.#awaited.clear();
  }

  /** Inodes without a name that nobody has opened again. */
  #forgetUnlinked(): void {
    const orphans: Fileid[] = [];
    for (const [fileid, record] of this.#tree.unsettled()) {
      if (record.parent === 0 && !this.#openFiles.isOpen(fileid)) orphans.push(fileid);
    }
    if (orphans.length > 0) this.#database.transact(() => orphans.forEach((fileid) => this.#namespace.forget(fileid)));
  }

  /** Resolves when the stores have everything that they take. */
  async flush(): Promise<void> {
    await this.#silentWriters.close();
    await this.#queue.flush();
  }

  async close(): Promise<void> {
    await this.#silentWriters.close();
    await this.#early.stop();
    await this.#queue.stop();
    this.#multiparts.stop();
    await this.#files.commitAll();
    await this.#segments.close();
    await this.#directories.close();
  }
}
