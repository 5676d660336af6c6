import { getCACertificates } from 'node:tls';
import type { Dispatcher } from 'undici';
import type { S3Connection } from '../../configuration.ts';
import { resolveAddress, type Address } from './address.ts';
import { Clock } from './clock.ts';
import { Credentials } from './credentials.ts';
import { openDispatcher, type TransportOptions } from './transport.ts';

/** One HTTP exchange with S3, for statistics. */
export interface S3Exchange {
  /** S3's name of the operation, `GetObject`. */
  readonly operation: string;
  /** 0 where no reply came. */
  readonly status: number;
  /** Bytes of the bodies. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** From sending to the reply's last byte. */
  readonly milliseconds: number;
}

export interface S3EndpointOptions extends TransportOptions {
  readonly observe?: ((exchange: S3Exchange) => void) | undefined;
  /** Milliseconds from a request to the reply's headers. */
  readonly headersTimeout?: number | undefined;
}

/** What all buckets of one connection share: sockets, credentials, and what was learnt about the server's clock. */
export class S3Endpoint {
  readonly connection: S3Connection;
  readonly dispatcher: Dispatcher;
  readonly credentials: Credentials;
  readonly clock = new Clock();
  readonly observe: ((exchange: S3Exchange) => void) | undefined;
  /** Milliseconds. */
  readonly headersTimeout: number;

  constructor(connection: S3Connection, options: S3EndpointOptions = {}) {
    this.connection = connection;
    this.credentials = new Credentials(connection);
    this.observe = options.observe;
    this.headersTimeout = options.headersTimeout ?? 30_000;
    const { proxy, certificateAuthorities } = connection;
    this.dispatcher = openDispatcher({ proxy, certificateAuthorities, ...options }, () => [
      ...getCACertificates('default'),
      ...getCACertificates('system'),
    ]);
  }

  /** @param found what was learnt from the server: the bucket's region, or that it needs path style */
  address(bucket: string | undefined, found: { region?: string; pathStyle?: boolean } = {}): Promise<Address> {
    const credentials = () => this.credentials.current();
    return resolveAddress({ connection: this.connection, bucket, credentials, ...found });
  }

  /** Breaks off what is still running. */
  async close(): Promise<void> {
    await this.dispatcher.destroy();
  }
}
