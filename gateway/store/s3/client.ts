import type { Body } from '../object-store.ts';
import type { Address } from './address.ts';
import { isClosedConnection, networkCode, unavailable } from './broken-exchange.ts';
import type { AwsCredentials } from './credentials.ts';
import type { S3Endpoint } from './endpoint.ts';
import { header } from './metadata.ts';
import { encodeKey, encodeQueryComponent } from './percent-encoding.ts';
import type { S3Refusal } from './refusal.ts';
import { refuse, type Subject } from './refusal.ts';
import { bodySize, openBody, payloadHash } from './request-body.ts';
import { Signer } from './signer.ts';
import { ExchangeError, exchange, type Exchange, type Reply } from './transport.ts';
import { childText, parseXml } from './xml.ts';

export interface S3Request {
  /** S3's name of the operation, for messages and statistics. */
  readonly operation: string;
  readonly method: Exchange['method'];
  /** undefined: the bucket itself. */
  readonly key?: string | undefined;
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Body | undefined;
  readonly stream?: boolean;
  /** Whether the server may work for minutes before it answers. */
  readonly slow?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Milliseconds for the operations in which servers copy gigabytes before the reply's first byte. */
const slowTimeout = 600_000;

/** What may be put right within one request, each thing once. */
type Remedy = 'clock' | 'region' | 'credentials' | 'connection' | 'payload' | 'pathStyle';

interface Attempt {
  readonly request: S3Request;
  readonly address: Address;
  readonly credentials: AwsCredentials;
}

/**
 * Signed requests to one bucket. Puts right by itself, and at once, what is free of meaning: a wrong clock, a bucket in
 * another region, an expired token, a connection that the server had closed. All else is the caller's to retry.
 */
export class S3Client {
  readonly bucket: string | undefined;
  readonly #endpoint: S3Endpoint;
  #found: { region?: string; pathStyle?: boolean } = {};
  #place: Promise<{ address: Address; signer: Signer }> | undefined;
  #hashRequired = false;

  constructor(endpoint: S3Endpoint, bucket: string | undefined) {
    this.#endpoint = endpoint;
    this.bucket = bucket;
  }

  async address(): Promise<Address> {
    return (await this.#resolve()).address;
  }

  /** Milliseconds since the epoch, by the server's clock as far as it is known. */
  now(): number {
    return this.#endpoint.clock.now();
  }

  /**
   * @returns a reply with a status of 2xx
   * @throws S3Refusal for every other status, StoreError Unavailable where the network failed, what the body's own
   *   stream failed with, or the signal's reason
   */
  async send(request: S3Request): Promise<Reply> {
    const tried = new Set<Remedy>();
    for (;;) {
      const { address, signer } = await this.#resolve();
      const attempt = { request, address, credentials: await this.#endpoint.credentials.current() };
      let remedy: Remedy | undefined;
      let failure: unknown;
      try {
        const reply = await this.#exchange(attempt, signer);
        if (reply.status < 300) return reply;
        const refusal = this.#refusalOf(attempt, reply);
        refusal.repeated = tried.has('connection');
        failure = refusal;
        remedy = await this.#afterRefusal(attempt, refusal, reply);
      } catch (error) {
        failure = error instanceof ExchangeError ? unavailable(this.#subject(attempt), error.cause) : error;
        if (error instanceof ExchangeError) remedy = this.#afterBreak(attempt, error);
      }
      if (remedy === undefined || tried.has(remedy)) throw failure;
      tried.add(remedy);
    }
  }

  async #exchange({ request, address }: Attempt, signer: Signer): Promise<Reply> {
    const endpoint = this.#endpoint;
    const secure = address.origin.startsWith('https:');
    const path = pathOf(address, request.key);
    const query = request.query ?? {};
    const body = request.body;
    const size = bodySize(body);
    const headers = await signer.sign(
      {
        method: request.method,
        path,
        query,
        headers: {
          ...request.headers,
          host: address.host,
          'x-amz-content-sha256': await payloadHash(body, secure, this.#hashRequired),
        },
      },
      endpoint.clock.now(),
    );
    // undici writes the length of Buffers itself.
    const opened = openBody(body);
    if (opened !== undefined && !Buffer.isBuffer(opened)) headers['content-length'] = String(size);
    const begun = performance.now();
    let bodyError: Error | undefined;
    if (opened !== undefined && 'once' in opened) opened.once('error', (error: Error) => (bodyError = error));
    try {
      const reply = await exchange(
        endpoint.dispatcher,
        {
          origin: address.origin,
          method: request.method,
          path: withQuery(path, query),
          headers,
          body: opened,
          stream: request.stream === true,
          headersTimeout: request.slow === true ? slowTimeout : endpoint.headersTimeout,
          signal: request.signal,
        },
        (status, bytesReceived) =>
          endpoint.observe?.({
            operation: request.operation,
            status,
            bytesSent: size,
            bytesReceived,
            milliseconds: performance.now() - begun,
          }),
      );
      if (reply.stream !== undefined) {
        const subject = this.#subject({ request, address });
        reply.stream.explain = (error) =>
          error === request.signal?.reason && error instanceof Error
            ? error
            : unavailable(subject, error instanceof ExchangeError ? error.cause : error);
      }
      return reply;
    } catch (error) {
      // The file that was being uploaded could not be read: not the network's fault.
      throw bodyError !== undefined && error instanceof ExchangeError && error.cause === bodyError ? bodyError : error;
    }
  }

  #refusalOf(attempt: Attempt, reply: Reply): S3Refusal {
    const root = reply.body.length > 0 ? parseXml(reply.body)?.root : undefined;
    const s3Code = childText(root, 'Code') ?? '';
    const message = childText(root, 'Message') ?? '';
    // Some servers name it in their sentence alone, which AWS's begins with.
    const named =
      s3Code === 'AuthorizationHeaderMalformed' ? /expecting '([A-Za-z0-9-]+)'/.exec(message)?.[1] : undefined;
    const region = header(reply.headers, 'x-amz-bucket-region') ?? childText(root, 'Region') ?? named;
    const refusal = { status: reply.status, s3Code, region: region === '' ? named : region };
    return refuse(this.#subject(attempt), refusal, message);
  }

  /** @returns what has been put right, so that the request may be sent again */
  async #afterRefusal(attempt: Attempt, refusal: S3Refusal, reply: Reply): Promise<Remedy | undefined> {
    const { status, s3Code, region } = refusal;
    const { clock, credentials } = this.#endpoint;
    if (status !== 301 && status !== 307 && status !== 400 && status !== 401 && status !== 403) return undefined;
    if (region !== undefined && region !== attempt.address.region && mayBeElsewhere(status, s3Code)) {
      this.#found = { ...this.#found, region };
      this.#place = undefined;
      return 'region';
    }
    if (status === 301 || status === 307) return undefined;
    if (clock.learn(header(reply.headers, 'date'))) return 'clock';
    if (s3Code === 'XAmzContentSHA256Mismatch' && !this.#hashRequired) {
      this.#hashRequired = true;
      return 'payload';
    }
    // HEAD does not say why: it may be the token.
    const maybeToken = refusal.code === 'Unauthenticated' || (s3Code === '' && attempt.credentials.sessionToken);
    if (maybeToken && (await credentials.renew(attempt.credentials))) return 'credentials';
    return undefined;
  }

  #afterBreak({ request, address }: Attempt, error: ExchangeError): Remedy | undefined {
    if (request.signal?.aborted === true) return undefined;
    const { endpoint } = this.#endpoint.connection;
    if (networkCode(error.cause) === 'ENOTFOUND' && endpoint !== undefined && this.bucket !== undefined) {
      // A server that has no names for its buckets; they have paths.
      if (address.basePath.endsWith(`/${this.bucket}`) || new URL(endpoint).host === address.host) return undefined;
      this.#found = { ...this.#found, pathStyle: true };
      this.#place = undefined;
      return 'pathStyle';
    }
    const repeatable = request.body === undefined || Buffer.isBuffer(request.body);
    return repeatable && !error.replied && isClosedConnection(error.cause) ? 'connection' : undefined;
  }

  #subject({ request, address }: Pick<Attempt, 'request' | 'address'>): Subject {
    return { operation: request.operation, bucket: this.bucket, key: request.key, origin: address.origin };
  }

  #resolve(): Promise<{ address: Address; signer: Signer }> {
    this.#place ??= this.#endpoint.address(this.bucket, this.#found).then(
      (address) => ({ address, signer: new Signer(address, () => this.#endpoint.credentials.current()) }),
      (error: unknown) => {
        this.#place = undefined;
        throw error;
      },
    );
    return this.#place;
  }
}

/** Replies that name a region although the request was meant for another reason are left alone. */
function mayBeElsewhere(status: number, s3Code: string): boolean {
  return (
    status === 301 ||
    status === 307 ||
    ['', 'AuthorizationHeaderMalformed', 'IllegalLocationConstraintException', 'PermanentRedirect'].includes(s3Code)
  );
}

function pathOf(address: Address, key: string | undefined): string {
  if (key !== undefined) return `${address.basePath}/${encodeKey(key)}`;
  return address.basePath === '' ? '/' : address.basePath;
}

function withQuery(path: string, query: Readonly<Record<string, string>>): string {
  const parameters = Object.entries(query).map(
    ([name, value]) => `${encodeQueryComponent(name)}=${encodeQueryComponent(value)}`,
  );
  return parameters.length === 0 ? path : `${path}?${parameters.join('&')}`;
}
