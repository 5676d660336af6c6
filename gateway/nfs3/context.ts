/** What one call carries. */
import { crc32 } from 'node:zlib';
import type { Caller } from '../filesystem/caller.ts';
import type { FileSystem, Node, OperationContext } from '../filesystem/file-system.ts';
import type { FileLocks } from '../filesystem/locks/file-locks.ts';
import { callerOf } from '../rpc/caller.ts';
import type { RpcCall } from '../rpc/program.ts';
import type { CallContext } from './procedure.ts';

/** The outcomes of as many calls are kept per client address: more than a client has outstanding. */
const transactions = 256;

export class Context implements CallContext {
  readonly fileSystem: FileSystem;
  readonly locks: FileLocks;
  readonly caller: Caller;
  readonly #call: RpcCall;
  readonly #body: Buffer;

  /** @param body the arguments */
  constructor(services: { readonly fileSystem: FileSystem; readonly locks: FileLocks }, call: RpcCall, body: Buffer) {
    this.fileSystem = services.fileSystem;
    this.locks = services.locks;
    this.caller = callerOf(call);
    this.#call = call;
    this.#body = body;
  }

  readonly resolve = (handle: Buffer): Node => this.fileSystem.resolve(handle, this.caller);

  /** A call has but the RPC's xid for a name, told from a chance repetition by procedure and arguments. */
  operationContext(): OperationContext {
    const { caller } = this;
    const { xid, procedure } = this.#call;
    const key = `nfs3/${caller.address}/${xid % transactions}`;
    const checksum = crc32(this.#body, procedure);
    return { caller, once: { key, sequence: xid * 2 ** 21 + (checksum >>> 11) } };
  }
}
