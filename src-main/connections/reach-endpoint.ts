/** Whether an endpoint answers, before any key is shown to it: name, connection, proxy, TLS and HTTP, each with its remedy. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import tls from 'node:tls';
import { ProblemError } from '../api/problem.ts';
import { explainCertificate } from './explain-certificate.ts';
import { readHead, type HttpHead } from './http-head.ts';
import { openSocket, placeOf, proxyAuthorization, proxyRefusal, trusting, type Way } from './open-socket.ts';

/** @returns the head of its answer to an unsigned request @throws ProblemError dns, unreachable, proxy, tls */
export async function reachEndpoint(way: Way): Promise<HttpHead> {
  return way.endpoint.protocol === 'https:' ? reachSecure(way) : reachPlain(way);
}

async function reachSecure(way: Way): Promise<HttpHead> {
  const { endpoint } = way;
  const { socket, failure } = await handshake(way);
  if (socket === undefined) {
    if (await speaksPlainHttp(way))
      throw ProblemError.of(
        'tls',
        `${placeOf(endpoint)} speaks http, not https.`,
        `Write the address as http://${endpoint.host}, or give the port on which it speaks https.`,
        { field: 'endpoint' },
      );
    throw ProblemError.of(
      'tls',
      `No secure connection to ${placeOf(endpoint)} could be made (${failure}).`,
      'Check that the service is on this port, and that nothing on the way (a proxy, security software) opens secure connections.',
      { field: 'endpoint' },
    );
  }
  try {
    if (!socket.authorized) throw explainCertificate(endpoint, socket);
    const head = await ask(socket, '/', endpoint.host, way.timeLimit);
    if (head === undefined) throw noHttp(endpoint);
    return head;
  } finally {
    socket.destroy();
  }
}

async function reachPlain(way: Way): Promise<HttpHead> {
  const { endpoint, proxy } = way;
  const socket = await openSocket(way);
  let head: HttpHead | undefined;
  try {
    head =
      proxy === undefined
        ? await ask(socket, '/', endpoint.host, way.timeLimit)
        : await ask(socket, `${endpoint.origin}/`, endpoint.host, way.timeLimit, proxyAuthorization(proxy));
  } finally {
    socket.destroy();
  }
  // Proxies that cannot or will not say so with these; S3 answers an unsigned request with 403.
  if (proxy !== undefined && (head === undefined || [407, 502, 503, 504].includes(head.status)))
    throw proxyRefusal(proxy, placeOf(endpoint), head?.status);
  // Servers of https answer plain http with 400, with an alert of TLS, or not at all.
  if ((head === undefined || head.status === 400) && proxy === undefined && (await speaksTls(way)))
    throw ProblemError.of(
      'tls',
      `${placeOf(endpoint)} speaks https, not http.`,
      `Write the address as https://${endpoint.host}.`,
      { field: 'endpoint' },
    );
  if (head === undefined) throw noHttp(endpoint);
  return head;
}

function noHttp(endpoint: URL): ProblemError {
  return ProblemError.of(
    'unreachable',
    `What listens at ${placeOf(endpoint)} does not speak HTTP.`,
    'Check the port: S3 is on another one.',
    { field: 'endpoint' },
  );
}

async function ask(
  socket: Socket,
  target: string,
  host: string,
  timeLimit: number,
  more = '',
): Promise<HttpHead | undefined> {
  socket.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${more}User-Agent: windlass\r\nConnection: close\r\n\r\n`);
  return readHead(socket, timeLimit);
}

type Handshake =
  | { readonly socket: tls.TLSSocket; readonly failure?: undefined }
  | { readonly socket?: undefined; readonly failure: string };

/** Without judging the certificate: what is wrong with it is told better with it at hand. Nothing secret is sent. */
async function handshake(way: Way): Promise<Handshake> {
  const { endpoint, authorities, timeLimit } = way;
  const host = endpoint.hostname.replace(/^\[|\]$/g, '');
  const socket = tls.connect({
    socket: await openSocket(way),
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...trusting(authorities),
    rejectUnauthorized: false,
  });
  socket.on('error', () => undefined);
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(timeLimit) });
    return { socket };
  } catch (error) {
    socket.destroy();
    const { code, message } = error as NodeJS.ErrnoException;
    return { failure: code ?? message };
  }
}

async function speaksPlainHttp(way: Way): Promise<boolean> {
  const { endpoint, timeLimit } = way;
  const socket = await openSocket(way);
  try {
    return (await ask(socket, '/', endpoint.host, timeLimit)) !== undefined;
  } finally {
    socket.destroy();
  }
}

async function speaksTls(way: Way): Promise<boolean> {
  const { socket } = await handshake(way);
  socket?.destroy();
  return socket !== undefined;
}
