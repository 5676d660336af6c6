/** A client in the test's own process: encodes COMPOUNDs, hands them to the program, decodes what it answers. */
import type { Credential, RpcCall, RpcConnection, RpcProgram } from '../../rpc/program.ts';
import { voidCodec, XdrReader, XdrWriter, type Codec } from '../../rpc/xdr.ts';
import { compoundHeader, compoundResultHeader } from '../codec/compound.ts';
import { opcodeName } from '../codec/opcodes.ts';
import { statusName, type Nfs4Status } from '../codec/status.ts';
import type { MinorVersion, Operation } from '../operation.ts';

/** One operation of a COMPOUND with its arguments encoded. */
export interface Call {
  readonly opcode: number;
  readonly encodeArguments: (writer: XdrWriter) => void;
}

export function call<A, R>(operation: Operation<A, R>, args: A): Call {
  return { opcode: operation.opcode, encodeArguments: (writer) => operation.arguments.encode(writer, args) };
}

/** An operation that the server may not have, with arguments as they are. */
export function rawCall(opcode: number, args: Buffer = Buffer.alloc(0)): Call {
  return { opcode, encodeArguments: (writer) => writer.bytes(args) };
}

export interface OperationResult {
  readonly opcode: number;
  /** `LOOKUP OK`, for messages and expectations. */
  readonly summary: string;
  readonly status: number;
  readonly value: unknown;
}

export interface CompoundReply {
  readonly status: number;
  readonly tag: string;
  readonly results: readonly OperationResult[];
  /** `LOOKUP OK`, `GETATTR OK`, … */
  readonly summary: readonly string[];
  /** The OK arm of the first result of this operation. @throws Error where it is not there or not OK */
  value<A, R>(operation: Operation<A, R>): R;
  readonly bytes: Buffer;
}

type Operations = ReadonlyMap<number, Operation<unknown, unknown>>;

/** @throws XdrError where the bytes are not exactly one COMPOUND4res */
export function decodeReply(bytes: Buffer, operations: Operations): CompoundReply {
  const reader = new XdrReader(bytes);
  const { status, tag, count } = compoundResultHeader.decode(reader);
  const results: OperationResult[] = [];
  for (let index = 0; index < count; index++) {
    const opcode = reader.uint32();
    const resultStatus = reader.uint32();
    const operation = operations.get(opcode);
    const arm: Codec<unknown> | undefined =
      resultStatus === 0 ? operation?.result : operation?.failure?.[resultStatus as Nfs4Status];
    const value = (arm ?? voidCodec).decode(reader);
    const summary = `${opcodeName(opcode)} ${statusName(resultStatus)}`;
    results.push({ opcode, status: resultStatus, value, summary });
  }
  if (reader.remaining > 0) throw new Error(`${reader.remaining} bytes after the last result`);
  const last = results.at(-1);
  if (last !== undefined && last.status !== status) throw new Error('the status is not that of the last result');
  const value = <A, R>(operation: Operation<A, R>): R => {
    const result = results.find(({ opcode }) => opcode === operation.opcode);
    if (result?.status !== 0) throw new Error(`${operation.name} in ${results.map((each) => each.summary).join(', ')}`);
    return result.value as R;
  };
  return { status, tag: tag.toString(), results, summary: results.map((each) => each.summary), value, bytes };
}

export function encodeCompound(calls: readonly Call[], minorVersion: number, tag = ''): Buffer {
  const writer = new XdrWriter();
  compoundHeader.encode(writer, { tag: Buffer.from(tag), minorVersion, count: calls.length });
  for (const { opcode, encodeArguments } of calls) {
    writer.uint32(opcode);
    encodeArguments(writer);
  }
  return writer.concat();
}

let connections = 0;

/** A connection that nobody calls back over until `call` is replaced; `close` ends it. */
export interface FakeConnection extends RpcConnection {
  call: RpcConnection['call'];
  close(): void;
}

export function fakeConnection(remoteAddress = '127.0.0.1'): FakeConnection {
  const listeners: (() => void)[] = [];
  return {
    id: ++connections,
    remoteAddress,
    remotePort: 700,
    localAddress: '127.0.0.1',
    onClose: (listener) => void listeners.push(listener),
    call: async () => Promise.reject(new Error('no backchannel')),
    close: () => {
      for (const listener of listeners) listener();
    },
  };
}

export class CompoundClient {
  readonly #program: RpcProgram;
  readonly #operations: Operations;
  readonly #minorVersion: MinorVersion;
  readonly connection: FakeConnection;
  credential: Credential;
  #xid = 0;

  constructor(
    program: RpcProgram,
    operations: Operations,
    minorVersion: MinorVersion,
    credential: Credential = { flavor: 'sys', machine: 'client', uid: 1000, gid: 1000, gids: [] },
    connection = fakeConnection(),
  ) {
    this.#program = program;
    this.#operations = operations;
    this.#minorVersion = minorVersion;
    this.credential = credential;
    this.connection = connection;
  }

  async compound(...calls: readonly Call[]): Promise<CompoundReply> {
    return this.send(encodeCompound(calls, this.#minorVersion, 'test'));
  }

  /** @param body COMPOUND4args @param xid of a request that this one repeats */
  async send(body: Buffer, xid = ++this.#xid): Promise<CompoundReply> {
    return decodeReply(await this.sendRaw(body, xid), this.#operations);
  }

  async sendRaw(body: Buffer, xid = ++this.#xid): Promise<Buffer> {
    const results = new XdrWriter();
    const request: RpcCall = {
      xid,
      version: 4,
      procedure: 1,
      credential: this.credential,
      connection: this.connection,
      arguments: new XdrReader(body),
      recordSize: body.length + 40,
    };
    await this.#program.perform(request, results);
    return results.concat();
  }
}
