/** A 4.1 client that does what real ones do: one session, slots in order, RECLAIM_COMPLETE. */
import { ExchangeIdFlag, type exchangeIdArguments, StateProtect } from '../../codec/clients.ts';
import { CreateSessionFlag, type ChannelAttributes, type CreateSessionResult } from '../../codec/sessions.ts';
import { createSession } from '../../operations/create-session.ts';
import { exchangeId } from '../../operations/exchange-id.ts';
import type { MinorVersion } from '../../operation.ts';
import { reclaimComplete } from '../../operations/reclaim-complete.ts';
import { sequence } from '../../operations/sequence.ts';
import type { Decoded } from '../../../rpc/xdr.ts';
import {
  call,
  encodeCompound,
  type Call,
  type CompoundClient,
  type CompoundReply,
} from '../../testing/compound-client.ts';
import { CallbackReceiver } from './callback-receiver.ts';
import type { TestServer } from './server.ts';

export const channel: ChannelAttributes = {
  headerPadSize: 0,
  maxRequestSize: 1_049_620,
  maxResponseSize: 1_049_480,
  maxResponseSizeCached: 7584,
  maxOperations: 8,
  maxRequests: 16,
  rdmaIrd: [],
};

export interface Naming {
  readonly verifier?: string;
  readonly flags?: number;
}

export function naming(
  ownerid: string,
  { verifier = 'boot0001', flags = ExchangeIdFlag.USE_NON_PNFS }: Naming = {},
): Call {
  const args: Decoded<typeof exchangeIdArguments> = {
    owner: { verifier: Buffer.from(verifier), ownerid: Buffer.from(ownerid) },
    flags,
    stateProtect: { how: StateProtect.NONE, value: undefined },
    implementation: [],
  };
  return call(exchangeId, args);
}

export function sessionOf(
  clientid: bigint,
  sequenceid: number,
  opts: {
    readonly flags?: number;
    readonly fore?: Partial<ChannelAttributes>;
    readonly back?: Partial<ChannelAttributes>;
  } = {},
): Call {
  return call(createSession, {
    clientid,
    sequence: sequenceid,
    flags: opts.flags ?? 0,
    foreChannel: { ...channel, ...opts.fore },
    backChannel: { ...channel, ...opts.back },
    callbackProgram: 0x4000_0000,
    callbackSecurity: [{ flavor: 1, value: { stamp: 0, machine: 'client', uid: 17, gid: 19, gids: [] } }],
  });
}

/** Lets the client take callbacks on its connection. */
export function callBack(client: Client41): { readonly client: Client41; readonly calls: CallbackReceiver } {
  const calls = new CallbackReceiver();
  client.connection.connection.call = calls.call;
  return { client, calls };
}

export class Client41 {
  readonly server: TestServer;
  readonly name: string;
  readonly verifier: string;
  readonly uid: number;
  readonly minorVersion: MinorVersion;
  connection: CompoundClient;
  clientid = 0n;
  session: CreateSessionResult | undefined;
  readonly #sequences: number[] = [];

  constructor(server: TestServer, name: string, opts: { verifier?: string; uid?: number; minorVersion?: 1 | 2 } = {}) {
    this.server = server;
    this.name = name;
    this.verifier = opts.verifier ?? 'boot0001';
    this.uid = opts.uid ?? 1000;
    this.minorVersion = opts.minorVersion ?? 1;
    this.connection = server.connect(this.minorVersion, this.uid);
  }

  /** EXCHANGE_ID, CREATE_SESSION and RECLAIM_COMPLETE. */
  static async begin(
    server: TestServer,
    name: string,
    opts: { verifier?: string; uid?: number; back?: boolean } = {},
  ): Promise<Client41> {
    const client = new Client41(server, name, opts);
    await client.establish(opts.back === true ? { flags: CreateSessionFlag.CONN_BACK_CHAN } : {});
    await client.complete();
    return client;
  }

  /** EXCHANGE_ID and CREATE_SESSION; also after a restart of the server. */
  async establish(opts: Parameters<typeof sessionOf>[2] = {}): Promise<CreateSessionResult> {
    const named = (await this.connection.compound(naming(this.name, { verifier: this.verifier }))).value(exchangeId);
    this.clientid = named.clientid;
    const reply = await this.connection.compound(sessionOf(named.clientid, named.sequence, opts));
    this.session = reply.value(createSession);
    this.#sequences.length = 0;
    return this.session;
  }

  async complete(): Promise<void> {
    (await this.send(call(reclaimComplete, { oneFileSystem: false }))).value(reclaimComplete);
  }

  /** The COMPOUND with SEQUENCE in front, in the next sequence of the slot. */
  async send(...calls: readonly Call[]): Promise<CompoundReply> {
    return this.connection.send(this.encode(calls));
  }

  /** As `send`, by another user of the same client. */
  async sendAs(uid: number, ...calls: readonly Call[]): Promise<CompoundReply> {
    return this.server.connect(this.minorVersion, uid).send(this.encode(calls));
  }

  encode(calls: readonly Call[], opts: { slot?: number; cacheThis?: boolean; sequence?: number } = {}): Buffer {
    const { slot = 0, cacheThis = false } = opts;
    const next = opts.sequence ?? (this.#sequences[slot] ?? 0) + 1;
    if (opts.sequence === undefined) this.#sequences[slot] = next;
    const sessionid = this.session?.sessionid ?? Buffer.alloc(16);
    const first = call(sequence, { sessionid, sequence: next, slot, highestSlot: slot, cacheThis });
    return encodeCompound([first, ...calls], this.minorVersion);
  }
}
