/** The RPC server: one listener for all programs and versions. RFC 5531. */
import { createServer, type Server, type Socket } from 'node:net';
import type { Log } from '../log.ts';
import { Admission } from './admission.ts';
import { defaultConnectionLimits, type ConnectionLimits } from './connection-limits.ts';
import { Connection, plainAddress, type CallHandler } from './connection.ts';
import type { RpcProgram } from './program.ts';
import { AuthStatus } from './credential.ts';
import type { CallMessage } from './message.ts';
import { ProgramTable } from './program-table.ts';
import { RateLimitedLog } from './rate-limited-log.ts';
import { encodeRefusal } from './reply.ts';
import { TlsUpgrade, type TlsConfiguration } from './tls-upgrade.ts';
import { XdrWriter } from './xdr.ts';

export interface RpcServerOptions {
  readonly programs: readonly RpcProgram[];
  readonly log: Log;
  /** Whether source ports above 1023 are served; the kernel's own client has a lower one. */
  readonly insecurePorts: boolean;
  /** Networks (CIDR) that are served beside loopback. */
  readonly allow: readonly string[];
  /** Offers TLS; undefined: there is none. */
  readonly tls?: TlsConfiguration | undefined;
  /** Default 1000. */
  readonly maxConnections?: number;
  readonly limits?: Partial<ConnectionLimits>;
}

export class RpcServer {
  readonly programs: readonly RpcProgram[];
  readonly #table: ProgramTable;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  readonly #admission: Admission;
  readonly #limits: ConnectionLimits;
  readonly #tls: TlsUpgrade | undefined;
  readonly #log: RateLimitedLog;
  #nextId = 1;

  /** @throws the system's error where `allow` is not addresses and networks */
  constructor({ programs, log, insecurePorts, allow, tls, maxConnections = 1000, limits }: RpcServerOptions) {
    this.#tls = tls === undefined ? undefined : new TlsUpgrade(tls);
    this.#log = new RateLimitedLog(log);
    this.programs = programs;
    this.#table = new ProgramTable(programs, this.#log);
    this.#admission = new Admission(allow, insecurePorts);
    this.#limits = { ...defaultConnectionLimits, ...limits };
    // A client that has sent its last request still gets the replies.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    this.#server.maxConnections = maxConnections;
    this.#server.on('drop', (dropped) => {
      this.#log.warn({ address: dropped?.remoteAddress }, 'A connection was refused: there are too many.');
    });
  }

  /** @throws the system's error, such as EADDRINUSE, with `syscall` listen */
  async listen(address: string, port: number): Promise<{ readonly address: string; readonly port: number }> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host: address, port }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    // Accepting may fail for want of descriptors; those that are connected go on.
    this.#server.on('error', (error) => this.#log.error({ error }, 'A connection could not be accepted.'));
    const bound = this.#server.address();
    if (bound === null || typeof bound === 'string') throw new Error('not listening on TCP');
    return { address: bound.address, port: bound.port };
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Takes no new connections. */
  stopAccepting(): void {
    this.#server.close();
  }

  /** Lets what is being worked on end and its replies be taken, for at most so many milliseconds, then closes every connection. */
  async close(milliseconds: number): Promise<void> {
    const closed = [
      new Promise<void>((resolve) => this.#server.close(() => resolve())),
      ...Array.from(this.#connections, (one) => new Promise<void>((resolve) => one.onClose(resolve))),
    ];
    for (const connection of this.#connections) connection.finish();
    const deadline = setTimeout(() => {
      for (const connection of this.#connections) connection.destroy();
    }, milliseconds);
    await Promise.all(closed);
    clearTimeout(deadline);
  }

  #accept(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress ?? '');
    const port = socket.remotePort ?? 0;
    const refusal = this.#admission.refusal(address, port);
    if (refusal !== undefined) {
      this.#log.warn({ address, port }, refusal);
      socket.on('error', () => socket.destroy());
      socket.destroy();
      return;
    }
    const connection = new Connection({
      socket,
      id: this.#nextId++,
      limits: this.#limits,
      tls: this.#tls,
      handle: (message, from, size) => this.#answer(message, from, size),
      onBroken: (error) => this.#log.warn({ address, error: error.message }, 'A connection was closed.'),
      onIgnored: (error) =>
        this.#log.warn({ address, error: error.message }, 'A record that is no RPC message was ignored.'),
    });
    this.#connections.add(connection);
    connection.onClose(() => this.#connections.delete(connection));
    connection.expectRecord();
  }

  #answer(message: CallMessage, connection: Connection, size: number): ReturnType<CallHandler> {
    if (this.#tls?.required !== true || connection.isSecure) return this.#table.answer(message, connection, size);
    const reply = new XdrWriter();
    const xid = message.type === 'call' ? message.header.xid : message.xid;
    // RFC 9289 §4.1: so that a client that can do more tries again with TLS.
    encodeRefusal(reply, xid, { status: 'auth error', reason: AuthStatus.tooWeak });
    this.#log.warn({ address: connection.remoteAddress }, 'A request was refused: without TLS none is taken.');
    return reply;
  }
}
