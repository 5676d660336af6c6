/** NFS version 3 as an RPC program. RFC 1813 §3. */
import type { FileSystem } from '../filesystem/file-system.ts';
import type { FileLocks } from '../filesystem/locks/file-locks.ts';
import type { Log } from '../log.ts';
import type { RpcCall, RpcProgram } from '../rpc/program.ts';
import { XdrReader, XdrWriter } from '../rpc/xdr.ts';
import { postOpAttributes, weakCacheConsistency } from './codec/basic.ts';
import { Nfs3Status, statusName } from './codec/status.ts';
import { Context } from './context.ts';
import { isExpected, statusOf } from './errors.ts';
import type { Procedure, Told } from './procedure.ts';
import { procedures } from './procedures/index.ts';
import { attributesOfHandle } from './weak-cache.ts';

export interface Nfs3Services {
  readonly fileSystem: FileSystem;
  readonly locks: FileLocks;
  readonly log: Log;
}

export class Nfs3Program implements RpcProgram {
  readonly program = 100003;
  readonly versions: readonly number[] = [3];
  readonly #services: Nfs3Services;

  constructor(services: Nfs3Services) {
    this.#services = services;
  }

  async perform(call: RpcCall, results: XdrWriter): Promise<'done' | 'unknown procedure'> {
    if (call.procedure === 0) return 'done';
    const procedure = procedures.get(call.procedure);
    if (procedure === undefined) return 'unknown procedure';
    const body = call.arguments.bytes(call.arguments.remaining & ~3);
    await answer(procedure, new Context(this.#services, call, body), body, results, this.#services.log);
    return 'done';
  }
}

/** @throws XdrError where the arguments cannot be read */
async function answer<Arguments>(
  procedure: Procedure<Arguments, unknown>,
  context: Context,
  body: Buffer,
  results: XdrWriter,
  log: Log,
): Promise<void> {
  const args = procedure.arguments.decode(new XdrReader(body));
  const arm = new XdrWriter();
  let status: Nfs3Status = Nfs3Status.OK;
  try {
    procedure.result.encode(arm, await procedure.perform(context, args));
  } catch (error) {
    if (!isExpected(error)) log.error({ procedure: procedure.name, error }, 'procedure failed');
    status = statusOf(error);
    log.debug({ procedure: procedure.name, status: statusName(status) }, 'procedure refused');
  }
  results.uint32(status);
  if (status === Nfs3Status.OK) results.append(arm);
  else for (const told of procedure.told(args)) await tell(told, context, results);
}

/** What a failure tells of an object. */
async function tell({ handle, as }: Told, context: Context, results: XdrWriter): Promise<void> {
  const attributes = await attributesOfHandle(context.fileSystem, () => context.resolve(handle));
  if (as === 'attributes') postOpAttributes.encode(results, attributes);
  else weakCacheConsistency.encode(results, { before: undefined, after: attributes });
}
