/** COMPOUND: performs operations one after another until one fails. RFC 7530 §15.2, RFC 8881 §2.10.6.1 and §16.2. */
import type { FileSystem } from '../filesystem/file-system.ts';
import type { Log } from '../log.ts';
import type { RpcCall } from '../rpc/program.ts';
import { XdrReader, XdrWriter } from '../rpc/xdr.ts';
import { compoundHeader } from './codec/compound.ts';
import { isDefined, Opcode, opcodeName } from './codec/opcodes.ts';
import { Nfs4Status, statusName } from './codec/status.ts';
import { Context } from './context.ts';
import { isExpected, statusOf } from './errors.ts';
import { Nfs4Error, type MinorVersion, type Operation } from './operation.ts';
import { Reply } from './reply.ts';
import type { ServerState } from './state/server-state.ts';

export interface CompoundServices {
  readonly fileSystem: FileSystem;
  readonly state: ServerState;
  readonly log: Log;
  readonly operations: ReadonlyMap<number, Operation<unknown, unknown>>;
}

/** More in a COMPOUND of 4.0 is RESOURCE; in 4.1 the session's ca_maxoperations holds, which SEQUENCE looks at. */
const maxOperations = 100;

/** May stand first, and then alone, in a COMPOUND without SEQUENCE (RFC 8881 §2.10.2.2, §18). */
const sessionless: ReadonlySet<number> = new Set([
  Opcode.EXCHANGE_ID,
  Opcode.CREATE_SESSION,
  Opcode.DESTROY_SESSION,
  Opcode.DESTROY_CLIENTID,
  Opcode.BIND_CONN_TO_SESSION,
]);

/** These change something: they must not be performed when their result might not fit into the reply. */
const changing: ReadonlySet<number> = new Set([
  Opcode.ALLOCATE,
  Opcode.CLONE,
  Opcode.CLOSE,
  Opcode.COPY,
  Opcode.CREATE,
  Opcode.DEALLOCATE,
  Opcode.LINK,
  Opcode.LOCK,
  Opcode.LOCKU,
  Opcode.OPEN,
  Opcode.OPEN_DOWNGRADE,
  Opcode.REMOVE,
  Opcode.REMOVEXATTR,
  Opcode.RENAME,
  Opcode.SETATTR,
  Opcode.SETXATTR,
  Opcode.WRITE,
]);

/** The longest result of these is OPEN's without a delegation: 76 bytes. */
const longestChangingResult = 96;

/**
 * Performs one COMPOUND and writes its COMPOUND4res. Whatever an operation throws becomes its status.
 * @throws XdrError where tag, minorversion and the number of operations cannot be read
 */
export async function performCompound(call: RpcCall, results: XdrWriter, services: CompoundServices): Promise<void> {
  const { tag, minorVersion, count } = compoundHeader.decode(call.arguments);
  const reply = new Reply(tag);
  if (minorVersion > 2) {
    reply.write(results, Nfs4Status.MINOR_VERS_MISMATCH);
    return;
  }
  if (minorVersion === 0 && count > maxOperations) {
    reply.write(results, Nfs4Status.RESOURCE);
    return;
  }
  const body = call.arguments.bytes(call.arguments.remaining & ~3);
  const context = new Context(services, call, { minorVersion: minorVersion as MinorVersion, count, body });
  try {
    await performAll(context, new XdrReader(body), reply, services);
  } finally {
    const { slot } = context;
    if (slot !== undefined && slot.replay === undefined) slot.finish(reply.forRetry(slot.cacheThis));
  }
  const replay = context.slot?.replay;
  if (replay === undefined) reply.write(results);
  else results.bytes(replay);
}

async function performAll(
  context: Context,
  reader: XdrReader,
  reply: Reply,
  services: CompoundServices,
): Promise<void> {
  const { position } = context;
  for (let status: Nfs4Status = Nfs4Status.OK; position.index < position.count; position.index++) {
    if (reader.remaining < 4) {
      reply.add(Opcode.ILLEGAL, Nfs4Status.BADXDR);
      return;
    }
    status = await performNext(context, reader, reply, services);
    if (status !== Nfs4Status.OK || context.slot?.replay !== undefined) return;
  }
}

/** Performs the operation that the reader is at and adds its result. */
async function performNext(
  context: Context,
  reader: XdrReader,
  reply: Reply,
  { operations, log }: CompoundServices,
): Promise<Nfs4Status> {
  const opcode = reader.uint32();
  if (!isDefined(opcode, context.minorVersion)) {
    reply.add(Opcode.ILLEGAL, Nfs4Status.OP_ILLEGAL);
    return Nfs4Status.OP_ILLEGAL;
  }
  const operation = operations.get(opcode);
  const last = context.position.index === context.position.count - 1;
  const room = (bytes: number): Nfs4Status => reply.room(bytes, last, context.slot);
  let status: Nfs4Status = Nfs4Status.OK;
  let arm = new XdrWriter();
  try {
    requireOrder(opcode, context);
    if (operation === undefined || !operation.minorVersions.includes(context.minorVersion)) {
      throw new Nfs4Error(Nfs4Status.NOTSUPP);
    }
    const args = operation.arguments.decode(reader);
    if (changing.has(opcode)) require(room(longestChangingResult));
    operation.result.encode(arm, await operation.perform(context, args));
    require(room(8 + arm.length));
  } catch (error) {
    const failure = failureOf(error, operation, context.minorVersion);
    if (!isExpected(error)) log.error({ operation: opcodeName(opcode), error }, 'operation failed');
    ({ status, arm } = failure);
  }
  if (status !== Nfs4Status.OK) {
    log.debug({ operation: opcodeName(opcode), status: statusName(status) }, 'operation refused');
  }
  reply.add(opcode, status, arm);
  return status;
}

function require(status: Nfs4Status): void {
  if (status !== Nfs4Status.OK) throw new Nfs4Error(status);
}

/** RFC 8881 §2.10.2.2, §18.46.3: where SEQUENCE and the operations without it may stand. @throws Nfs4Error */
function requireOrder(opcode: number, { minorVersion, position: { index, count } }: Context): void {
  if (minorVersion === 0) return;
  if (index > 0) {
    if (opcode === Opcode.SEQUENCE) throw new Nfs4Error(Nfs4Status.SEQUENCE_POS);
    // RFC 8881 §18.34.3
    if (opcode === Opcode.BIND_CONN_TO_SESSION) throw new Nfs4Error(Nfs4Status.NOT_ONLY_OP);
  } else if (sessionless.has(opcode)) {
    if (count > 1) throw new Nfs4Error(Nfs4Status.NOT_ONLY_OP);
  } else if (opcode !== Opcode.SEQUENCE) {
    throw new Nfs4Error(Nfs4Status.OP_NOT_IN_SESSION);
  }
}

/** The status that an exception becomes, with the arm of the result that goes with it. */
function failureOf(
  error: unknown,
  operation: Operation<unknown, unknown> | undefined,
  minorVersion: MinorVersion,
): { readonly status: Nfs4Status; readonly arm: XdrWriter } {
  const status = statusOf(error, minorVersion);
  const arm = new XdrWriter();
  operation?.failure?.[status]?.encode(arm, error instanceof Nfs4Error ? error.data : undefined);
  return { status, arm };
}
