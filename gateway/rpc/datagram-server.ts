/** RPC over UDP, for the small programs that clients expect there: one datagram a call, one a reply. RFC 5531 §5. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Log } from '../log.ts';
import { Admission } from './admission.ts';
import { plainAddress } from './connection.ts';
import { tlsProbe } from './credential.ts';
import { decodeMessage, type Message } from './message.ts';
import type { RpcConnection, RpcProgram } from './program.ts';
import { ProgramTable } from './program-table.ts';
import { RateLimitedLog } from './rate-limited-log.ts';
import { XdrError } from './xdr.ts';

export interface DatagramServerOptions {
  readonly programs: readonly RpcProgram[];
  readonly log: Log;
  /** Networks (CIDR) that are served beside loopback. */
  readonly allow: readonly string[];
}

/** Requests at work; what comes beyond is dropped, and its client asks again. */
const maxOutstanding = 128;

/** Bytes that one datagram over IPv4 carries. */
const largestReply = 65_507;

export class DatagramServer {
  readonly #programs: ProgramTable;
  readonly #log: RateLimitedLog;
  readonly #admission: Admission;
  #socket: Socket | undefined;
  #outstanding = 0;

  constructor({ programs, log, allow }: DatagramServerOptions) {
    this.#log = new RateLimitedLog(log);
    this.#programs = new ProgramTable(programs, this.#log);
    this.#admission = new Admission(allow, true);
  }

  /** @throws the system's error, such as EADDRINUSE, with `syscall` bind */
  async listen(address: string, port: number): Promise<{ readonly port: number }> {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address, port }, () => {
        socket.off('error', reject);
        resolve();
      });
    });
    this.#socket = socket;
    socket.on('error', (error) => this.#log.error({ error }, 'A datagram could not be received.'));
    socket.on('message', (datagram, from) => void this.#receive(datagram, from));
    return { port: socket.address().port };
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined) await new Promise<void>((resolve) => socket.close(resolve));
  }

  async #receive(datagram: Buffer, from: RemoteInfo): Promise<void> {
    const address = plainAddress(from.address);
    const refusal = this.#admission.refusal(address, from.port);
    if (refusal !== undefined) {
      this.#log.warn({ address }, refusal);
      return;
    }
    const message = read(datagram);
    // TLS is for connections (RFC 9289 §5); what is offered on one is no business of datagrams.
    if (message === undefined || message.type === 'reply' || message.type === tlsProbe) return;
    if (this.#outstanding >= maxOutstanding) return;
    this.#outstanding++;
    try {
      const origin = originOf(address, from.port, this.#socket?.address().address ?? '');
      const reply = await this.#programs.answer(message, origin, datagram.length);
      const bytes = reply?.concat();
      if (bytes !== undefined && bytes.length <= largestReply) this.#socket?.send(bytes, from.port, from.address);
    } finally {
      this.#outstanding--;
    }
  }
}

/** undefined: it is no RPC message, and nobody can be told. */
function read(datagram: Buffer): Message | undefined {
  try {
    return decodeMessage(datagram);
  } catch (error) {
    if (error instanceof XdrError) return undefined;
    throw error;
  }
}

/** Where a datagram comes from, in place of a connection. */
function originOf(remoteAddress: string, remotePort: number, localAddress: string): RpcConnection {
  return {
    id: 0,
    remoteAddress,
    remotePort,
    localAddress,
    onClose: () => undefined,
    call: () => Promise.reject(new Error('a datagram is no connection to call back on')),
  };
}
