/** A file tree over a bucket in memory, with its database and staging in a temporary folder, that can be killed. */
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BlockCache } from '../../cache/block-cache.ts';
import { exportConfiguration, type ExportConfiguration } from '../../configuration.ts';
import { Database } from '../../database/database.ts';
import { silentLog, type Log } from '../../log.ts';
import type { QueueTimes } from '../../staging/queue-times.ts';
import type { Caller } from '../caller.ts';
import { DelegationTables } from '../locks/delegation-tables.ts';
import { FileTree } from '../file-tree.ts';
import type { FileSystem, Node } from '../file-system.ts';
import { MemoryStore, type MemoryStoreOptions } from '../../store/testing/memory-store.ts';

// The protocols' tests see stores through here, as the protocols do.
export { MemoryBucket, type Fate, type RequestKind } from '../../store/testing/memory-store.ts';

export const root: Caller = { uid: 0, gid: 0, gids: [], address: '127.0.0.1' };

/** Milliseconds; uploads begin almost at once. */
export const quickTimes: QueueTimes = {
  settle: 3,
  latest: 20,
  idle: 20,
  hopeless: 30,
  retry: { baseMilliseconds: 4, capMilliseconds: 20, maxAttempts: Infinity },
};

/** LMDB's two meta pages, bytes. */
const headLength = 2 * 4096;

export interface LifeOptions {
  readonly store?: MemoryStoreOptions;
  readonly configuration?: Partial<ExportConfiguration>;
  readonly times?: QueueTimes;
  /** Milliseconds; as FileTreeOptions. */
  readonly silence?: number;
  /** Who may use the export; undefined: anybody. */
  readonly uids?: ReadonlySet<number>;
  readonly log?: Log;
  /** Bytes of memory for blocks. */
  readonly cacheBytes?: number;
  readonly delegations?: DelegationTables;
}

export class GatewayLife {
  readonly folder: string;
  readonly database: Database;
  readonly tree: FileTree;
  readonly store: MemoryStore;
  readonly #cache: BlockCache;
  readonly #options: LifeOptions;

  private constructor(
    parts: {
      readonly folder: string;
      readonly database: Database;
      readonly cache: BlockCache;
      readonly tree: FileTree;
      readonly store: MemoryStore;
    },
    options: LifeOptions,
  ) {
    const { folder, database, cache, tree, store } = parts;
    this.folder = folder;
    this.database = database;
    this.#cache = cache;
    this.tree = tree;
    this.store = store;
    this.#options = options;
  }

  /** @param folder of an earlier life; without it a new one is made */
  static async begin(options: LifeOptions, folder?: string): Promise<GatewayLife> {
    const home = folder ?? (await mkdtemp(path.join(tmpdir(), 'windlass-life-')));
    const database = await Database.open(path.join(home, 'database'));
    const log = options.log ?? silentLog;
    const cache = await BlockCache.open({
      memoryBytes: options.cacheBytes ?? 8 * 1024 * 1024,
      disk: { folder: path.join(home, 'cache'), bytes: 2 * 1024 * 1024 },
      log,
    });
    const tree = await FileTree.open({
      delegations: options.delegations ?? new DelegationTables(),
      database,
      stagingFolder: path.join(home, 'staging'),
      cache,
      host: 'here',
      log,
      times: options.times ?? quickTimes,
      ...(options.silence === undefined ? {} : { silence: options.silence }),
    });
    const store = new MemoryStore(options.store);
    await tree.addExport(configure(options.configuration ?? {}), store, options.uids);
    return new GatewayLife({ folder: home, database, cache, tree, store }, options);
  }

  get fileSystem(): FileSystem {
    return this.tree.fileSystem;
  }

  /** The root directory of the export. */
  async exported(): Promise<Node> {
    return this.fileSystem.lookup(this.fileSystem.root(root), 'bucket', root);
  }

  /** Ends as a gateway that is told to, and begins again. */
  async restart(): Promise<GatewayLife> {
    await this.end();
    return GatewayLife.begin(this.#options, this.folder);
  }

  /** Stops at once; the next life finds what has been written to the disk by now. */
  async kill(): Promise<GatewayLife> {
    this.store.cut();
    const folder = await mkdtemp(path.join(tmpdir(), 'windlass-life-'));
    copyFolder(this.folder, folder);
    await this.end();
    await rm(this.folder, { recursive: true, force: true });
    return GatewayLife.begin(this.#options, folder);
  }

  async end(): Promise<void> {
    await this.tree.close();
    await this.#cache.close();
    await this.database.close();
  }

  async cleanUp(): Promise<void> {
    await this.end();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** What a crash leaves: in one go, so that no flush of the database can begin meanwhile. */
function copyFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = path.join(from, entry.name);
    const target = path.join(to, entry.name);
    if (entry.isDirectory()) copyFolder(source, target);
    else if (!entry.name.endsWith('-lock')) {
      try {
        copyFile(source, target);
      } catch (error) {
        // A segment that nobody refers to any more is deleted in the background.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  }
}

/** The first pages of a database that is being written say which others count, so they are read before those. */
function copyFile(from: string, to: string): void {
  const file = openSync(from, 'r');
  try {
    const head = Buffer.alloc(headLength);
    const length = readSync(file, head, 0, headLength, 0);
    writeFileSync(to, Buffer.concat([head.subarray(0, length), readFileSync(from).subarray(length)]), { mode: 0o600 });
  } finally {
    closeSync(file);
  }
}

function configure(changes: Partial<ExportConfiguration>): ExportConfiguration {
  const defaults = {
    name: 'bucket',
    connection: { kind: 'folder' },
    bucket: '/nowhere',
    uid: 0,
    gid: 0,
    squash: 'none',
    metadata: 'listing',
  };
  return { ...exportConfiguration.parse(defaults), ...changes };
}
