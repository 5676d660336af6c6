/**
 * What lets clients get back after a restart what they had open and locked: the records of it, and the grace period in
 * which others do not come first (RFC 7530 §9.6.2, RFC 8881 §8.4.2).
 *
 * When records reach the disk: the first lock in a file, and an open that denies, promise that nobody else gets the
 * same, so they wait for the disk; so does taking such a promise away from a client that has gone silent. An OPEN that
 * denies nothing promises nothing to the others; it is recorded without waiting. Where a crash loses that record, the
 * client's own record (on the disk since it was confirmed) is enough to let it reclaim the open: whatever state others
 * have got meanwhile is checked, and if none is in the way nothing was broken. What it committed under that open went to
 * the disk after the record, in the same log. So nothing is lost, and opening a file never waits for the disk.
 */
import type { Database, Table } from '../../database/database.ts';
import type { Log } from '../../log.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error } from '../operation.ts';
import type { Client } from './client.ts';
import type { Clock } from './clock.ts';

interface ClientRecord {
  readonly verifier: Buffer;
  readonly uid: number;
}

/** What a client has of one file. */
export interface FileHoldings {
  /** Open-owners that have it open. */
  readonly opens: number;
  /** Bytes locked, summed over lock-owners. */
  readonly locked: bigint;
}

/** FileHoldings as they are stored. */
interface FileRecord {
  readonly opens: number;
  /** A decimal number: sums go beyond the 64 bits that the database can hold. */
  readonly locked: string;
  /** Whether anything was locked since the file was opened: stays, so that only the first lock waits for the disk. */
  readonly wasLocked: boolean;
}

interface Previous extends ClientRecord {
  readonly files: ReadonlyMap<string, FileRecord>;
  /** Of `files`, those that have not been reclaimed in full. */
  readonly missing: Set<string>;
}

export interface RecoverySettings {
  readonly database: Database;
  readonly log: Log;
  readonly clock: Clock;
  readonly leaseMilliseconds: number;
  /** What the client with this key has of the file now. */
  readonly current: (clientKey: string, nodeKey: string) => FileHoldings;
}

/** What is to be reclaimed; `deny` and `lock` keep others out. */
export type ReclaimKind = 'open' | 'deny' | 'lock';

export class Recovery {
  readonly #database: Database;
  readonly #clients: Table<ClientRecord>;
  readonly #files: Table<FileRecord>;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #lease: number;
  readonly #current: (clientKey: string, nodeKey: string) => FileHoldings;
  /** Client.key and Node.key of which the disk knows that there are locks. */
  readonly #promised = new Set<string>();
  /** Client.keys that were confirmed since this start. */
  readonly #present = new Set<string>();
  /** Clients of earlier starts, by Client.key, until the reclaim period is over. */
  readonly #previous = new Map<string, Previous>();
  /** Who has not reclaimed a file yet: Node.key to Client.key. Empty means no grace. */
  readonly #unreclaimed = new Map<string, Set<string>>();
  /** Clients of this start that are the same instance as one in `#previous` and may reclaim. */
  readonly #returned = new WeakSet<Client>();
  /** Node.keys of what clients had that have not come back, or not as the instance that they were. */
  readonly #abandoned = new Set<string>();
  /** Node.keys of what clients that have come back did not reclaim. */
  readonly #closed = new Set<string>();
  readonly #ended = Promise.withResolvers<undefined>();
  #over = false;
  #deadline = 0;

  constructor(settings: RecoverySettings) {
    this.#database = settings.database;
    this.#clients = settings.database.table('nfs4-clients');
    this.#files = settings.database.table('nfs4-open-files');
    this.#log = settings.log;
    this.#clock = settings.clock;
    this.#lease = settings.leaseMilliseconds;
    this.#current = settings.current;
  }

  /** Reads the records and begins the grace period, of one lease at most, where any client had something. */
  start(): void {
    this.#deadline = this.#clock() + this.#lease;
    for (const [key, record] of this.#clients.range([])) {
      const client = String(key[0]);
      const files = new Map<string, FileRecord>();
      for (const [fileKey, file] of this.#files.range([client])) files.set(String(fileKey[1]), file);
      this.#previous.set(client, { ...record, files, missing: new Set(files.keys()) });
      for (const node of files.keys()) {
        const waiting = this.#unreclaimed.get(node) ?? new Set();
        this.#unreclaimed.set(node, waiting.add(client));
      }
    }
    if (this.#unreclaimed.size > 0) {
      this.#log.info(
        { files: this.#unreclaimed.size, clients: this.#previous.size },
        'grace period: waiting for NFSv4 clients to reclaim what they had open',
      );
    }
    this.#check();
  }

  /** Resolves when everything was reclaimed or given up. */
  get graceEnded(): Promise<void> {
    return this.#ended.promise;
  }

  /**
   * Whether those who had the file before this start are gone without having closed it. Who came back and did not reclaim
   * it has closed it meanwhile. Final once grace has ended.
   */
  isAbandoned(nodeKey: string): boolean {
    return this.#abandoned.has(nodeKey) && !this.#closed.has(nodeKey);
  }

  get inGrace(): boolean {
    this.#check();
    return !this.#over;
  }

  /** Ends the grace period when it is time; called now and then. */
  tick(): void {
    this.#check();
  }

  /** Whether a client of an earlier start may still come back. */
  isKnown(clientKey: string): boolean {
    return this.#previous.has(clientKey);
  }

  /** Whether somebody else may still reclaim the file, so that `client` (undefined: nobody's in particular) must wait. */
  isHeldBack(nodeKey: string, client: Client | undefined): boolean {
    if (!this.inGrace) return false;
    for (const key of this.#unreclaimed.get(nodeKey) ?? []) if (key !== client?.key) return true;
    return false;
  }

  /** Whether the client had state before this start, may reclaim it, and has not said that it is done. */
  mayReclaim(client: Client): boolean {
    return this.#returned.has(client) && this.#clock() < this.#deadline;
  }

  /** @throws Nfs4Error NO_GRACE, RECLAIM_BAD (the client never had it) */
  requireReclaimable(client: Client, nodeKey: string, kind: ReclaimKind): void {
    if (!this.mayReclaim(client)) throw new Nfs4Error(Nfs4Status.NO_GRACE);
    const recorded = this.#previous.get(client.key)?.files.get(nodeKey);
    const known = kind === 'open' || (recorded !== undefined && (kind === 'deny' || recorded.wasLocked));
    if (!known) throw new Nfs4Error(Nfs4Status.RECLAIM_BAD);
  }

  /** The client is confirmed: it is recorded, on the disk when this resolves; another instance's records are dropped. */
  async confirmed(client: Client): Promise<void> {
    const previous = this.#previous.get(client.key);
    const same = previous?.verifier.equals(client.verifier) === true && previous.uid === client.uid;
    this.#database.transact(() => {
      if (same) this.#returned.add(client);
      else this.#forgetFiles(client.key);
      this.#clients.put([client.key], { verifier: client.verifier, uid: client.uid });
    });
    this.#present.add(client.key);
    this.#check();
    await this.#database.durable();
  }

  /** 4.1: the client has reclaimed what it wants. 4.0 clients are done when nothing is missing. */
  complete(client: Client): void {
    this.#returned.delete(client);
    const previous = this.#previous.get(client.key);
    if (previous === undefined) return;
    for (const node of previous.missing) this.#closed.add(node);
    this.#drop(client.key);
    this.#database.transact(() => {
      for (const node of previous.missing) this.#put(client.key, node, this.#current(client.key, node));
    });
    this.#check();
  }

  /** Records what the client now has of the file. Whether that must be on the disk: see above. */
  record(client: Client, nodeKey: string, now: FileHoldings): void {
    const previous = this.#previous.get(client.key);
    const recorded = previous?.missing.has(nodeKey) === true ? previous.files.get(nodeKey) : undefined;
    const before = recorded === undefined ? { opens: 0, locked: 0n } : holdingsOf(recorded);
    if (now.opens < before.opens || now.locked < before.locked) {
      // The rest may still be reclaimed, also after another restart.
      const opens = Math.max(now.opens, before.opens);
      const locked = now.locked > before.locked ? now.locked : before.locked;
      this.#database.transact(() => this.#put(client.key, nodeKey, { opens, locked }));
      return;
    }
    this.#database.transact(() => this.#put(client.key, nodeKey, now));
    if (recorded !== undefined && previous !== undefined) {
      previous.missing.delete(nodeKey);
      this.#release(nodeKey, client.key);
      this.#check();
    }
  }

  /** The client is gone with all it had. */
  forget(client: Client): void {
    this.#returned.delete(client);
    this.#present.delete(client.key);
    this.#database.transact(() => {
      this.#forgetFiles(client.key);
      this.#clients.delete([client.key]);
    });
    this.#check();
  }

  /** A lock has been recorded and is about to be granted: waits for the disk where that does not know of any yet. */
  async promiseLock(client: Client, nodeKey: string): Promise<void> {
    const name = `${client.key} ${nodeKey}`;
    if (this.#promised.has(name)) return;
    await this.#database.durable();
    if (this.#files.get([client.key, nodeKey])?.wasLocked === true) this.#promised.add(name);
  }

  async durable(): Promise<void> {
    await this.#database.durable();
  }

  #put(key: string, nodeKey: string, now: FileHoldings): void {
    if (now.opens === 0) {
      this.#files.delete([key, nodeKey]);
      this.#promised.delete(`${key} ${nodeKey}`);
      return;
    }
    const wasLocked = now.locked > 0n || this.#files.get([key, nodeKey])?.wasLocked === true;
    this.#files.put([key, nodeKey], { opens: now.opens, locked: String(now.locked), wasLocked });
  }

  #forgetFiles(key: string): void {
    for (const node of this.#previous.get(key)?.missing ?? []) this.#abandoned.add(node);
    for (const [fileKey] of this.#files.range([key])) {
      this.#files.delete(fileKey);
      this.#promised.delete(`${key} ${String(fileKey[1])}`);
    }
    this.#drop(key);
  }

  #drop(key: string): void {
    const previous = this.#previous.get(key);
    if (previous === undefined) return;
    for (const node of previous.missing) this.#release(node, key);
    this.#previous.delete(key);
  }

  #release(nodeKey: string, key: string): void {
    const waiting = this.#unreclaimed.get(nodeKey);
    waiting?.delete(key);
    if (waiting?.size === 0) this.#unreclaimed.delete(nodeKey);
  }

  #check(): void {
    const late = this.#clock() >= this.#deadline;
    if (late && this.#previous.size > 0) this.#giveUp();
    if (!this.#over && this.#unreclaimed.size === 0) {
      this.#over = true;
      this.#ended.resolve(undefined);
      this.#log.info({}, 'no NFSv4 state is left to reclaim');
    }
  }

  /** The time is over: what was not reclaimed cannot be any more, and who did not come back is forgotten. */
  #giveUp(): void {
    let lost = 0;
    const previous = [...this.#previous];
    this.#previous.clear();
    this.#unreclaimed.clear();
    this.#database.transact(() => {
      for (const [key, { missing }] of previous) {
        lost += missing.size;
        const whose = this.#present.has(key) ? this.#closed : this.#abandoned;
        for (const node of missing) {
          whose.add(node);
          this.#put(key, node, this.#current(key, node));
        }
        if (!this.#present.has(key)) this.#clients.delete([key]);
      }
    });
    if (lost > 0) {
      this.#log.warn(
        { files: lost },
        'the grace period is over: files that NFSv4 clients did not reclaim are given up',
      );
    }
  }
}

function holdingsOf(record: FileRecord): FileHoldings {
  return { opens: record.opens, locked: BigInt(record.locked) };
}
