/** What one COMPOUND carries from operation to operation. RFC 8881 §16.2.3, RFC 7530 §15.2.4. */
import { crc32 } from 'node:zlib';
import type { Caller } from '../filesystem/caller.ts';
import type { FileSystem, Node, OperationContext } from '../filesystem/file-system.ts';
import { callerOf } from '../rpc/caller.ts';
import type { RpcCall, RpcConnection } from '../rpc/program.ts';
import type { StateidValue } from './codec/basic.ts';
import { Nfs4Status } from './codec/status.ts';
import { Nfs4Error, type CompoundContext, type MinorVersion } from './operation.ts';
import type { Client } from './state/client.ts';
import type { ServerState } from './state/server-state.ts';
import type { SlotUse } from './state/sessions.ts';

/** 4.0 keeps the outcome of as many requests per client address: more than a client has outstanding. */
const transactions = 256;

export class Context implements CompoundContext {
  readonly fileSystem: FileSystem;
  readonly state: ServerState;
  caller: Caller;
  readonly connection: RpcConnection;
  readonly minorVersion: MinorVersion;
  readonly position: { index: number; readonly count: number };
  readonly requestSize: number;
  saved: Node | undefined;
  currentStateid: StateidValue | undefined;
  savedStateid: StateidValue | undefined;
  #slot: SlotUse | undefined;
  #current: Node | undefined;
  readonly #xid: number;
  readonly #body: Buffer;

  constructor(
    services: { readonly fileSystem: FileSystem; readonly state: ServerState },
    call: RpcCall,
    request: { readonly minorVersion: MinorVersion; readonly count: number; readonly body: Buffer },
  ) {
    this.fileSystem = services.fileSystem;
    this.state = services.state;
    this.caller = callerOf(call);
    this.connection = call.connection;
    this.minorVersion = request.minorVersion;
    this.position = { index: 0, count: request.count };
    this.requestSize = call.recordSize;
    this.#xid = call.xid;
    this.#body = request.body;
  }

  get current(): Node | undefined {
    return this.#current;
  }

  /** RFC 8881 §16.2.3.1.2: whatever sets the current filehandle takes the current stateid away. */
  set current(node: Node | undefined) {
    this.#current = node;
    this.currentStateid = undefined;
  }

  get slot(): SlotUse | undefined {
    return this.#slot;
  }

  set slot(use: SlotUse | undefined) {
    this.#slot = use;
    if (use?.session !== undefined) this.actFor(use.session.client);
  }

  actFor(client: Client): void {
    if (this.caller.client !== client) this.caller = { ...this.caller, client };
  }

  requireCurrent(): Node {
    if (this.#current === undefined) throw new Nfs4Error(Nfs4Status.NOFILEHANDLE, 'no current filehandle');
    return this.#current;
  }

  requireSaved(): Node {
    if (this.saved === undefined) throw new Nfs4Error(Nfs4Status.NOFILEHANDLE, 'no saved filehandle');
    return this.saved;
  }

  /** 4.1 names an operation by its slot; 4.0 has but the RPC's xid, told from a chance repetition by the arguments. */
  operationContext(): OperationContext {
    const { caller, slot } = this;
    const { index } = this.position;
    if (slot !== undefined) return { caller, once: { key: `${slot.key}/${index}`, sequence: slot.sequence } };
    const key = `xid/${caller.address}/${this.#xid % transactions}/${index}`;
    return { caller, once: { key, sequence: this.#xid * 2 ** 21 + (crc32(this.#body) >>> 11) } };
  }
}
