/**
 * An NFSv4.1 client as lean as can be, so that what is measured is the server: requests of one kind are encoded once and
 * patched, those of one turn of the event loop leave in one write, and of a reply only its status is looked at.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { StableHow } from '../../../gateway/nfs4/codec/opens.ts';
import { statusName } from '../../../gateway/nfs4/codec/status.ts';
import { close } from '../../../gateway/nfs4/operations/close.ts';
import { commit } from '../../../gateway/nfs4/operations/commit.ts';
import { createSession } from '../../../gateway/nfs4/operations/create-session.ts';
import { exchangeId } from '../../../gateway/nfs4/operations/exchange-id.ts';
import { getattr } from '../../../gateway/nfs4/operations/getattr.ts';
import { getfh } from '../../../gateway/nfs4/operations/getfh.ts';
import { operations } from '../../../gateway/nfs4/operations/index.ts';
import { lookup } from '../../../gateway/nfs4/operations/lookup.ts';
import { open } from '../../../gateway/nfs4/operations/open.ts';
import { putfh } from '../../../gateway/nfs4/operations/putfh.ts';
import { putrootfh } from '../../../gateway/nfs4/operations/putrootfh.ts';
import { read } from '../../../gateway/nfs4/operations/read.ts';
import { reclaimComplete } from '../../../gateway/nfs4/operations/reclaim-complete.ts';
import { sequence } from '../../../gateway/nfs4/operations/sequence.ts';
import { write } from '../../../gateway/nfs4/operations/write.ts';
import type { StateidValue } from '../../../gateway/nfs4/codec/basic.ts';
import { bits, type Bitmap } from '../../../gateway/nfs4/codec/basic.ts';
import { channel, naming, sessionOf } from '../../../gateway/nfs4/state/testing/client41.ts';
import {
  call,
  decodeReply,
  encodeCompound,
  type Call,
  type CompoundReply,
} from '../../../gateway/nfs4/testing/compound-client.ts';
import { encodeCall } from '../../../gateway/rpc/message.ts';
import { RecordDecoder } from '../../../gateway/rpc/record-marking.ts';
import { XdrWriter } from '../../../gateway/rpc/xdr.ts';

const program = 100_003;
const largestRecord = 4 * 1024 * 1024;

/** Bytes: xid, REPLY, MSG_ACCEPTED, an empty verifier, SUCCESS. */
const replyHead = 24;
const lastFragment = 0x8000_0000;

/** What Linux asks for when it looks a file up: type, change, size, fsid, fileid, mode, links, owner, group, used, times. */
export const usualAttributes: Bitmap = bits(1, 3, 4, 8, 20, 33, 35, 36, 37, 41, 45, 47, 52, 53, 55);

interface Slot {
  readonly number: number;
  sequence: number;
}

/** A request that is sent again and again. */
export interface Request {
  /** The record, its mark included. */
  readonly record: Buffer;
  /** Where SEQUENCE's sequence number lies; the slot's number follows. */
  readonly at: number;
}

export interface OpenedFile {
  readonly handle: Buffer;
  readonly stateid: StateidValue;
}

export class NfsClient {
  readonly #socket: Socket;
  readonly #decoder = new RecordDecoder(largestRecord);
  readonly #waiting = new Map<number, (reply: Buffer) => void>();
  readonly #free: Slot[] = [];
  readonly #queue: ((slot: Slot) => void)[] = [];
  #sessionid: Buffer = Buffer.alloc(16);
  #xid = 1;
  #owner = 0;
  #clientid = 0n;
  #corked = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      for (const record of this.#decoder.push(chunk)) {
        const xid = record.readUInt32BE(0);
        this.#waiting.get(xid)?.(record);
        this.#waiting.delete(xid);
      }
    });
  }

  /** With a session of at most `slots` requests at a time. */
  static async connect(port: number, name: string, slots = 16): Promise<NfsClient> {
    const socket = createConnection({ host: '127.0.0.1', port });
    await once(socket, 'connect');
    const client = new NfsClient(socket);
    // Always another client, so that none is told that it has been here before.
    const named = (await client.#bare(naming(`${name} ${randomUUID()}`))).value(exchangeId);
    client.#clientid = named.clientid;
    const fore = { ...channel, maxRequests: slots, maxOperations: 16 };
    const session = (await client.#bare(sessionOf(named.clientid, named.sequence, { fore }))).value(createSession);
    client.#sessionid = session.sessionid;
    for (let number = 0; number < Math.min(slots, session.foreChannel.maxRequests); number++)
      client.#free.push({ number, sequence: 0 });
    await client.compound(call(reclaimComplete, { oneFileSystem: false }));
    return client;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** @throws Error where it fails */
  async compound(...calls: readonly Call[]): Promise<CompoundReply> {
    const slot = await this.#take();
    const args = {
      sessionid: this.#sessionid,
      sequence: ++slot.sequence,
      slot: slot.number,
      highestSlot: slot.number,
      cacheThis: false,
    };
    const reply = await this.#send(encodeCompound([call(sequence, args), ...calls], 1));
    this.#release(slot);
    return checked(decodeReply(reply.subarray(replyHead), operations));
  }

  /** A request of these operations, for `send`. */
  prepare(...calls: readonly Call[]): Request {
    const args = { sessionid: this.#sessionid, sequence: 0, slot: 0, highestSlot: 0, cacheThis: false };
    const body = encodeCompound([call(sequence, args), ...calls], 1);
    const record = this.#record(body);
    // tag length, minor version, count, opcode, sessionid
    return { record, at: record.length - body.length + 4 + 4 + 4 + 4 + 16 };
  }

  /** @param payload follows the record, as its last bytes @throws Error where the server refuses */
  async send({ record, at }: Request, payload?: Buffer): Promise<Buffer> {
    const slot = this.#free.pop() ?? (await this.#take());
    const xid = this.#nextXid();
    const copy = Buffer.allocUnsafe(record.length);
    record.copy(copy);
    copy.writeUInt32BE(xid, 4);
    copy.writeUInt32BE(++slot.sequence, at);
    copy.writeUInt32BE(slot.number, at + 4);
    copy.writeUInt32BE(slot.number, at + 8);
    if (payload !== undefined) copy.writeUInt32BE((lastFragment + copy.length - 4 + payload.length) >>> 0, 0);
    const reply = await new Promise<Buffer>((resolve) => {
      this.#waiting.set(xid, resolve);
      this.#write(copy, payload);
    });
    this.#release(slot);
    const status = reply.readUInt32BE(replyHead);
    if (status !== 0) throw new Error(`the server answered ${statusName(status)}`);
    return reply;
  }

  /** The handle that a path from the root leads to. */
  async walk(...names: readonly string[]): Promise<Buffer> {
    const steps = names.map((name) => call(lookup, { name: Buffer.from(name) }));
    const reply = await this.compound(call(putrootfh, undefined), ...steps, call(getfh, undefined));
    return reply.value(getfh).handle;
  }

  async openFile(directory: Buffer, name: string, how: 'read' | 'create'): Promise<OpenedFile> {
    const isNew = how === 'create';
    const reply = await this.compound(
      call(putfh, { handle: directory }),
      call(open, {
        seqid: 0,
        shareAccess: isNew ? 3 : 1,
        shareDeny: 0,
        owner: { clientid: this.#clientid, owner: Buffer.from(`owner ${++this.#owner}`) },
        how: isNew
          ? { type: 1, value: { mode: 0, value: { mask: 0n, values: Buffer.alloc(0) } } }
          : { type: 0, value: undefined },
        claim: { type: 0, value: Buffer.from(name) },
      }),
      call(getfh, undefined),
    );
    return { handle: reply.value(getfh).handle, stateid: reply.value(open).stateid };
  }

  async closeFile({ handle, stateid }: OpenedFile): Promise<void> {
    await this.compound(call(putfh, { handle }), call(close, { seqid: 0, stateid }));
  }

  async commitFile({ handle }: OpenedFile): Promise<void> {
    await this.compound(call(putfh, { handle }), call(commit, { offset: 0n, count: 0 }));
  }

  getattrOf(handle: Buffer): Request {
    return this.prepare(call(putfh, { handle }), call(getattr, { asked: usualAttributes }));
  }

  /** As Linux looks a name up: the handle and the attributes with it. */
  lookupOf(directory: Buffer, name: string): Request {
    return this.prepare(
      call(putfh, { handle: directory }),
      call(lookup, { name: Buffer.from(name) }),
      call(getfh, undefined),
      call(getattr, { asked: usualAttributes }),
    );
  }

  readOf({ handle, stateid }: OpenedFile, offset: number, count: number): Request {
    return this.prepare(call(putfh, { handle }), call(read, { stateid: { ...stateid, seqid: 0 }, offset, count }));
  }

  /** Without its data, which `send` is given: their length is a multiple of 4. */
  writeOf({ handle, stateid }: OpenedFile, offset: number, length: number): Request {
    const request = this.prepare(
      call(putfh, { handle }),
      call(write, {
        stateid: { ...stateid, seqid: 0 },
        offset,
        stable: StableHow.UNSTABLE,
        data: Buffer.alloc(0),
      }),
    );
    request.record.writeUInt32BE(length, request.record.length - 4);
    return request;
  }

  async #bare(...calls: readonly Call[]): Promise<CompoundReply> {
    const reply = await this.#send(encodeCompound(calls, 1));
    return checked(decodeReply(reply.subarray(replyHead), operations));
  }

  #send(body: Buffer): Promise<Buffer> {
    const record = this.#record(body);
    const xid = this.#nextXid();
    record.writeUInt32BE(xid, 4);
    return new Promise((resolve) => {
      this.#waiting.set(xid, resolve);
      this.#write(record);
    });
  }

  #record(body: Buffer): Buffer {
    const writer = new XdrWriter();
    const credential = { flavor: 'sys', machine: 'bench', uid: 0, gid: 0, gids: [] } as const;
    encodeCall(writer, { xid: 0, program, version: 4, procedure: 1, credential });
    const head = writer.concat();
    const mark = Buffer.alloc(4);
    mark.writeUInt32BE((lastFragment + head.length + body.length) >>> 0);
    return Buffer.concat([mark, head, body]);
  }

  #nextXid(): number {
    return (this.#xid = (this.#xid + 1) >>> 0);
  }

  #write(head: Buffer, payload?: Buffer): void {
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      setImmediate(() => {
        this.#corked = false;
        this.#socket.uncork();
      });
    }
    this.#socket.write(head);
    if (payload !== undefined) this.#socket.write(payload);
  }

  #take(): Promise<Slot> {
    const slot = this.#free.pop();
    return slot === undefined ? new Promise((resolve) => this.#queue.push(resolve)) : Promise.resolve(slot);
  }

  #release(slot: Slot): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#free.push(slot);
    else next(slot);
  }
}

function checked(reply: CompoundReply): CompoundReply {
  if (reply.status !== 0) throw new Error(`the server refused: ${reply.summary.join(', ')}`);
  return reply;
}

/** Runs `count` requests, so many at a time, each as soon as one before is done. */
export async function inParallel(
  count: number,
  width: number,
  one: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) await one(next++);
  };
  await Promise.all(Array.from({ length: width }, work));
}
