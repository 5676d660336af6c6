/** Clients of 4.1 and later: EXCHANGE_ID and CREATE_SESSION. RFC 8881 §18.35.4, §18.36.4. */
import { callbackCredential, CreateSessionFlag } from '../codec/sessions.ts';
import type { ChannelAttributes, CreateSessionArguments, CreateSessionResult } from '../codec/sessions.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type MinorVersion } from '../operation.ts';
import type { RpcConnection } from '../../rpc/program.ts';
import { fitChannel, largestBackChannel, largestForeChannel } from './channels.ts';
import { Client } from './client.ts';
import type { ClientLife } from './client-life.ts';
import type { Identifiers } from './identifiers.ts';
import type { Leases } from './leases.ts';
import type { Sessions } from './sessions.ts';

type CreateOutcome = { readonly result: CreateSessionResult } | { readonly error: unknown };

/** The five-tuple of RFC 8881 §18.35.4, with the slot of CREATE_SESSION. */
interface ClientRecord {
  readonly name: string;
  readonly client: Client;
  isConfirmed: boolean;
  /** csa_sequence of the last CREATE_SESSION, and what came of it. */
  sequence: number;
  outcome: CreateOutcome;
  /** A CREATE_SESSION that is being done. */
  pending: Promise<void> | undefined;
}

/** What a session gets of the channels that were asked for. */
interface Channels {
  /** Whether the client takes calls on the connection. */
  readonly wanted: boolean;
  readonly foreChannel: ChannelAttributes;
  readonly backChannel: ChannelAttributes;
}

const knownFlags = CreateSessionFlag.PERSIST | CreateSessionFlag.CONN_BACK_CHAN | CreateSessionFlag.CONN_RDMA;

/** Most names that are not confirmed yet: a flood of them costs the oldest ones, and nobody who is confirmed. */
const maxUnconfirmed = 1024;

export interface ExchangedId {
  readonly client: Client;
  readonly isConfirmed: boolean;
  /** eir_sequenceid */
  readonly sequence: number;
}

export interface Clients41Parts {
  readonly identifiers: Identifiers;
  readonly leases: Leases;
  readonly life: ClientLife;
  readonly sessions: Sessions;
}

export class Clients41 {
  readonly #parts: Clients41Parts;
  /** By co_ownerid, as latin1. */
  readonly #confirmed = new Map<string, ClientRecord>();
  readonly #unconfirmed = new Map<string, ClientRecord>();
  readonly #byClientid = new Map<bigint, ClientRecord>();

  constructor(parts: Clients41Parts) {
    this.#parts = parts;
  }

  /** Confirmed ones. */
  get size(): number {
    return this.#confirmed.size;
  }

  *[Symbol.iterator](): Iterator<Client> {
    for (const { client } of this.#confirmed.values()) yield client;
  }

  /**
   * @param update EXCHGID4_FLAG_UPD_CONFIRMED_REC_A
   * @throws Nfs4Error NOENT, NOT_SAME, PERM, CLID_INUSE
   */
  async exchangeId(ownerid: Buffer, verifier: Buffer, uid: number, update: boolean): Promise<ExchangedId> {
    const name = ownerid.toString('latin1');
    const confirmed = this.#confirmed.get(name);
    if (update) return exchanged(requireUpdatable(confirmed, verifier, uid));
    if (confirmed !== undefined) {
      if (confirmed.client.uid === uid) {
        if (confirmed.client.verifier.equals(verifier)) return exchanged(confirmed);
        // A restarted client: the old instance stays until the new one is confirmed.
      } else if (this.#isInUse(confirmed.client)) {
        throw new Nfs4Error(Nfs4Status.CLID_INUSE);
      } else {
        await this.destroy(confirmed.client);
      }
    }
    const replaced = this.#unconfirmed.get(name);
    if (replaced !== undefined) this.#forget(replaced);
    for (const oldest of this.#unconfirmed.values()) {
      if (this.#unconfirmed.size < maxUnconfirmed) break;
      this.#forget(oldest);
    }
    const { identifiers, leases } = this.#parts;
    const record: ClientRecord = {
      name,
      client: new Client('4.1', ownerid, identifiers.clientid(), verifier, uid, leases.now),
      isConfirmed: false,
      sequence: 0,
      outcome: { error: new Nfs4Error(Nfs4Status.SEQ_MISORDERED) },
      pending: undefined,
    };
    this.#unconfirmed.set(name, record);
    this.#byClientid.set(record.client.clientid, record);
    return exchanged(record);
  }

  /** @throws Nfs4Error STALE_CLIENTID, SEQ_MISORDERED, CLID_INUSE, INVAL, TOOSMALL, NOSPC, DELAY */
  async createSession(
    args: CreateSessionArguments,
    uid: number,
    connection: RpcConnection,
    minorVersion: MinorVersion,
  ): Promise<CreateSessionResult> {
    const record = this.#byClientid.get(args.clientid);
    if (record === undefined) throw new Nfs4Error(Nfs4Status.STALE_CLIENTID);
    // What no server could grant is refused before it takes a place in the sequence.
    const channels = fitChannels(args);
    if (!record.isConfirmed && !this.#confirmed.has(record.name)) this.#parts.life.requireRoom();
    await record.pending;
    if (args.sequence === record.sequence) {
      if ('error' in record.outcome) throw record.outcome.error;
      return record.outcome.result;
    }
    if (args.sequence !== (record.sequence + 1) >>> 0) throw new Nfs4Error(Nfs4Status.SEQ_MISORDERED);
    if (record.client.uid !== uid) throw new Nfs4Error(Nfs4Status.CLID_INUSE);
    record.sequence = args.sequence;
    const done = Promise.withResolvers<undefined>();
    record.pending = done.promise;
    try {
      const result = await this.#create(record, args, channels, connection, minorVersion);
      record.outcome = { result };
      return result;
    } catch (error) {
      record.outcome = { error };
      throw error;
    } finally {
      record.pending = undefined;
      done.resolve(undefined);
    }
  }

  /** DESTROY_CLIENTID. @throws Nfs4Error STALE_CLIENTID, CLIENTID_BUSY */
  async destroyClientid(clientid: bigint): Promise<void> {
    const record = this.#byClientid.get(clientid);
    if (record === undefined) throw new Nfs4Error(Nfs4Status.STALE_CLIENTID);
    const { client } = record;
    if (client.hasState || this.#parts.sessions.of(client).size > 0) throw new Nfs4Error(Nfs4Status.CLIENTID_BUSY);
    if (record.isConfirmed) await this.destroy(client);
    else this.#forget(record);
  }

  async destroy(client: Client): Promise<void> {
    const record = this.#byClientid.get(client.clientid);
    if (record !== undefined) this.#forget(record);
    this.#parts.sessions.destroyAll(client);
    await this.#parts.life.end(client);
  }

  /** Forgets clients that were not confirmed within a lease. */
  tidy(): void {
    for (const record of this.#unconfirmed.values()) {
      if (this.#parts.leases.isExpired(record.client)) this.#forget(record);
    }
  }

  async #create(
    record: ClientRecord,
    args: CreateSessionArguments,
    { wanted, foreChannel, backChannel }: Channels,
    connection: RpcConnection,
    minorVersion: MinorVersion,
  ): Promise<CreateSessionResult> {
    if (!record.isConfirmed) await this.#confirm(record);
    const { client } = record;
    this.#parts.leases.renew(client);
    const session = this.#parts.sessions.create(client, foreChannel, {
      wanted,
      program: args.callbackProgram,
      credential: callbackCredential(args.callbackSecurity),
      minorVersion,
      slots: Math.max(1, backChannel.maxRequests),
    });
    this.#parts.sessions.bind(session, connection, wanted);
    return {
      sessionid: session.sessionid,
      sequence: args.sequence,
      // Never more than the client has asked for: macOS refuses that.
      flags: wanted ? CreateSessionFlag.CONN_BACK_CHAN : 0,
      foreChannel,
      backChannel: { ...backChannel, rdmaIrd: [] },
    };
  }

  /** The first session confirms the client, and ends what an earlier instance of it had. */
  async #confirm(record: ClientRecord): Promise<void> {
    const before = this.#confirmed.get(record.name);
    if (before !== undefined) await this.destroy(before.client);
    this.#unconfirmed.delete(record.name);
    this.#confirmed.set(record.name, record);
    record.isConfirmed = true;
    await this.#parts.life.begin(record.client);
  }

  #isInUse(client: Client): boolean {
    const hasState = client.hasState || this.#parts.sessions.of(client).size > 0;
    return hasState && !this.#parts.leases.isExpired(client);
  }

  #forget(record: ClientRecord): void {
    if (this.#confirmed.get(record.name) === record) this.#confirmed.delete(record.name);
    if (this.#unconfirmed.get(record.name) === record) this.#unconfirmed.delete(record.name);
    this.#byClientid.delete(record.client.clientid);
  }
}

/** @throws Nfs4Error INVAL, TOOSMALL */
function fitChannels(args: CreateSessionArguments): Channels {
  if ((args.flags & ~knownFlags) !== 0) throw new Nfs4Error(Nfs4Status.INVAL);
  const wanted = (args.flags & CreateSessionFlag.CONN_BACK_CHAN) !== 0;
  // A client that wants no back channel may still describe one, and then by the same rules; or it leaves it empty.
  const isDescribed = wanted || args.backChannel.maxRequests > 0;
  return {
    wanted,
    foreChannel: fitChannel(args.foreChannel, largestForeChannel),
    backChannel: isDescribed ? fitChannel(args.backChannel, largestBackChannel) : args.backChannel,
  };
}

function exchanged(record: ClientRecord): ExchangedId {
  return { client: record.client, isConfirmed: record.isConfirmed, sequence: (record.sequence + 1) >>> 0 };
}

/** Cases 6 to 9 of RFC 8881 §18.35.4. */
function requireUpdatable(confirmed: ClientRecord | undefined, verifier: Buffer, uid: number): ClientRecord {
  if (confirmed === undefined) throw new Nfs4Error(Nfs4Status.NOENT);
  if (!confirmed.client.verifier.equals(verifier)) throw new Nfs4Error(Nfs4Status.NOT_SAME);
  if (confirmed.client.uid !== uid) throw new Nfs4Error(Nfs4Status.PERM);
  return confirmed;
}
