/** All that the NFSv4 server remembers between requests, put together. */
import { randomBytes } from 'node:crypto';
import type { Database } from '../../database/database.ts';
import type { FileSystem, Node, OpenFile } from '../../filesystem/file-system.ts';
import { FileLocks } from '../../filesystem/locks/file-locks.ts';
import type { ReclaimSource } from '../../filesystem/locks/reclaims.ts';
import type { Log } from '../../log.ts';
import type { StateidValue } from '../codec/basic.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type CompoundContext } from '../operation.ts';
import { AddressChannel } from './callbacks/address-channel.ts';
import type { CallbackChannel } from './callbacks/callback-channel.ts';
import { Callbacks } from './callbacks/callbacks.ts';
import { SessionChannel } from './callbacks/session-channel.ts';
import type { Client } from './client.ts';
import { Clients40 } from './clients40.ts';
import { Clients41 } from './clients41.ts';
import type { Clock } from './clock.ts';
import { Delegations } from './delegations.ts';
import { Identifiers } from './identifiers.ts';
import { StatefulIo } from './io.ts';
import { Leases } from './leases.ts';
import { LockWaits } from './lock-waits.ts';
import { Locking } from './locking.ts';
import { Opens } from './opens.ts';
import { Recovery } from './recovery.ts';
import { Sessions } from './sessions.ts';
import { Stateids } from './stateids.ts';

/** How often delegations are looked at, whether they may still be trusted; milliseconds. */
const delegationCheck = 1000;

export interface StateLimits {
  /** Confirmed clients. */
  readonly clients: number;
  /** Stateids of all clients together. */
  readonly stateids: number;
  /** How long a silent client's state is kept where it is in nobody's way, seconds. */
  readonly courtesySeconds: number;
}

const defaultLimits: StateLimits = { clients: 4096, stateids: 200_000, courtesySeconds: 24 * 3600 };

export interface ServerStateSettings {
  readonly database: Database;
  readonly fileSystem: FileSystem;
  readonly leaseSeconds: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<StateLimits>;
  /** Shared with other protocols; default: of its own. */
  readonly locks?: FileLocks;
}

export interface StateCounts {
  readonly clients: number;
  readonly sessions: number;
  readonly opens: number;
  readonly stateids: number;
  readonly inGrace: boolean;
}

export class ServerState {
  readonly leaseSeconds: number;
  /** so_major_id and server scope: of this gateway's database, for ever. */
  readonly serverOwner: Buffer;
  readonly leases: Leases;
  readonly recovery: Recovery;
  readonly stateids: Stateids;
  readonly #locks: FileLocks;
  readonly #reclaims: ReclaimSource;
  readonly callbacks: Callbacks;
  readonly delegations: Delegations;
  readonly opens: Opens;
  readonly locking: Locking;
  readonly lockWaits: LockWaits;
  readonly sessions: Sessions;
  readonly clients40: Clients40;
  readonly clients41: Clients41;
  readonly io: StatefulIo;
  readonly #limits: StateLimits;
  readonly #log: Log;
  /** 4.1 clients that have said that they are done with reclaiming. */
  readonly #complete = new WeakSet<Client>();
  readonly #channels = new WeakMap<Client, AddressChannel>();
  #timer: NodeJS.Timeout | undefined;
  #delegationTimer: NodeJS.Timeout | undefined;

  constructor({ database, fileSystem, leaseSeconds, clock, log, limits, locks }: ServerStateSettings) {
    this.#limits = { ...defaultLimits, ...limits };
    this.#log = log;
    this.leaseSeconds = leaseSeconds;
    const { serverOwner, start } = countStart(database);
    this.serverOwner = serverOwner;
    const identifiers = new Identifiers(start);
    const leaseMilliseconds = leaseSeconds * 1000;
    const leases = new Leases(leaseMilliseconds, clock);
    const stateids = new Stateids(identifiers, this.#limits.stateids, () => this.#letGoSilent());
    this.#locks = locks ?? new FileLocks();
    this.#reclaims = { isHeldBack: (nodeKey) => this.recovery.isHeldBack(nodeKey, undefined) };
    this.#locks.reclaims.add(this.#reclaims);
    const { ranges: lockTables, shares: shareTables } = this.#locks;
    const recovery = new Recovery({
      database,
      log,
      clock,
      leaseMilliseconds,
      current: (clientKey, nodeKey) => this.opens.current(clientKey, nodeKey),
    });
    const life = {
      requireRoom: () => this.#requireRoom(),
      begin: (client: Client) => recovery.confirmed(client),
      end: (client: Client) => this.#end(client),
    };
    this.leases = leases;
    this.stateids = stateids;
    this.recovery = recovery;
    const { delegations: delegationTables } = this.#locks;
    const callbacks = new Callbacks((client) => this.#channelOf(client));
    this.callbacks = callbacks;
    this.delegations = new Delegations({
      callbacks,
      fileSystem,
      identifiers,
      leases,
      lockTables,
      log,
      recovery,
      shareTables,
      stateids,
      tables: delegationTables,
    });
    this.opens = new Opens({
      delegations: delegationTables,
      fileSystem,
      identifiers,
      leases,
      lockTables,
      recovery,
      shareTables,
      stateids,
    });
    this.locking = new Locking({ identifiers, leases, lockTables, opens: this.opens, recovery, stateids });
    this.lockWaits = new LockWaits({ callbacks, leases, lockTables, log });
    const onCallback = (client: Client): void => callbacks.forget(client);
    this.sessions = new Sessions({
      database,
      fileSystem,
      identifiers,
      leases,
      isPathDown: (client) => callbacks.isDown(client),
      onBackChannel: onCallback,
    });
    this.clients40 = new Clients40({ identifiers, leases, life, onCallback });
    this.clients41 = new Clients41({ identifiers, leases, life, sessions: this.sessions });
    this.io = new StatefulIo({ leases, opens: this.opens, recovery, stateids });
  }

  /** Reads what earlier starts have recorded and begins the grace period where somebody has something to reclaim. */
  start(): void {
    this.recovery.start();
    this.sessions.start((clientKey) => this.recovery.isKnown(clientKey));
    this.#timer = setInterval(() => this.tick(), Math.max(100, this.leases.milliseconds / 4));
    this.#timer.unref();
    this.#delegationTimer = setInterval(() => this.delegations.tick(), delegationCheck);
    this.#delegationTimer.unref();
  }

  /** Ends the timer; what clients have stays recorded for the next start. */
  stop(): void {
    clearInterval(this.#timer);
    clearInterval(this.#delegationTimer);
  }

  /** What is due: the end of grace, names never confirmed, clients silent for longer than courtesy goes. */
  tick(): void {
    this.recovery.tick();
    this.delegations.tick();
    this.lockWaits.tidy();
    this.clients40.tidy();
    this.clients41.tidy();
    for (const client of [...this.clients40, ...this.clients41]) {
      if (this.leases.silence(client) > this.#limits.courtesySeconds * 1000) this.#letGo(client);
      else this.opens.tidy(client);
    }
  }

  /** Resolves when what was open before the restart has been reclaimed or given up; at once where nothing was. */
  get graceEnded(): Promise<void> {
    return this.recovery.graceEnded;
  }

  /** See Recovery.isAbandoned. */
  isAbandoned(nodeKey: string): boolean {
    return this.recovery.isAbandoned(nodeKey);
  }

  counts(): StateCounts {
    return {
      clients: this.clients40.size + this.clients41.size,
      sessions: this.sessions.size,
      opens: this.opens.count,
      stateids: this.stateids.size,
      inGrace: this.recovery.inGrace,
    };
  }

  /**
   * The open under which SETATTR changes a size, or another operation changes the file; undefined for the special
   * stateids, after share reservations were looked at.
   * @throws Nfs4Error BAD_STATEID, OLD_STATEID, STALE_STATEID, EXPIRED, OPENMODE, LOCKED, GRACE
   */
  openFor(
    stateid: StateidValue,
    node: Node,
    context: CompoundContext,
    access: 'read' | 'write' = 'write',
  ): Promise<OpenFile | undefined> {
    return this.io.openFor(stateid, node, context, access);
  }

  /** The client of a COMPOUND with SEQUENCE. @throws Nfs4Error DEADSESSION on a session from before the restart */
  clientOf(context: CompoundContext): Client {
    const client = context.slot?.session?.client;
    if (client === undefined) throw new Nfs4Error(Nfs4Status.DEADSESSION);
    return client;
  }

  /** The client that an owner names in 4.0, whose lease it renews; in 4.1 the session's. @throws Nfs4Error STALE_CLIENTID */
  clientNamed(clientid: bigint, context: CompoundContext): Client {
    return context.minorVersion === 0 ? this.clients40.require(clientid) : this.clientOf(context);
  }

  /** RECLAIM_COMPLETE. @throws Nfs4Error COMPLETE_ALREADY */
  reclaimComplete(client: Client): void {
    if (this.#complete.has(client)) throw new Nfs4Error(Nfs4Status.COMPLETE_ALREADY);
    this.#complete.add(client);
    this.recovery.complete(client);
  }

  /**
   * That the client may have new state: a 4.1 client has to have said first that it reclaims nothing more.
   * @throws Nfs4Error GRACE
   */
  requireComplete(client: Client): void {
    if (client.generation === '4.1' && !this.#complete.has(client)) throw new Nfs4Error(Nfs4Status.GRACE);
  }

  /** As `requireComplete`, and that nobody else may still reclaim the file. @throws Nfs4Error GRACE */
  requireNoGrace(client: Client, nodeKey: string): void {
    this.requireComplete(client);
    if (this.recovery.isHeldBack(nodeKey, client)) throw new Nfs4Error(Nfs4Status.GRACE);
  }

  /** As `requireNoGrace`, and that nobody may still reclaim locks of the file in another protocol. @throws Nfs4Error GRACE */
  requireNoGraceForLock(client: Client, nodeKey: string): void {
    this.requireNoGrace(client, nodeKey);
    if (this.#locks.reclaims.isHeldBackByOthers(nodeKey, this.#reclaims)) throw new Nfs4Error(Nfs4Status.GRACE);
  }

  /** How the client is called; undefined: it has not said how. */
  #channelOf(client: Client): CallbackChannel | undefined {
    if (client.generation === '4.1') {
      const sessions = [...this.sessions.of(client)].filter((session) => session.wantsBackChannel);
      return sessions.length === 0 ? undefined : new SessionChannel(sessions);
    }
    const named = this.clients40.callbackOf(client);
    if (named === undefined) return undefined;
    const { callback, callbackIdent: ident, from } = named;
    const where = { program: callback.program, ident, ...callback.location };
    const known = this.#channels.get(client);
    if (known?.isTo(where, from) === true) return known;
    known?.close();
    const channel = new AddressChannel(where, from);
    this.#channels.set(client, channel);
    return channel;
  }

  #requireRoom(): void {
    if (this.clients40.size + this.clients41.size < this.#limits.clients) return;
    if (!this.#letGoSilent()) throw new Nfs4Error(Nfs4Status.DELAY, 'too many clients');
  }

  /** Memory is short: the client that has been silent longest goes, where its lease has run out; false where none has. */
  #letGoSilent(): boolean {
    let silent: Client | undefined;
    for (const client of [...this.clients40, ...this.clients41]) {
      if (this.leases.isExpired(client) && client.renewedAt < (silent?.renewedAt ?? Infinity)) silent = client;
    }
    if (silent !== undefined) this.#letGo(silent);
    return silent !== undefined;
  }

  #letGo(client: Client): void {
    const clients = client.generation === '4.0' ? this.clients40 : this.clients41;
    this.#log.info({ client: client.key }, 'a silent NFSv4 client is forgotten');
    clients.destroy(client).catch((error: unknown) => {
      this.#log.error({ client: client.key, error }, 'the files of a silent NFSv4 client could not be closed');
    });
  }

  async #end(client: Client): Promise<void> {
    this.leases.end(client);
    this.stateids.clientGone(client);
    this.#channels.get(client)?.close();
    this.recovery.forget(client);
    await Promise.all([this.delegations.drop(client), this.opens.drop(client)]);
  }
}

/**
 * The identity of this gateway and the number of this start, 1..2^32-2: seconds since the epoch, so that what was given
 * out before the data folder was lost is stale as well, and above the last one whatever the clock says.
 */
function countStart(database: Database): { readonly serverOwner: Buffer; readonly start: number } {
  const table = database.table<{ readonly owner: Buffer; readonly start: number }>('nfs4-server');
  const before = table.get(['identity']);
  const serverOwner = before?.owner ?? Buffer.from(`windlass-${randomBytes(16).toString('hex')}`);
  const start = (Math.max(before?.start ?? 0, Math.floor(Date.now() / 1000)) % 0xffff_fffd) + 1;
  database.transact(() => table.put(['identity'], { owner: serverOwner, start }));
  return { serverOwner, start };
}
