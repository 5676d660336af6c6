/** Sessions and their slots: exactly-once for the requests of 4.1 and later. RFC 8881 §2.10. */
import type { Database, Table } from '../../database/database.ts';
import type { FileSystem } from '../../filesystem/file-system.ts';
import type { Credential, RpcConnection } from '../../rpc/program.ts';
import { DirectionFromServer, SequenceStatus } from '../codec/sessions.ts';
import type { ChannelAttributes, SequenceArguments, SequenceResult } from '../codec/sessions.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type CompoundContext, type MinorVersion, type SlotReply } from '../operation.ts';
import { BackSlots, type BackSlot } from './callbacks/back-slots.ts';
import { fitChannel, largestForeChannel } from './channels.ts';
import type { Client } from './client.ts';
import type { Identifiers } from './identifiers.ts';
import type { Leases } from './leases.ts';

/** Most sessions of one client; beyond, the one that has been idle longest goes. */
const maxSessions = 16;

/** What SEQUENCE has taken for the COMPOUND that it begins. */
export interface SlotUse extends SlotReply {
  /** undefined: the session is of an earlier start, and only what was done then is answered. */
  readonly session: Session | undefined;
}

interface Slot {
  sequence: number;
  busy: boolean;
  /** COMPOUND4res of the last request. */
  reply: Buffer | undefined;
  /** Tells a repetition from another request that took the same slot and sequence. */
  fingerprint: string;
}

/** How the client of a session is called. */
export interface BackChannel {
  /** Whether the client has asked for it. */
  readonly wanted: boolean;
  readonly program: number;
  readonly credential: Credential | undefined;
  readonly minorVersion: MinorVersion;
  /** Calls at a time. */
  readonly slots: number;
}

export class Session {
  readonly sessionid: Buffer;
  readonly name: string;
  readonly client: Client;
  readonly foreChannel: ChannelAttributes;
  /** Of the client; its callbacks have the same. */
  readonly minorVersion: MinorVersion;
  /** Whether the client has asked for a back channel. */
  readonly wantsBackChannel: boolean;
  callbackProgram: number;
  /** As whom the server calls; undefined: the client takes none of the flavors there are. */
  callbackCredential: Credential | undefined;
  readonly #backSlots: BackSlots;
  readonly slots: Slot[] = [];
  /** Connections on which the server may call the client, by their ids. */
  readonly backConnections = new Map<number, RpcConnection>();
  usedAt: number;

  constructor(sessionid: Buffer, client: Client, foreChannel: ChannelAttributes, back: BackChannel) {
    this.sessionid = sessionid;
    this.minorVersion = back.minorVersion;
    this.callbackCredential = back.credential;
    this.#backSlots = new BackSlots(back.slots);
    this.name = nameOf(sessionid);
    this.client = client;
    this.foreChannel = foreChannel;
    this.wantsBackChannel = back.wanted;
    this.callbackProgram = back.program;
    this.usedAt = client.renewedAt;
  }

  /** Requests that are being performed. */
  get busySlots(): number {
    return this.slots.filter((slot) => slot.busy).length;
  }

  /** Waits for a free slot of the back channel. */
  takeBackSlot(): Promise<BackSlot> {
    return this.#backSlots.take();
  }

  returnBackSlot(slot: BackSlot): void {
    this.#backSlots.giveBack(slot);
  }

  addBackConnection(connection: RpcConnection): void {
    if (this.backConnections.has(connection.id)) return;
    this.backConnections.set(connection.id, connection);
    connection.onClose(() => this.backConnections.delete(connection.id));
  }

  slot(index: number): Slot {
    return (this.slots[index] ??= { sequence: 0, busy: false, reply: undefined, fingerprint: '' });
  }
}

/** A session of an earlier start. */
interface SessionRecord {
  readonly slots: number;
}

export interface SessionsParts {
  readonly database: Database;
  readonly fileSystem: FileSystem;
  readonly identifiers: Identifiers;
  readonly leases: Leases;
  /** Whether calls to the client have failed. */
  readonly isPathDown: (client: Client) => boolean;
  /** The client can be called in a new way. */
  readonly onBackChannel: (client: Client) => void;
}

export class Sessions {
  readonly #parts: SessionsParts;
  readonly #records: Table<SessionRecord>;
  readonly #sessions = new Map<string, Session>();
  readonly #ofClient = new WeakMap<Client, Set<Session>>();
  /** Client.key by the name of the session. */
  readonly #earlier = new Map<string, string>();

  constructor(parts: SessionsParts) {
    this.#parts = parts;
    this.#records = parts.database.table('nfs4-sessions');
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** @param isKnown whether a client of an earlier start may still come back */
  start(isKnown: (clientKey: string) => boolean): void {
    const records = [...this.#records.range([])].map(([key]) => [String(key[0]), String(key[1])] as const);
    this.#parts.database.transact(() => {
      for (const [client, session] of records) {
        if (isKnown(client)) this.#earlier.set(session, client);
        else this.#records.delete([client, session]);
      }
    });
  }

  create(client: Client, foreChannel: ChannelAttributes, back: BackChannel): Session {
    const session = new Session(this.#parts.identifiers.sessionid(), client, foreChannel, back);
    const own = this.of(client);
    if (own.size >= maxSessions) this.#dropIdlest(own);
    this.#ofClient.set(client, new Set([...own, session]));
    this.#sessions.set(session.name, session);
    this.#parts.database.transact(() => {
      // A client that has a new session asks nothing any more on those from before the restart.
      for (const [name, key] of this.#earlier) {
        if (key !== client.key) continue;
        this.#earlier.delete(name);
        this.#records.delete([key, name]);
      }
      this.#records.put([client.key, session.name], { slots: foreChannel.maxRequests });
    });
    return session;
  }

  of(client: Client): ReadonlySet<Session> {
    return this.#ofClient.get(client) ?? new Set();
  }

  /** @throws Nfs4Error BADSESSION */
  require(sessionid: Buffer): Session {
    const session = this.#sessions.get(nameOf(sessionid));
    if (session === undefined) throw new Nfs4Error(Nfs4Status.BADSESSION);
    return session;
  }

  destroy(session: Session): void {
    this.#sessions.delete(session.name);
    const rest = new Set(this.of(session.client));
    rest.delete(session);
    this.#ofClient.set(session.client, rest);
    this.#parts.database.transact(() => this.#records.delete([session.client.key, session.name]));
  }

  destroyAll(client: Client): void {
    for (const session of this.of(client)) this.destroy(session);
  }

  /** channel_dir_from_server4 of what BIND_CONN_TO_SESSION has bound, and what every SEQUENCE binds: the fore channel. */
  bind(session: Session, connection: RpcConnection, back: boolean): number {
    if (!back || !session.wantsBackChannel) return DirectionFromServer.FORE;
    session.addBackConnection(connection);
    this.#parts.onBackChannel(session.client);
    return DirectionFromServer.BOTH;
  }

  /**
   * SEQUENCE: takes the slot, or finds what its request was answered.
   * @throws Nfs4Error BADSESSION, BADSLOT, BAD_HIGH_SLOT, REQ_TOO_BIG, TOO_MANY_OPS, SEQ_MISORDERED, SEQ_FALSE_RETRY,
   *   DELAY (the request that this one repeats is not done yet)
   */
  begin(args: SequenceArguments, context: CompoundContext): { readonly use: SlotUse; readonly result: SequenceResult } {
    const session = this.#sessions.get(nameOf(args.sessionid));
    if (session === undefined) return this.#beginEarlier(args, context);
    const { foreChannel } = session;
    if (context.requestSize > foreChannel.maxRequestSize) throw new Nfs4Error(Nfs4Status.REQ_TOO_BIG);
    if (context.position.count > foreChannel.maxOperations) throw new Nfs4Error(Nfs4Status.TOO_MANY_OPS);
    if (args.slot >= foreChannel.maxRequests) throw new Nfs4Error(Nfs4Status.BADSLOT);
    if (args.highestSlot >= foreChannel.maxRequests) throw new Nfs4Error(Nfs4Status.BAD_HIGH_SLOT);

    const slot = session.slot(args.slot);
    const fingerprint = `${context.caller.uid} ${context.position.count} ${args.cacheThis}`;
    const isRepeated = args.sequence === slot.sequence;
    if (isRepeated) {
      if (slot.busy) throw new Nfs4Error(Nfs4Status.DELAY, 'still working on it');
      if (slot.reply === undefined) throw new Nfs4Error(Nfs4Status.SEQ_MISORDERED);
      if (slot.fingerprint !== fingerprint) throw new Nfs4Error(Nfs4Status.SEQ_FALSE_RETRY);
    } else {
      if (args.sequence !== (slot.sequence + 1) >>> 0) throw new Nfs4Error(Nfs4Status.SEQ_MISORDERED);
      if (slot.busy) throw new Nfs4Error(Nfs4Status.DELAY, 'the slot is in use');
      Object.assign(slot, { sequence: args.sequence, busy: true, reply: undefined, fingerprint });
    }
    const statusFlags = this.#statusFlags(session.client);
    // RFC 8881 §18.46.3
    if ((statusFlags & SequenceStatus.EXPIRED_ALL_STATE_REVOKED) === 0) this.#parts.leases.renew(session.client);
    session.usedAt = this.#parts.leases.now;
    const use: SlotUse = {
      session,
      replay: isRepeated ? slot.reply : undefined,
      cacheThis: args.cacheThis,
      maximumReply: foreChannel.maxResponseSize,
      maximumCachedReply: foreChannel.maxResponseSizeCached,
      key: `${session.name}/${args.slot}`,
      sequence: args.sequence,
      finish(reply) {
        slot.reply = reply;
        slot.busy = false;
      },
    };
    return { use, result: resultOf(args, foreChannel.maxRequests, statusFlags) };
  }

  /**
   * A request on a session from before a restart. Where one of its operations was done then and has left its record,
   * the COMPOUND runs and is answered from that; the client gets to hear of the restart with its next request. Anything
   * else must hear of it now.
   */
  #beginEarlier(args: SequenceArguments, context: CompoundContext): ReturnType<Sessions['begin']> {
    const name = nameOf(args.sessionid);
    const key = `${name}/${args.slot}`;
    let isRecorded = false;
    if (this.#earlier.has(name)) {
      for (let index = 1; index < context.position.count && !isRecorded; index++) {
        isRecorded = this.#parts.fileSystem.hasRecord({ key: `${key}/${index}`, sequence: args.sequence });
      }
    }
    if (!isRecorded) throw new Nfs4Error(Nfs4Status.BADSESSION);
    const channel = fitChannel(largestForeChannel, largestForeChannel);
    const use: SlotUse = {
      session: undefined,
      replay: undefined,
      cacheThis: args.cacheThis,
      maximumReply: channel.maxResponseSize,
      maximumCachedReply: channel.maxResponseSize,
      key,
      sequence: args.sequence,
      finish: () => undefined,
    };
    return { use, result: resultOf(args, channel.maxRequests, 0) };
  }

  /**
   * sr_status_flags. RESTART_RECLAIM_NEEDED is left out: no session outlives a restart, so the client has learnt of it
   * from BADSESSION, and Linux begins its recovery again when it sees the flag beside it.
   */
  #statusFlags(client: Client): number {
    let flags = 0;
    for (const { type } of client.revoked) {
      if (type === 'delegation') flags |= SequenceStatus.RECALLABLE_STATE_REVOKED;
      else
        flags |= client.hasState ? SequenceStatus.EXPIRED_SOME_STATE_REVOKED : SequenceStatus.EXPIRED_ALL_STATE_REVOKED;
    }
    const sessions = [...this.of(client)];
    const wantsBack = sessions.some((session) => session.wantsBackChannel);
    const isUnreachable = sessions.every((session) => session.backConnections.size === 0);
    if (wantsBack && (isUnreachable || this.#parts.isPathDown(client))) flags |= SequenceStatus.CB_PATH_DOWN;
    return flags;
  }

  #dropIdlest(sessions: ReadonlySet<Session>): void {
    const idle = [...sessions].filter((session) => session.busySlots === 0).sort((a, b) => a.usedAt - b.usedAt);
    if (idle[0] === undefined) throw new Nfs4Error(Nfs4Status.NOSPC, 'too many sessions');
    this.destroy(idle[0]);
  }
}

function nameOf(sessionid: Buffer): string {
  return sessionid.toString('hex');
}

function resultOf(args: SequenceArguments, slots: number, statusFlags: number): SequenceResult {
  const { sessionid, sequence, slot } = args;
  return { sessionid, sequence, slot, highestSlot: slots - 1, targetHighestSlot: slots - 1, statusFlags };
}
