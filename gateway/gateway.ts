/** Puts the gateway together: database, stores, staging, file system, protocols; and takes it down again. */
import { hostname } from 'node:os';
import path from 'node:path';
import { BlockCache } from './cache/block-cache.ts';
import type { ExportConfiguration, GatewayConfiguration } from './configuration.ts';
import type { Answer, ControlConnection } from './control.ts';
import { controlEvents, controlHandlers } from './control-handlers.ts';
import { ControlSession } from './control-session.ts';
import { Database } from './database/database.ts';
import { lockFolder, type FolderLock } from './database/folder-lock.ts';
import { FileTree } from './filesystem/file-tree.ts';
import { FileLocks } from './filesystem/locks/file-locks.ts';
import type { Log } from './log.ts';
import { openDiscovery, type Discovery } from './discovery.ts';
import { MountProgram } from './nfs3/mount/program.ts';
import { Nlm } from './nfs3/nlm/nlm.ts';
import { Nfs3Program } from './nfs3/program.ts';
import { Nfs4Program } from './nfs4/program.ts';
import { ServerState } from './nfs4/state/server-state.ts';
import { RpcServer } from './rpc/server.ts';
import { Stores } from './stores.ts';

/** Milliseconds that another gateway on the same data gets to end. */
const lockWait = 2000;

/** Milliseconds that requests under way get to end. */
const requestWait = 5000;

/** Milliseconds that the list of buckets is trusted. */
const bucketListAge = 10_000;

interface Parts {
  readonly lock: FolderLock;
  readonly database: Database;
  readonly stores: Stores;
  readonly cache: BlockCache;
  readonly files: FileTree;
  readonly state: ServerState;
  readonly nlm: Nlm;
  readonly server: RpcServer;
  readonly discovery: Discovery | undefined;
  readonly log: Log;
}

export interface StopOptions {
  readonly finishUploads: boolean;
  /** What must end before another gateway may have the data folder; called once uploads are finished. */
  readonly beforeRelease?: () => Promise<void>;
}

export class Gateway {
  readonly address: string;
  readonly port: number;
  readonly #parts: Parts;
  /** Resolves when a parent has asked for the end over a control connection, with whether uploads are to be finished. */
  readonly stopAsked: Promise<boolean>;
  readonly #askStop: (finishUploads: boolean) => void;
  readonly #since = Date.now();

  private constructor(bound: { readonly address: string; readonly port: number }, parts: Parts) {
    this.address = bound.address;
    this.port = bound.port;
    this.#parts = parts;
    const asked = Promise.withResolvers<boolean>();
    this.stopAsked = asked.promise;
    this.#askStop = asked.resolve;
  }

  /** A parent's connection; `send` is called with what goes back to it. */
  connect(send: (answer: Answer) => void): ControlConnection {
    const { files, log } = this.#parts;
    return new ControlSession(controlHandlers(files, this.#since, this.#askStop), controlEvents(files), send, log);
  }

  /** Serves when it resolves. @throws StoreError, DatabaseError, FolderLockedError, StagingError, and the system's errors */
  static async start(configuration: GatewayConfiguration, log: Log): Promise<Gateway> {
    const { dataFolder, bind, leaseSeconds, insecurePorts, allow, tls } = configuration;
    const undo: (() => Promise<unknown>)[] = [];
    try {
      const lock = await lockFolder(dataFolder, { waitMilliseconds: lockWait });
      undo.push(() => lock.release());
      const database = await Database.open(path.join(dataFolder, 'database'));
      undo.push(() => database.close());
      const stores = new Stores(database, log);
      undo.push(() => stores.close());
      const cache = await BlockCache.open({
        memoryBytes: configuration.cache.memoryBytes,
        disk: {
          folder: configuration.cache.folder ?? path.join(dataFolder, 'cache'),
          bytes: configuration.cache.diskBytes,
        },
        log,
      });
      undo.push(() => cache.close());
      const locks = new FileLocks();
      const files = await FileTree.open({
        database,
        delegations: locks.delegations,
        stagingFolder: path.join(dataFolder, 'staging'),
        cache,
        host: hostname(),
        log,
      });
      undo.push(() => files.close());
      const uids = admittedUids(bind.address);
      const offer = async (one: ExportConfiguration): Promise<void> => {
        const store = await stores.open(one);
        await stores.check(one, files.knows(store, one.prefix));
        await files.addExport(one, store, uids);
      };
      await Promise.all(configuration.exports.map(offer));
      await offerBuckets(configuration, stores, files, offer, log);
      const { fileSystem } = files;
      const clock = (): number => performance.now();
      const state = new ServerState({
        database,
        fileSystem,
        leaseSeconds,
        clock,
        log,
        locks,
      });
      state.start();
      undo.push(() => {
        state.stop();
        return Promise.resolve();
      });
      const nlm = new Nlm({ database, fileSystem, locks, graceSeconds: leaseSeconds, clock, log });
      nlm.start();
      undo.push(() => {
        nlm.stop();
        return Promise.resolve();
      });
      const mount = new MountProgram({ fileSystem, log });
      const server = new RpcServer({
        programs: [
          new Nfs4Program({ fileSystem, state, log }),
          new Nfs3Program({ fileSystem, locks, log }),
          mount,
          ...nlm.programs,
        ],
        log,
        insecurePorts,
        allow,
        tls,
      });
      const bound = await server.listen(bind.address, bind.port);
      undo.push(() => server.close(0));
      const discovery = configuration.portmapper
        ? await openDiscovery({ bound, programs: server.programs, overUdp: [mount, ...nlm.programs], allow, log })
        : undefined;
      files.start(state.graceEnded, (nodeKey) => state.isAbandoned(nodeKey));
      return new Gateway(bound, { lock, database, stores, cache, files, state, nlm, server, discovery, log });
    } catch (error) {
      for (const step of undo.reverse())
        await step().catch((failure: unknown) =>
          log.error({ error: failure }, 'The gateway could not be taken down cleanly.'),
        );
      throw error;
    }
  }

  /**
   * Ends it. Everything that was committed is kept either way.
   * @param finishUploads waits until the stores have everything that they take
   */
  async stop({ finishUploads, beforeRelease }: StopOptions): Promise<void> {
    const { lock, database, stores, cache, files, state, nlm, server, discovery } = this.#parts;
    await discovery?.close();
    await server.close(requestWait);
    state.stop();
    nlm.stop();
    if (finishUploads) await files.flush();
    await beforeRelease?.();
    await files.close();
    await cache.close();
    await stores.close();
    await database.close();
    await lock.release();
  }
}

/**
 * Loopback is shared with every user of the machine: there only who started the gateway, and root, may use the exports.
 * Started by root, or beyond loopback, it is the machine's service, and the modes of the files decide.
 */
function admittedUids(address: string): ReadonlySet<number> | undefined {
  const uid = process.getuid?.() ?? 0;
  const isLoopback = address === '::1' || address === 'localhost' || address.startsWith('127.');
  return uid === 0 || !isLoopback ? undefined : new Set([uid, 0]);
}

/** Offers every bucket, and looks for new ones when the list is read. */
async function offerBuckets(
  { allBuckets }: GatewayConfiguration,
  stores: Stores,
  files: FileTree,
  offerOne: (one: ExportConfiguration) => Promise<void>,
  log: Log,
): Promise<void> {
  if (allBuckets === undefined) return;
  const offered = new Set<string>();
  const offer = async (): Promise<void> => {
    const found = await stores.everyBucket(allBuckets);
    const added = found.filter(({ name }) => !offered.has(name));
    await Promise.all(
      added.map(async (one: ExportConfiguration) => {
        try {
          await offerOne(one);
          offered.add(one.name);
        } catch (error) {
          // One bucket that may be listed but not used must not keep the others away.
          log.warn({ bucket: one.bucket, error }, `The bucket ${one.bucket} cannot be offered.`);
        }
      }),
    );
    for (const name of offered) {
      if (found.some((one) => one.name === name)) continue;
      files.removeExport(name);
      offered.delete(name);
    }
  };
  await offer();
  files.refreshExports(offer, bucketListAge);
}
