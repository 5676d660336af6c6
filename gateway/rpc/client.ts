/** An RPC client over TCP, or over a socket of this machine. */
import { randomInt } from 'node:crypto';
import { createConnection, type NetConnectOpts, type Socket, type TcpNetConnectOpts } from 'node:net';
import { defaultConnectionLimits, type ConnectionLimits } from './connection-limits.ts';
import { Connection } from './connection.ts';
import type { CallHeader, CallMessage } from './message.ts';
import type { Credential } from './program.ts';
import { encodeRefusal, encodeSuccess } from './reply.ts';
import { XdrWriter, type XdrReader } from './xdr.ts';

/** Answers a call of the server: writes the results. @returns false: there is no such program or procedure */
export type IncomingCall = (header: CallHeader, args: XdrReader, results: XdrWriter) => Promise<boolean> | boolean;

export interface RpcClientOptions {
  /** Comes from a port below 1024, as the kernel's client does; that takes root or its capability. */
  readonly reservedPort?: boolean;
  /** Where the connection comes from; an IP address of this machine. */
  readonly localAddress?: string;
  readonly onCall?: IncomingCall;
  /** Milliseconds until a server that does not take the connection is given up; default: as the system has it. */
  readonly connectTimeout?: number;
  readonly limits?: Partial<ConnectionLimits>;
}

const firstReservedPort = 512;
const portsEnd = 1024;

export class RpcClient {
  readonly #connection: Connection;

  private constructor(socket: Socket, { onCall, limits }: RpcClientOptions) {
    this.#connection = new Connection({
      socket,
      id: 0,
      limits: { ...defaultConnectionLimits, maxRecord: 16 * 1024 * 1024, ...limits },
      handle: (message) => answer(message, onCall),
      // Calls that wait are told that the connection is closed.
      onBroken: () => undefined,
      firstXid: randomInt(2 ** 32),
    });
  }

  /** @throws the system's error, such as ECONNREFUSED, or EACCES for a reserved port */
  static async connect(host: string, port: number, options: RpcClientOptions = {}): Promise<RpcClient> {
    const { connectTimeout = 0, localAddress, reservedPort = false } = options;
    const to = { host, port, ...(localAddress === undefined ? {} : { localAddress }) };
    return new RpcClient(reservedPort ? await fromReservedPort(to) : await connected(to, connectTimeout), options);
  }

  /** Over a Unix socket. @throws the system's error */
  static async connectTo(path: string): Promise<RpcClient> {
    return new RpcClient(await connected({ path }), {});
  }

  /** The connection's end is known here. */
  get closed(): Promise<void> {
    return new Promise((resolve) => this.#connection.onClose(resolve));
  }

  /**
   * Resolves with a reader at the results. Rejects with CallRefusedError, BadReplyError, CallTimeoutError or
   * ConnectionClosedError.
   * @param xid of a call that this one repeats
   */
  call(
    program: number,
    version: number,
    procedure: number,
    credential: Credential,
    encodeArguments: (writer: XdrWriter) => void,
    xid?: number,
  ): Promise<XdrReader> {
    const options = xid === undefined ? { credential } : { credential, xid };
    return this.#connection.call(program, version, procedure, encodeArguments, options);
  }

  /** At once: calls that wait are rejected. */
  close(): void {
    this.#connection.destroy();
  }
}

async function answer(message: CallMessage, onCall: IncomingCall | undefined): Promise<XdrWriter> {
  const reply = new XdrWriter();
  if (message.type === 'unacceptable call') {
    encodeRefusal(reply, message.xid, message.refusal);
    return reply;
  }
  const { header } = message;
  const results = new XdrWriter();
  if (onCall !== undefined && (await onCall(header, message.arguments, results))) {
    encodeSuccess(reply, header.xid);
    reply.append(results);
  } else encodeRefusal(reply, header.xid, { status: 'program unavailable' });
  return reply;
}

function connected(to: NetConnectOpts, connectTimeout = 0): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(to);
    const giveUp = (): void => void socket.destroy(new Error(`not connected within ${connectTimeout} ms`));
    socket.setTimeout(connectTimeout, giveUp);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      socket.off('timeout', giveUp);
      resolve(socket);
    });
  });
}

async function fromReservedPort(to: TcpNetConnectOpts): Promise<Socket> {
  const count = portsEnd - firstReservedPort;
  const start = randomInt(count);
  for (let tried = 0; tried < count; tried++) {
    try {
      return await connected({ ...to, localPort: firstReservedPort + ((start + tried) % count) });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Somebody has this port, or had it a moment ago.
      if (code !== 'EADDRINUSE' && code !== 'EADDRNOTAVAIL') throw error;
    }
  }
  throw new Error('no reserved port is free');
}
