/** The shape that every operation of NFSv4 has: one file each in operations/, tables in operations/index.ts. */
import type { Caller } from '../filesystem/caller.ts';
import type { FileSystem, Node, OperationContext } from '../filesystem/file-system.ts';
import type { RpcConnection } from '../rpc/program.ts';
import type { Codec } from '../rpc/xdr.ts';
import type { Nfs4Status } from './codec/status.ts';
import type { StateidValue } from './codec/basic.ts';
import type { Client } from './state/client.ts';
import type { ServerState } from './state/server-state.ts';
import type { SlotUse } from './state/sessions.ts';

export type MinorVersion = 0 | 1 | 2;

/** What one COMPOUND carries from operation to operation (RFC 8881 §16.2.3). */
export interface CompoundContext {
  readonly fileSystem: FileSystem;
  readonly state: ServerState;
  /** With the client, once that is known: 4.1 by SEQUENCE, 4.0 by a clientid or stateid. */
  readonly caller: Caller;
  readonly connection: RpcConnection;
  readonly minorVersion: MinorVersion;
  /** Index of the operation that is being performed, and how many there are. */
  readonly position: { readonly index: number; readonly count: number };
  /** Bytes of the whole RPC record: SEQUENCE holds it against ca_maxrequestsize before it uses the slot. */
  readonly requestSize: number;
  current: Node | undefined;
  saved: Node | undefined;
  /** RFC 8881 §16.2.3.1.2; 4.1 and later only. */
  currentStateid: StateidValue | undefined;
  savedStateid: StateidValue | undefined;
  /** Set by SEQUENCE; always a SlotReply. */
  slot: SlotUse | undefined;
  /** What follows is done for this client: its own delegations are not in its way. */
  actFor(client: Client): void;
  /** Names this operation so that a retry after a crash is answered from the record of the change. */
  operationContext(): OperationContext;
  /** @throws Nfs4Error NOFILEHANDLE */
  requireCurrent(): Node;
  /** @throws Nfs4Error NOFILEHANDLE */
  requireSaved(): Node;
}

/**
 * What COMPOUND needs of the slot that SEQUENCE has taken (RFC 8881 §2.10.6.1): SlotUse has at least this. For a request
 * that repeats an earlier one `replay` is what was answered then and is sent verbatim, and nothing else is performed or
 * called; for a new one `finish` is called exactly once, whatever happens.
 */
export interface SlotReply {
  /** COMPOUND4res of the request that this one repeats. */
  readonly replay: Buffer | undefined;
  /** sa_cachethis */
  readonly cacheThis: boolean;
  /** ca_maxresponsesize, bytes, RPC header included. */
  readonly maximumReply: number;
  /** ca_maxresponsesize_cached, bytes, RPC header included; holds only where `cacheThis`. */
  readonly maximumCachedReply: number;
  /** For Once: names the slot, and the request in it. */
  readonly key: string;
  readonly sequence: number;
  /**
   * The slot is free for its next request. `reply` is the COMPOUND4res to be kept for a retry: where it need not be
   * cached and is long, SEQUENCE's result and RETRY_UNCACHED_REP (RFC 8881 §2.10.6.1.3).
   */
  finish(reply: Buffer): void;
}

export interface Operation<Arguments, Result> {
  /** OP_… of RFC 7530, 8881, 7862. */
  readonly opcode: number;
  readonly name: string;
  /** The minor versions that have it; in others it is OP_ILLEGAL (never existed) or NOTSUPP. */
  readonly minorVersions: readonly MinorVersion[];
  readonly arguments: Codec<Arguments>;
  /** Of the NFS4_OK arm. */
  readonly result: Codec<Result>;
  /** Arms of the result that carry data beside NFS4_OK's, by status (LOCK and LOCKT DENIED, SETATTR's bitmap, …). */
  readonly failure?: Readonly<Partial<Record<Nfs4Status, Codec<unknown>>>>;
  perform(context: CompoundContext, args: Arguments): Promise<Result> | Result;
}

/** Ends the COMPOUND with this status; `data` is for operations with a `failure` arm for it. */
export class Nfs4Error extends Error {
  override readonly name = 'Nfs4Error';
  readonly status: Nfs4Status;
  readonly data: unknown;

  constructor(status: Nfs4Status, message = '', data?: unknown) {
    super(message);
    this.status = status;
    this.data = data;
  }
}
