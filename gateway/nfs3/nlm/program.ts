/** NLM version 4 as an RPC program. RFC 1813 §6.2. */
import { FileSystemError } from '../../filesystem/errors.ts';
import type { FileSystem, Node } from '../../filesystem/file-system.ts';
import type { Log } from '../../log.ts';
import { callerOf } from '../../rpc/caller.ts';
import type { RpcCall, RpcProgram } from '../../rpc/program.ts';
import type { XdrWriter } from '../../rpc/xdr.ts';
import type { ClientCalls } from './client-calls.ts';
import type { NlmClient, Peer } from './clients.ts';
import { freeAllArguments, nlmProgram, NlmProcedure } from './codec.ts';
import type { LockManager } from './lock-manager.ts';
import { cancel, lock, test, unlock, type Answer, type LockCall } from './lock-procedures.ts';
import { share, unshare } from './share-procedures.ts';

export interface NlmServices {
  readonly fileSystem: FileSystem;
  readonly manager: LockManager;
  readonly calls: ClientCalls;
  readonly log: Log;
}

/** Procedures that are answered in their reply. */
const answered: ReadonlyMap<number, (call: LockCall) => Promise<Answer>> = new Map([
  [NlmProcedure.TEST, test],
  [NlmProcedure.LOCK, lock],
  [NlmProcedure.CANCEL, cancel],
  [NlmProcedure.UNLOCK, unlock],
  [NlmProcedure.SHARE, share],
  [NlmProcedure.UNSHARE, unshare],
  [NlmProcedure.NM_LOCK, (call: LockCall) => lock(call, false)],
]);

/** Procedures that have no reply but a call back, by the procedure of that call. */
const calledBack: ReadonlyMap<
  number,
  { readonly result: number; readonly perform: (call: LockCall) => Promise<Answer> }
> = new Map([
  [NlmProcedure.TEST_MSG, { result: NlmProcedure.TEST_RES, perform: test }],
  [NlmProcedure.LOCK_MSG, { result: NlmProcedure.LOCK_RES, perform: lock }],
  [NlmProcedure.CANCEL_MSG, { result: NlmProcedure.CANCEL_RES, perform: cancel }],
  [NlmProcedure.UNLOCK_MSG, { result: NlmProcedure.UNLOCK_RES, perform: unlock }],
]);

/** Results of calls that this server makes by other means, and grants, which only servers make. */
const ignored: ReadonlySet<number> = new Set([
  NlmProcedure.GRANTED_MSG,
  NlmProcedure.TEST_RES,
  NlmProcedure.LOCK_RES,
  NlmProcedure.CANCEL_RES,
  NlmProcedure.UNLOCK_RES,
  NlmProcedure.GRANTED_RES,
]);

export class NlmProgram implements RpcProgram {
  readonly program = nlmProgram;
  /** Version 4 is NFSv3's; 1 to 3 are NFSv2's, which has another form of handle. */
  readonly versions: readonly number[] = [4];
  readonly #services: NlmServices;

  constructor(services: NlmServices) {
    this.#services = services;
  }

  async perform(call: RpcCall, results: XdrWriter): Promise<'done' | 'unknown procedure'> {
    const { procedure } = call;
    const synchronous = answered.get(procedure);
    const asynchronous = calledBack.get(procedure);
    if (synchronous !== undefined) (await synchronous(this.#callOf(call)))(results);
    else if (asynchronous !== undefined) {
      const lockCall = this.#callOf(call);
      const answer = await asynchronous.perform(lockCall);
      const { calls, log } = this.#services;
      // The client asks again where this does not reach it.
      calls.send(lockCall.peer(''), asynchronous.result, answer).catch((error: unknown) => {
        log.info({ address: call.connection.remoteAddress, error }, 'An NLM client could not be called back.');
      });
    } else if (procedure === NlmProcedure.FREE_ALL) {
      const { callerName } = freeAllArguments.decode(call.arguments);
      const { remoteAddress } = call.connection;
      this.#services.manager.freeAll(
        ({ name, address }) => name === callerName && address === remoteAddress,
        undefined,
      );
    } else if (procedure !== NlmProcedure.NULL && !ignored.has(procedure)) return 'unknown procedure';
    return 'done';
  }

  #callOf(call: RpcCall): LockCall {
    const { fileSystem, manager, log } = this.#services;
    const caller = callerOf(call);
    const { remoteAddress: address, localAddress } = call.connection;
    const peer = (name: string): Peer => ({ name, address, localAddress });
    return {
      arguments: call.arguments,
      manager,
      log,
      peer,
      client: (name): NlmClient | undefined => manager.client(peer(name)),
      file: (handle): Node => regularFile(fileSystem.resolve(handle, caller), fileSystem),
    };
  }
}

/** @throws FileSystemError ISDIR, INVAL */
function regularFile(node: Node, fileSystem: FileSystem): Node {
  if (node.isDirectory) throw new FileSystemError('ISDIR');
  const type = fileSystem.known(node)?.type;
  if (type !== undefined && type !== 'file') throw new FileSystemError('INVAL', `a ${type} cannot be locked`);
  return node;
}
