/** One HTTP exchange over undici: no signatures, no retries, no S3. */
import type { Readable } from 'node:stream';
import { Agent, EnvHttpProxyAgent, type Dispatcher } from 'undici';
import type { Headers } from './metadata.ts';
import { ResponseBody } from './response-body.ts';

export interface Exchange {
  readonly origin: string;
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Percent-encoded, with the query. */
  readonly path: string;
  /** `content-length` among them where the body is no Buffer. */
  readonly headers: Record<string, string>;
  readonly body?: Buffer | Iterable<Buffer> | Readable | undefined;
  /** Whether a body of a 2xx reply is handed out as it arrives; otherwise it is gathered. */
  readonly stream: boolean;
  /** Milliseconds from the request (or its last bytes) to the reply's headers. */
  readonly headersTimeout: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** Empty where `stream` is there. */
  readonly body: Buffer;
  readonly stream?: ResponseBody;
}

/** The exchange broke off; `cause` says how. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
  /** Whether any byte of a reply had arrived. */
  readonly replied: boolean;

  constructor(cause: Error, replied: boolean) {
    super(cause.message, { cause });
    this.replied = replied;
  }
}

/** The largest body that is gathered: a page of 1,000 keys of 1,024 bytes, percent-encoded, is 4 MiB. */
const gatherLimit = 32 * 1024 * 1024;

export interface TransportOptions {
  /** Milliseconds. */
  readonly connectTimeout?: number | undefined;
  /** Milliseconds without a byte of a reply's body. */
  readonly bodyTimeout?: number | undefined;
  /** Connections to one host at most. */
  readonly connections?: number | undefined;
  /** Certificates that count beside the system's, PEM. */
  readonly certificateAuthorities?: readonly string[] | undefined;
  /** `http://host:port`; '' for none. undefined: as HTTPS_PROXY, HTTP_PROXY and NO_PROXY say. */
  readonly proxy?: string | undefined;
}

/** @param systemAuthorities what `tls.getCACertificates('system')` and Node's own list hold; asked only when needed */
export function openDispatcher(options: TransportOptions, systemAuthorities: () => readonly string[]): Dispatcher {
  const tls = options.certificateAuthorities && { ca: [...systemAuthorities(), ...options.certificateAuthorities] };
  const connectTimeout = options.connectTimeout ?? 10_000;
  const agent = {
    connections: options.connections ?? 64,
    pipelining: 1,
    keepAliveTimeout: 15_000,
    bodyTimeout: options.bodyTimeout ?? 30_000,
    connectTimeout,
    connect: { timeout: connectTimeout, ...tls },
    allowH2: false,
  };
  const named = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'].some((name) => process.env[name]);
  // The proxying agent looks at every request's origin anew.
  if (options.proxy === '' || (options.proxy === undefined && !named)) return new Agent(agent);
  const proxied = { ...agent, ...(tls && { requestTls: tls, proxyTls: tls }) };
  if (options.proxy === undefined) return new EnvHttpProxyAgent(proxied);
  return new EnvHttpProxyAgent({ ...proxied, httpProxy: options.proxy, httpsProxy: options.proxy });
}

/**
 * @param onEnd called once, when the last byte of the reply is there or the exchange broke off
 * @throws ExchangeError, or the signal's reason where it was aborted
 */
export function exchange(
  dispatcher: Dispatcher,
  request: Exchange,
  onEnd: (status: number, bytesReceived: number) => void,
): Promise<Reply> {
  request.signal?.throwIfAborted();
  return new Promise<Reply>((resolve, reject) => {
    const { path, method, headers, origin, headersTimeout } = request;
    // HEAD: undici would close the connection after it, in fear of servers that send a body nevertheless.
    const options: Dispatcher.DispatchOptions = { path, method, headers, origin, headersTimeout, reset: false };
    // undici takes iterables, which its types leave out.
    if (request.body !== undefined) options.body = request.body as Buffer | Readable;
    dispatcher.dispatch(options, new ReplyHandler(request, resolve, reject, onEnd));
  });
}

class ReplyHandler implements Dispatcher.DispatchHandler {
  readonly #request: Exchange;
  readonly #resolve: (reply: Reply) => void;
  readonly #reject: (error: unknown) => void;
  readonly #onEnd: (status: number, bytesReceived: number) => void;
  #status = 0;
  #received = 0;
  #headers: Headers = {};
  #chunks: Buffer[] = [];
  #stream: ResponseBody | undefined;
  #stopListening: (() => void) | undefined;

  constructor(
    request: Exchange,
    resolve: (reply: Reply) => void,
    reject: (error: unknown) => void,
    onEnd: (status: number, bytesReceived: number) => void,
  ) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#onEnd = onEnd;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    const { signal } = this.#request;
    if (signal === undefined) return;
    if (signal.aborted) return controller.abort(new Error('aborted'));
    const abort = (): void => controller.abort(new Error('aborted'));
    this.#stopListening?.();
    signal.addEventListener('abort', abort, { once: true });
    this.#stopListening = () => signal.removeEventListener('abort', abort);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    if (!this.#request.stream || status >= 300) return;
    this.#stream = new ResponseBody(controller, lengthOf(headers));
    this.#resolve({ status, headers, body: empty, stream: this.#stream });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#received += chunk.length;
    if (this.#stream !== undefined) this.#stream.receive(chunk);
    else if (this.#received > gatherLimit) controller.abort(new Error(`a reply of more than ${gatherLimit} bytes`));
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#finish();
    if (this.#stream !== undefined) return this.#stream.complete();
    const [first] = this.#chunks;
    const body = first !== undefined && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
    this.#resolve({ status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#finish();
    const { signal } = this.#request;
    const reason: unknown = signal?.aborted === true ? signal.reason : new ExchangeError(error, this.#status !== 0);
    if (this.#stream !== undefined) this.#stream.fail(reason);
    else this.#reject(reason);
  }

  #finish(): void {
    this.#stopListening?.();
    this.#onEnd(this.#status, this.#received);
  }
}

const empty = Buffer.alloc(0);

function lengthOf(headers: Headers): number | undefined {
  const length = headers['content-length'];
  return typeof length === 'string' ? Number(length) : undefined;
}
