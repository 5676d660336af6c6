/** For tests: an HTTP server whose every answer is written in the test. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { s3Connection, type S3Connection } from '../../configuration.ts';
import { openS3Store } from './open.ts';
import type { S3EndpointOptions } from './endpoint.ts';
import type { S3Store, S3StoreOptions } from './s3-store.ts';

export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends the connection: before the answer, or when this many bytes of the body have been sent. */
  readonly breakAfter?: number;
}

export interface ScriptedServer {
  readonly requests: readonly ReceivedRequest[];
  readonly connection: S3Connection;
  open(options?: S3StoreOptions & S3EndpointOptions): Promise<S3Store>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** @param answer is given the requests in turn; 'silence': no answer at all */
export async function startScriptedServer(
  answer: (request: ReceivedRequest, index: number) => ScriptedAnswer | 'silence',
): Promise<ScriptedServer> {
  const requests: ReceivedRequest[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = (await buffer(request)).toString();
    const { method = '', url = '', headers } = request;
    const received = { method, url, headers, body };
    requests.push(received);
    const answered = answer(received, requests.length - 1);
    if (answered === 'silence') return;
    if (answered.breakAfter === 0) {
      request.socket.resetAndDestroy();
      return;
    }
    const text = answered.body ?? '';
    response.writeHead(answered.status ?? 200, { 'content-length': Buffer.byteLength(text), ...answered.headers });
    if (answered.breakAfter === undefined) response.end(method === 'HEAD' ? undefined : text);
    else response.write(text.slice(0, answered.breakAfter), () => request.socket.destroy());
  };
  const server = createServer((request, response) => void serve(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connection = s3Connection.parse({
    kind: 's3',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret-never-shown' },
  });
  const stores: S3Store[] = [];
  return {
    requests,
    connection,
    async open(options = {}) {
      const store = await openS3Store(connection, 'bucket', options);
      stores.push(store);
      return store;
    },
    async [Symbol.asyncDispose]() {
      for (const store of stores) await store.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

export const errorBody = (code: string, message = '', more = ''): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message>${more}</Error>`;
