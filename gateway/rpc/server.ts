/** The RPC server: one listener for all programs and versions. RFC 5531. */
import { createServer, type Server, type Socket } from 'node:net';
import type { Log } from '../log.ts';
import { Admission } from './admission.ts';
import { defaultConnectionLimits, type ConnectionLimits } from './connection-limits.ts';
import { Connection, plainAddress } from './connection.ts';
import type { RpcProgram } from './program.ts';
import { ProgramTable } from './program-table.ts';
import { RateLimitedLog } from './rate-limited-log.ts';

export interface RpcServerOptions {
  readonly programs: readonly RpcProgram[];
  readonly log: Log;
  /** Whether source ports above 1023 are served; the kernel's own client has a lower one. */
  readonly insecurePorts: boolean;
  /** Networks (CIDR) that are served beside loopback. */
  readonly allow: readonly string[];
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
  readonly #log: RateLimitedLog;
  #nextId = 1;

  /** @throws the system's error where `allow` is not addresses and networks */
  constructor({ programs, log, insecurePorts, allow, maxConnections = 1000, limits }: RpcServerOptions) {
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
      handle: (message, from, size) => this.#table.answer(message, from, size),
      onBroken: (error) => this.#log.warn({ address, error: error.message }, 'A connection was closed.'),
    });
    this.#connections.add(connection);
    connection.onClose(() => this.#connections.delete(connection));
    connection.expectRecord();
  }
}
