/** A client that has begun as real ones do and has an open, locked file: what its later requests name. */
import type { StateidValue } from '../codec/basic.ts';
import * as clients from '../codec/clients.ts';
import * as files from '../codec/files.ts';
import { compoundHeader } from '../codec/compound.ts';
import * as locks from '../codec/locks.ts';
import { Opcode } from '../codec/opcodes.ts';
import * as opens from '../codec/opens.ts';
import * as sessions from '../codec/sessions.ts';
import { encode, type Decoded } from '../../rpc/xdr.ts';
import type { MinorVersion } from '../operation.ts';
import type { CompoundClient, CompoundReply } from './compound-client.ts';
import { operation, type Held } from './encoded-compounds.ts';
import type { EncodedOperation } from './mutations.ts';

const verifier = Buffer.from('verifier');
const bytes = (text: string): Buffer => Buffer.from(text);
const root = operation(Opcode.PUTROOTFH, files.voidCodec, undefined);
const getfh = operation(Opcode.GETFH, files.voidCodec, undefined);
const look = (name: string): EncodedOperation => operation(Opcode.LOOKUP, files.lookupArguments, { name: bytes(name) });

export function joinOperations(operations: readonly EncodedOperation[], minorVersion: number, tag = ''): Buffer {
  const head = encode(compoundHeader, { tag: bytes(tag), minorVersion, count: operations.length });
  return Buffer.concat([head, ...operations]);
}

/** SEQUENCE of a client that uses one slot. */
export class OneSlot {
  readonly sessionid: Buffer;
  #sequence = 1;

  constructor(sessionid: Buffer) {
    this.sessionid = sessionid;
  }

  /** For the next request; the same again until `advance`. */
  get next(): EncodedOperation {
    const args = { sessionid: this.sessionid, sequence: this.#sequence, slot: 0, highestSlot: 0, cacheThis: false };
    return operation(Opcode.SEQUENCE, sessions.sequenceArguments, args);
  }

  /** SEQUENCE was answered OK. */
  advance(): void {
    this.#sequence++;
  }
}

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- each caller knows the result of its operation
function valueOf<T>(reply: CompoundReply, opcode: number): T {
  const result = reply.results.find((each) => each.opcode === opcode);
  if (reply.status !== 0 || result === undefined) throw new Error(reply.summary.join(', '));
  return result.value as T;
}

function openOf(clientid: bigint, file: string): EncodedOperation {
  return operation(Opcode.OPEN, opens.openArguments, {
    seqid: 0,
    shareAccess: 3,
    shareDeny: 0,
    owner: { clientid, owner: bytes('open owner') },
    how: { type: 1, value: { mode: 0, value: { mask: 0n, values: Buffer.alloc(0) } } },
    claim: { type: 0, value: bytes(file) },
  });
}

function lockOf(clientid: bigint, open: StateidValue, openSeqid: number): EncodedOperation {
  const owner = { clientid, owner: bytes('lock owner') };
  return operation(Opcode.LOCK, locks.lockArguments, {
    type: 1,
    reclaim: false,
    offset: 0n,
    length: 10n,
    locker: { newOwner: 1, value: { openSeqid, openStateid: open, lockSeqid: 0, owner } },
  });
}

/** @param id tells this client from others, and names its file */
export async function beginAt40(client: CompoundClient, id: string): Promise<Held> {
  const send = async (...operations: EncodedOperation[]): Promise<CompoundReply> =>
    client.send(joinOperations(operations, 0));
  const named = await send(
    operation(Opcode.SETCLIENTID, clients.setClientidArguments, {
      client: { verifier, id: bytes(id) },
      callback: { program: 0, location: { netid: 'tcp', address: '0.0.0.0.0.0' } },
      callbackIdent: 0,
    }),
  );
  const given = valueOf<Decoded<typeof clients.setClientidResult>>(named, Opcode.SETCLIENTID);
  const { clientid } = given;
  valueOf(
    await send(operation(Opcode.SETCLIENTID_CONFIRM, clients.setClientidConfirmArguments, given)),
    Opcode.SETCLIENTID_CONFIRM,
  );
  const opened = await send(root, look('data'), openOf(clientid, id), getfh);
  const { handle } = valueOf<Decoded<typeof files.getfhOk>>(opened, Opcode.GETFH);
  const put = operation(Opcode.PUTFH, files.putfhArguments, { handle });
  let { stateid: open } = valueOf<opens.OpenResult>(opened, Opcode.OPEN);
  const confirm = operation(Opcode.OPEN_CONFIRM, opens.openConfirmArguments, { stateid: open, seqid: 1 });
  open = valueOf<StateidValue>(await send(put, confirm), Opcode.OPEN_CONFIRM);
  const locked = await send(put, lockOf(clientid, open, 2));
  const { stateid: lock } = valueOf<Decoded<typeof locks.lockResult>>(locked, Opcode.LOCK);
  return { clientid, sessionid: Buffer.alloc(16), file: id, handle, open, lock };
}

/** @param id tells this client from others, and names its file */
export async function beginAt41(
  client: CompoundClient,
  minorVersion: MinorVersion,
  id: string,
): Promise<{ readonly held: Held; readonly slot: OneSlot }> {
  const send = async (...operations: EncodedOperation[]): Promise<CompoundReply> =>
    client.send(joinOperations(operations, minorVersion));
  const named = await send(
    operation(Opcode.EXCHANGE_ID, clients.exchangeIdArguments, {
      owner: { verifier, ownerid: bytes(id) },
      flags: 0,
      stateProtect: { how: 0, value: undefined },
      implementation: [],
    }),
  );
  const { clientid, sequence } = valueOf<Decoded<typeof clients.exchangeIdResult>>(named, Opcode.EXCHANGE_ID);
  const channel = {
    headerPadSize: 0,
    maxRequestSize: 1_049_620,
    maxResponseSize: 1_049_480,
    maxResponseSizeCached: 7584,
    maxOperations: 16,
    maxRequests: 16,
    rdmaIrd: [],
  };
  const created = await send(
    operation(Opcode.CREATE_SESSION, sessions.createSessionArguments, {
      clientid,
      sequence,
      flags: 0,
      foreChannel: channel,
      backChannel: channel,
      callbackProgram: 0,
      callbackSecurity: [{ flavor: 0, value: undefined }],
    }),
  );
  const { sessionid } = valueOf<sessions.CreateSessionResult>(created, Opcode.CREATE_SESSION);
  const slot = new OneSlot(sessionid);
  const sendInSlot = async (...operations: EncodedOperation[]): Promise<CompoundReply> => {
    const reply = await send(slot.next, ...operations);
    slot.advance();
    return reply;
  };
  const complete = operation(Opcode.RECLAIM_COMPLETE, clients.reclaimCompleteArguments, { oneFileSystem: false });
  valueOf(await sendInSlot(complete), Opcode.RECLAIM_COMPLETE);
  const opened = await sendInSlot(root, look('data'), openOf(clientid, id), getfh);
  const { handle } = valueOf<Decoded<typeof files.getfhOk>>(opened, Opcode.GETFH);
  const { stateid: open } = valueOf<opens.OpenResult>(opened, Opcode.OPEN);
  const put = operation(Opcode.PUTFH, files.putfhArguments, { handle });
  const locked = await sendInSlot(put, lockOf(clientid, open, 0));
  const { stateid: lock } = valueOf<Decoded<typeof locks.lockResult>>(locked, Opcode.LOCK);
  return { held: { clientid, sessionid, file: id, handle, open, lock }, slot };
}
