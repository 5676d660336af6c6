/** Small servers that are wrong in one way each. */
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import * as certificates from './certificates.ts';

export type CertificateName = Exclude<keyof typeof certificates, 'key' | 'authority'>;

/** @returns the port of 127.0.0.1 that it listens on, until the test is over */
async function listen(server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket) => sockets.add(socket.on('close', () => sockets.delete(socket))));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

const forbid: http.RequestListener = (_request, response) => response.writeHead(403).end();

export const secureServer = (certificate: CertificateName, answer: http.RequestListener = forbid): Promise<number> =>
  listen(https.createServer({ cert: certificates[certificate], key: certificates.key }, answer));

export const plainServer = (answer: http.RequestListener = forbid): Promise<number> =>
  listen(http.createServer(answer));

/** Greets as mail servers do, and speaks no HTTP. */
export const mailServer = (): Promise<number> =>
  listen(net.createServer((socket) => socket.on('error', () => undefined).write('220 mail ready\r\n')));

export async function closedPort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface Proxy {
  readonly url: string;
  /** What it was asked for. */
  readonly asked: readonly string[];
}

/** @param refusal the status with which it refuses; undefined: it lets through whom `authorization` fits */
export async function startProxy(refusal?: number, authorization?: string): Promise<Proxy> {
  const asked: string[] = [];
  const isAdmitted = ({ headers }: http.IncomingMessage): boolean =>
    authorization === undefined || headers['proxy-authorization'] === authorization;
  const server = http.createServer((request, response) => {
    asked.push(`GET ${request.url ?? ''}`);
    const status = refusal ?? (isAdmitted(request) ? undefined : 407);
    if (status !== undefined) {
      response.writeHead(status).end();
      return;
    }
    const { hostname, port, pathname, search } = new URL(request.url ?? '');
    const { method, headers } = request;
    const passed = http.request({ hostname, port, method, path: pathname + search, headers }, (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(response);
    });
    passed.on('error', () => response.writeHead(502).end());
    request.pipe(passed);
  });
  server.on('connect', (request, client: net.Socket) => {
    asked.push(`CONNECT ${request.url ?? ''}`);
    const status = refusal ?? (isAdmitted(request) ? undefined : 407);
    if (status !== undefined) {
      client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      return;
    }
    const { hostname, port } = new URL(`http://${request.url ?? ''}`);
    const target = net.connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      target.pipe(client).pipe(target);
    });
    target.on('error', () => client.destroy());
    client.on('error', () => target.destroy());
  });
  return { url: `http://127.0.0.1:${await listen(server)}`, asked };
}
