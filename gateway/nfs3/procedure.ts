/** The shape that every procedure of NFSv3 has: one file each in procedures/, the table in procedures/index.ts. */
import type { Caller } from '../filesystem/caller.ts';
import type { FileSystem, Node, OperationContext } from '../filesystem/file-system.ts';
import type { FileLocks } from '../filesystem/locks/file-locks.ts';
import type { Codec } from '../rpc/xdr.ts';

/** What a procedure has to work with. */
export interface CallContext {
  readonly fileSystem: FileSystem;
  readonly locks: FileLocks;
  readonly caller: Caller;
  /** @throws FileSystemError BADHANDLE, STALE, ACCESS */
  readonly resolve: (handle: Buffer) => Node;
  /** Names this call so that a retry, after a crash too, is answered from the record of the change. */
  operationContext(): OperationContext;
}

/** Of which object a failure still tells the attributes, and as what: `post_op_attr` or `wcc_data`. */
export interface Told {
  readonly handle: Buffer;
  readonly as: 'attributes' | 'weak cache consistency';
}

export interface Procedure<Arguments, Result> {
  /** NFSPROC3_… */
  readonly number: number;
  readonly name: string;
  readonly arguments: Codec<Arguments>;
  /** …resok */
  readonly result: Codec<Result>;
  /** What …resfail tells, in order. */
  told(args: Arguments): readonly Told[];
  perform(context: CallContext, args: Arguments): Promise<Result>;
}
