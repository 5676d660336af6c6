/** An HTTP proxy in front of an S3 server: passes everything through unchanged, counts it, and on demand delays and breaks it. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { carryOut, reset, resetConnection } from './exchange.ts';
import { FaultPlan, type Fault, type Faults } from './faults.ts';
import { classifyRequest, type ClassifiedRequest } from './request-kind.ts';

export interface ProxyOptions {
  /** The server: `http://host:port`. Clients address buckets path-style and sign for the proxy's own host and port. */
  readonly target: string;
  /** Added to every request before it is forwarded; 0 by default. */
  readonly latencyMilliseconds?: number;
  readonly faults?: Faults;
  /** Decides which requests the faults strike; 0 by default. */
  readonly seed?: number;
  /** 127.0.0.1 by default. */
  readonly address?: string;
  /** 0, the default: a free one. */
  readonly port?: number;
  /** Called when an exchange has ended, in whatever way. */
  readonly onExchange?: ((record: ExchangeRecord) => void) | undefined;
}

export interface ExchangeRecord extends ClassifiedRequest {
  /** As sent to the client; undefined: the connection broke before. */
  readonly status: number | undefined;
  /** The fault that struck. */
  readonly fault: Fault['type'] | undefined;
  /** Of the bodies, in bytes. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** From the request's headers. */
  readonly range: string | undefined;
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  /** Milliseconds of `performance.now()`. */
  readonly started: number;
  readonly ended: number;
}

export interface Counts {
  /** Requests since the last reset, at their arrival, those that met a fault included. */
  readonly total: number;
  readonly byKind: Readonly<Record<string, number>>;
  /** Of the bodies, in bytes. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Requests that met a fault. */
  readonly faults: number;
}

export interface Proxy {
  /** `http://address:port`, for clients. */
  readonly endpoint: string;
  counts(): Counts;
  /** Sets the counts to nothing; faults and latency stay. */
  reset(): void;
  /** Serves a connection that came by another way than the endpoint's port, from another network for example. */
  accept(connection: Socket): void;
  /** Milliseconds since the last exchange ended; 0 while one runs, since the start where none ever ran. */
  idleMilliseconds(): number;
  /** Replaces the faults and starts their seed over; requests held in silence are reset. */
  setFaults(faults: Faults): Promise<void>;
  stop(): Promise<void>;
}

/** @throws RangeError where the target is not plain HTTP. */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const target = new URL(options.target);
  if (target.protocol !== 'http:') throw new RangeError(`The proxy speaks plain HTTP only, not ${options.target}`);
  const proxy = new CountingProxy(options, target);
  await proxy.listen();
  if (options.faults?.outage === true) await proxy.setFaults(options.faults);
  return proxy;
}

/** Free connections to the server end before servers' own limits, so that none is closed under a new request. */
const freeSocketMilliseconds = 1_000;

class CountingProxy implements Proxy {
  readonly #options: ProxyOptions;
  readonly #target: URL;
  readonly #server: http.Server;
  readonly #agent = new http.Agent({ keepAlive: true, timeout: freeSocketMilliseconds });
  readonly #silent = new Set<http.ServerResponse>();
  #address: AddressInfo | undefined;
  #plan: FaultPlan;
  #byKind = new Map<string, number>();
  #bytesUp = 0;
  #bytesDown = 0;
  #faults = 0;
  #running = 0;
  #idleSince = performance.now();

  constructor(options: ProxyOptions, target: URL) {
    this.#options = options;
    this.#target = target;
    this.#plan = new FaultPlan(options.seed ?? 0, options.faults ?? {});
    this.#server = http.createServer({ requestTimeout: 0, keepAliveTimeout: 60_000, maxHeaderSize: 65_536 });
    const serve = (request: http.IncomingMessage, response: http.ServerResponse): void =>
      this.#serve(request, response);
    this.#server.on('request', serve).on('checkContinue', serve);
  }

  get endpoint(): string {
    return `http://${this.#address?.address}:${this.#address?.port}`;
  }

  async listen(): Promise<void> {
    const { address = '127.0.0.1', port = 0 } = this.#options;
    this.#server.listen(this.#address?.port ?? port, address);
    await once(this.#server, 'listening');
    this.#address = this.#server.address() as AddressInfo;
  }

  counts(): Counts {
    const byKind = Object.fromEntries([...this.#byKind].toSorted(([a], [b]) => (a < b ? -1 : 1)));
    const total = [...this.#byKind.values()].reduce((sum, count) => sum + count, 0);
    return { total, byKind, bytesUp: this.#bytesUp, bytesDown: this.#bytesDown, faults: this.#faults };
  }

  reset(): void {
    this.#byKind = new Map();
    this.#bytesUp = 0;
    this.#bytesDown = 0;
    this.#faults = 0;
  }

  accept(connection: Socket): void {
    if (this.#server.listening) this.#server.emit('connection', connection);
    else resetConnection(connection);
  }

  idleMilliseconds(): number {
    return this.#running > 0 ? 0 : performance.now() - this.#idleSince;
  }

  async setFaults(faults: Faults): Promise<void> {
    this.#plan = new FaultPlan(this.#options.seed ?? 0, faults);
    for (const response of this.#silent) reset(response);
    const outage = faults.outage ?? false;
    if (outage && this.#server.listening) await this.#close();
    else if (!outage && !this.#server.listening) await this.listen();
  }

  async stop(): Promise<void> {
    if (this.#server.listening) await this.#close();
    this.#agent.destroy();
  }

  async #close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #serve(request: http.IncomingMessage, response: http.ServerResponse): void {
    const isCopy = request.headers['x-amz-copy-source'] !== undefined;
    const classified = classifyRequest(request.method ?? '', request.url ?? '', isCopy);
    const struck = this.#plan.next(classified);
    const started = performance.now();
    let [bytesUp, bytesDown] = [0, 0];
    this.#running += 1;
    this.#byKind.set(classified.kind, (this.#byKind.get(classified.kind) ?? 0) + 1);
    if (struck !== undefined) this.#faults += 1;
    if (struck?.fault.type === 'silence') this.#silent.add(response);
    response.on('close', () => {
      this.#silent.delete(response);
      this.#running -= 1;
      this.#idleSince = performance.now();
      this.#options.onExchange?.({
        ...classified,
        status: response.headersSent ? response.statusCode : undefined,
        fault: struck?.fault.type,
        bytesUp,
        bytesDown,
        range: request.headers.range,
        ifMatch: request.headers['if-match'],
        ifNoneMatch: request.headers['if-none-match'],
        started,
        ended: this.#idleSince,
      });
    });
    // The client's own breaking off is seen as the response's `close`.
    request.on('error', () => undefined);
    void carryOut({
      request,
      response,
      target: this.#target,
      agent: this.#agent,
      delay: this.#options.latencyMilliseconds ?? 0,
      struck,
      onBytesUp: (bytes) => {
        bytesUp += bytes;
        this.#bytesUp += bytes;
      },
      onBytesDown: (bytes) => {
        bytesDown += bytes;
        this.#bytesDown += bytes;
      },
    });
  }
}
