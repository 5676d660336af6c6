/** NFS version 4 as an RPC program: NULL and COMPOUND. RFC 7530 §15, RFC 8881 §16. */
import type { FileSystem } from '../filesystem/file-system.ts';
import type { Log } from '../log.ts';
import type { RpcCall, RpcOutcome, RpcProgram } from '../rpc/program.ts';
import type { XdrWriter } from '../rpc/xdr.ts';
import { performCompound, type CompoundServices } from './compound.ts';
import { operations } from './operations/index.ts';
import type { ServerState } from './state/server-state.ts';

const Procedure = { null: 0, compound: 1 } as const;

export class Nfs4Program implements RpcProgram {
  readonly program = 100003;
  readonly versions: readonly number[] = [4];
  readonly #services: CompoundServices;

  constructor(services: { readonly fileSystem: FileSystem; readonly state: ServerState; readonly log: Log }) {
    this.#services = { operations, ...services };
  }

  perform(call: RpcCall, results: XdrWriter): Promise<RpcOutcome> | RpcOutcome {
    switch (call.procedure) {
      case Procedure.null:
        return 'done';
      case Procedure.compound:
        return performCompound(call, results, this.#services)?.then(() => 'done' as const) ?? 'done';
      default:
        return 'unknown procedure';
    }
  }
}
