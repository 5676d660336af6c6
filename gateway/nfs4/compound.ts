/** COMPOUND: performs operations one after another until one fails. RFC 7530 §15.2, RFC 8881 §2.10.6.1 and §16.2. */
import type { FileSystem } from '../filesystem/file-system.ts';
import type { Log } from '../log.ts';
import type { RpcCall } from '../rpc/program.ts';
import type { XdrWriter } from '../rpc/xdr.ts';
import { XdrReader } from '../rpc/xdr.ts';
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
 * Performs one COMPOUND and writes its COMPOUND4res. Whatever an operation throws becomes its status. One whose operations
 * wait for nothing is done when this returns, without a promise: that is most of them.
 * @throws XdrError where tag, minorversion and the number of operations cannot be read
 */
export function performCompound(
  call: RpcCall,
  results: XdrWriter,
  services: CompoundServices,
): Promise<void> | undefined {
  const { tag, minorVersion, count } = compoundHeader.decode(call.arguments);
  const reply = new Reply(tag, results);
  if (minorVersion > 2) {
    reply.end(Nfs4Status.MINOR_VERS_MISMATCH);
    return undefined;
  }
  if (minorVersion === 0 && count > maxOperations) {
    reply.end(Nfs4Status.RESOURCE);
    return undefined;
  }
  const body = call.arguments.bytes(call.arguments.remaining & ~3);
  const context = new Context(services, call, { minorVersion: minorVersion as MinorVersion, count, body });
  const compound = { context, reader: new XdrReader(body), reply, services };
  let pending: Promise<void> | undefined;
  try {
    pending = performAll(compound);
  } finally {
    if (pending === undefined) end(compound);
  }
  return pending?.finally(() => end(compound));
}

interface Compound {
  readonly context: Context;
  readonly reader: XdrReader;
  readonly reply: Reply;
  readonly services: CompoundServices;
}

/** The slot is free, and keeps what answers a retry; or this was one, and is answered by what was kept. */
function end({ context: { slot }, reply }: Compound): void {
  if (slot === undefined) return;
  if (slot.replay === undefined) slot.finish(reply.forRetry(slot.cacheThis));
  else reply.replace(slot.replay);
}

function performAll(compound: Compound): Promise<void> | undefined {
  const { context, reader, reply } = compound;
  const { position } = context;
  for (; position.index < position.count; position.index++) {
    if (reader.remaining < 4) {
      reply.addFailure(Opcode.ILLEGAL, Nfs4Status.BADXDR);
      return undefined;
    }
    const status = performNext(compound);
    if (status instanceof Promise) return performRest(compound, status);
    if (isLast(context, status)) return undefined;
  }
  return undefined;
}

async function performRest(compound: Compound, pending: Promise<Nfs4Status>): Promise<void> {
  if (isLast(compound.context, await pending)) return;
  compound.context.position.index++;
  await performAll(compound);
}

function isLast({ slot }: Context, status: Nfs4Status): boolean {
  return status !== Nfs4Status.OK || slot?.replay !== undefined;
}

/** Performs the operation that the reader is at and adds its result. */
function performNext(compound: Compound): Promise<Nfs4Status> | Nfs4Status {
  const { context, reader, reply, services } = compound;
  const opcode = reader.uint32();
  if (!isDefined(opcode, context.minorVersion)) {
    reply.addFailure(Opcode.ILLEGAL, Nfs4Status.OP_ILLEGAL);
    return Nfs4Status.OP_ILLEGAL;
  }
  const operation = services.operations.get(opcode);
  try {
    requireOrder(opcode, context);
    if (operation === undefined || !operation.minorVersions.includes(context.minorVersion)) {
      throw new Nfs4Error(Nfs4Status.NOTSUPP);
    }
    const args = operation.arguments.decode(reader);
    const last = context.position.index === context.position.count - 1;
    if (changing.has(opcode)) require(reply.room(longestChangingResult, last, context.slot));
    const succeed = (result: unknown): Nfs4Status => {
      require(reply.addOk(opcode, operation.result, result, last, context.slot));
      return Nfs4Status.OK;
    };
    const result = operation.perform(context, args);
    if (!(result instanceof Promise)) return succeed(result);
    return result.then(succeed).catch((error: unknown) => fail(compound, opcode, error));
  } catch (error) {
    return fail(compound, opcode, error);
  }
}

/** Adds the result of an operation that has thrown. */
function fail({ context, reply, services: { operations, log } }: Compound, opcode: number, error: unknown): Nfs4Status {
  const status = statusOf(error, context.minorVersion);
  if (!isExpected(error)) log.error({ operation: opcodeName(opcode), error }, 'operation failed');
  log.debug({ operation: opcodeName(opcode), status: statusName(status) }, 'operation refused');
  const data = error instanceof Nfs4Error ? error.data : undefined;
  const arm = operations.get(opcode)?.failure?.[status];
  reply.addFailure(opcode, status, (writer) => arm?.encode(writer, data));
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
