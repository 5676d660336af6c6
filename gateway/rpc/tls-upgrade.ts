/** TLS on a connection that has begun without: RPC-with-TLS, RFC 9289 §5. */
import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { Server as TlsServer, type TLSSocket, type TlsOptions } from 'node:tls';

export interface TlsConfiguration {
  /** PEM, the server's own first. */
  readonly certificate: string;
  /** PEM, without a passphrase. */
  readonly key: string;
  /** PEM of who signs clients' certificates; undefined: clients need none. */
  readonly clientCa?: string | undefined;
  /** Whether requests outside TLS are refused. */
  readonly required: boolean;
}

export class TlsConfigurationError extends Error {
  override readonly name = 'TlsConfigurationError';

  constructor(options?: ErrorOptions) {
    super(
      'The TLS certificate and key cannot be used: give both as PEM, the key without a passphrase and belonging to the certificate.',
      options,
    );
  }
}

/** RFC 9289 §4.2 */
const protocol = 'sunrpc';

/** Milliseconds. */
const handshakeTimeout = 30_000;

interface Waiting {
  readonly resolve: (socket: TLSSocket) => void;
  readonly reject: (error: Error) => void;
}

export class TlsUpgrade {
  readonly required: boolean;
  /** Never listens: it is handed sockets. */
  readonly #server: TlsServer;
  /** By the address and port of the client. */
  readonly #waiting = new Map<string, Waiting>();

  /** @throws TlsConfigurationError */
  constructor({ certificate, key, clientCa, required }: TlsConfiguration) {
    this.required = required;
    const options: TlsOptions = {
      cert: certificate,
      key,
      // RFC 9289 §5: nothing older.
      minVersion: 'TLSv1.3',
      ALPNProtocols: [protocol],
      handshakeTimeout,
      ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }),
    };
    try {
      this.#server = new TlsServer(options);
    } catch (cause) {
      throw new TlsConfigurationError({ cause });
    }
    this.#server.on('secureConnection', (socket) => this.#secured(socket));
    this.#server.on('tlsClientError', (error, socket) => this.#failed(error, socket));
  }

  /**
   * Rejects where the handshake fails or takes longer than 30 s, and destroys the socket.
   * @param socket nobody listens to it or reads from it any more
   */
  upgrade(socket: Socket): Promise<TLSSocket> {
    const name = nameOf(socket);
    return new Promise<TLSSocket>((resolve, reject) => {
      this.#waiting.set(name, { resolve, reject });
      socket.once('close', () => reject(new Error('the connection ended before TLS began')));
      // It becomes the TLS server's as one does that it has accepted.
      const server: EventEmitter = this.#server;
      server.emit('connection', socket);
    }).finally(() => this.#waiting.delete(name));
  }

  #secured(socket: TLSSocket): void {
    const waiting = this.#waiting.get(nameOf(socket));
    // RFC 9289 §4.2: a client that does not say that it is about RPC is none.
    if (waiting === undefined || socket.alpnProtocol !== protocol) {
      socket.destroy();
      waiting?.reject(new Error('the TLS handshake does not name sunrpc'));
    } else waiting.resolve(socket);
  }

  #failed(error: Error, socket: TLSSocket): void {
    this.#waiting.get(nameOf(socket))?.reject(error);
    socket.destroy();
  }
}

function nameOf({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>): string {
  return `${remoteAddress ?? ''} ${remotePort ?? 0}`;
}
