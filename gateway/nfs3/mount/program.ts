/** MOUNT as an RPC program: how a client of NFSv3 comes by its first filehandle. RFC 1813 §5, RFC 1094 appendix A. */
import type { Caller } from '../../filesystem/caller.ts';
import type { FileSystem } from '../../filesystem/file-system.ts';
import type { Log } from '../../log.ts';
import { callerOf } from '../../rpc/caller.ts';
import type { RpcCall, RpcProgram } from '../../rpc/program.ts';
import type { XdrWriter } from '../../rpc/xdr.ts';
import { directoryPath, exportList, mountList, mountResult } from './codec.ts';
import { exported, visible } from './exports.ts';
import { mnt } from './mnt.ts';
import { MountList } from './mount-list.ts';

const Procedure = { null: 0, mnt: 1, dump: 2, umnt: 3, umntall: 4, export: 5 } as const;

export class MountProgram implements RpcProgram {
  readonly program = 100005;
  /** All but MNT is the same in the versions of NFSv2, which older `showmount` speaks; MNT itself is version 3's alone. */
  readonly versions: readonly number[] = [1, 2, 3];
  readonly #fileSystem: FileSystem;
  readonly #log: Log;
  readonly #mounts = new MountList();

  constructor({ fileSystem, log }: { readonly fileSystem: FileSystem; readonly log: Log }) {
    this.#fileSystem = fileSystem;
    this.#log = log;
  }

  async perform(call: RpcCall, results: XdrWriter): Promise<'done' | 'unknown procedure'> {
    const caller: Caller = callerOf(call);
    const hostname = caller.address;
    switch (call.procedure) {
      case Procedure.null:
        return 'done';
      case Procedure.mnt: {
        if (call.version !== 3) return 'unknown procedure';
        const directory = directoryPath.decode(call.arguments);
        const result = await mnt(this.#fileSystem, directory, caller, this.#log);
        if (result.status === 0) this.#mounts.add({ hostname, directory });
        mountResult.encode(results, result);
        return 'done';
      }
      case Procedure.dump:
        mountList.encode(results, await visible(this.#fileSystem, this.#mounts.all(), caller));
        return 'done';
      case Procedure.umnt:
        this.#mounts.remove({ hostname, directory: directoryPath.decode(call.arguments) });
        return 'done';
      case Procedure.umntall:
        this.#mounts.removeAll(hostname);
        return 'done';
      case Procedure.export: {
        const names = await exported(this.#fileSystem, caller);
        exportList.encode(
          results,
          names.map((name) => ({ directory: Buffer.from(`/${name}`), groups: [] })),
        );
        return 'done';
      }
      default:
        return 'unknown procedure';
    }
  }
}
