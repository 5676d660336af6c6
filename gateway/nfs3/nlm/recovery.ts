/**
 * What lets clients get back after a restart what they had locked: the records of it, and the grace period in which
 * others do not come first. NLM has no leases: clients learn of the restart by NSM and then send what they had.
 */
import type { Database, Table } from '../../database/database.ts';
import type { ReclaimSource } from '../../filesystem/locks/reclaims.ts';
import type { Log } from '../../log.ts';
import { clientKey, type NlmClient, type Peer } from './clients.ts';

/** What a client has locked in a file: bytes, summed over its holders, as a decimal number. */
interface FileRecord {
  readonly locked: string;
}

export interface NlmRecoverySettings {
  readonly database: Database;
  readonly log: Log;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  /** How long clients get to reclaim, milliseconds. */
  readonly graceMilliseconds: number;
}

export class NlmRecovery implements ReclaimSource {
  readonly #database: Database;
  readonly #clients: Table<Peer>;
  readonly #files: Table<FileRecord>;
  readonly #log: Log;
  readonly #clock: () => number;
  readonly #grace: number;
  /** Clients of earlier starts with what they have not reclaimed: client key, Node.key, bytes. */
  readonly #missing = new Map<string, Map<string, bigint>>();
  #deadline = 0;

  constructor({ database, log, clock, graceMilliseconds }: NlmRecoverySettings) {
    this.#database = database;
    this.#clients = database.table('nlm-clients');
    this.#files = database.table('nlm-locked-files');
    this.#log = log;
    this.#clock = clock;
    this.#grace = graceMilliseconds;
  }

  /** Begins the grace period where anything was locked. @returns who is to be told of the restart */
  start(): readonly Peer[] {
    this.#deadline = this.#clock() + this.#grace;
    const peers: Peer[] = [];
    const idle: Peer[] = [];
    for (const [, peer] of this.#clients.range([])) {
      const files = new Map<string, bigint>();
      for (const [key, { locked }] of this.#files.range([clientKey(peer)])) files.set(String(key[1]), BigInt(locked));
      if (files.size === 0) {
        idle.push(peer);
        continue;
      }
      this.#missing.set(clientKey(peer), files);
      peers.push(peer);
    }
    this.#database.transact(() => idle.forEach((peer) => this.#clients.delete([clientKey(peer)])));
    if (peers.length > 0) {
      this.#log.info({ clients: peers.length }, 'grace period: waiting for NFSv3 clients to reclaim their locks');
    }
    return peers;
  }

  get inGrace(): boolean {
    if (this.#missing.size > 0 && this.#clock() >= this.#deadline) this.#giveUp();
    return this.#missing.size > 0;
  }

  /** Whether somebody may still reclaim locks of the file. @param except a client that need not wait for itself */
  isHeldBack(nodeKey: string, except?: string): boolean {
    if (!this.inGrace) return false;
    for (const [key, files] of this.#missing) if (key !== except && files.has(nodeKey)) return true;
    return false;
  }

  /** Whether the client had locks of the file before the restart and has not got all of them back. */
  mayReclaim(client: NlmClient, nodeKey: string): boolean {
    return this.inGrace && this.#missing.get(client.key)?.has(nodeKey) === true;
  }

  /**
   * Records what the client now has locked in the file.
   * @returns whether the disk may not know yet that there is a lock: then `durable` has to come before it is granted
   */
  record(client: NlmClient, nodeKey: string, locked: bigint): boolean {
    const missing = this.#missing.get(client.key);
    const before = missing?.get(nodeKey) ?? 0n;
    if (locked >= before) this.#done(client.key, nodeKey);
    const kept = locked > before ? locked : before;
    const isNew = this.#files.get([client.key, nodeKey]) === undefined;
    this.#database.transact(() => {
      if (kept === 0n) this.#files.delete([client.key, nodeKey]);
      else {
        this.#files.put([client.key, nodeKey], { locked: String(kept) });
        this.#clients.put([client.key], client.peer);
      }
    });
    return isNew && kept > 0n;
  }

  /** The client has restarted: nothing is kept for it. */
  forget(key: string): void {
    this.#missing.delete(key);
    const nodes = [...this.#files.range([key])].map(([file]) => file);
    this.#database.transact(() => {
      for (const node of nodes) this.#files.delete(node);
      this.#clients.delete([key]);
    });
  }

  /** The clients of earlier starts that have not reclaimed everything. */
  get missing(): readonly string[] {
    return this.inGrace ? [...this.#missing.keys()] : [];
  }

  durable(): Promise<void> {
    return this.#database.durable();
  }

  #done(key: string, nodeKey: string): void {
    const files = this.#missing.get(key);
    files?.delete(nodeKey);
    if (files?.size === 0) this.#missing.delete(key);
  }

  /** The time is over: who has not come back has nothing any more. */
  #giveUp(): void {
    const given = [...this.#missing];
    this.#missing.clear();
    this.#database.transact(() => {
      for (const [key, files] of given) for (const node of files.keys()) this.#files.delete([key, node]);
    });
    this.#log.warn({ clients: given.length }, 'the grace period is over: locks of NFSv3 clients are given up');
  }
}
