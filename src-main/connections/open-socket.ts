/** A connection to an endpoint's host, straight or through a proxy; what goes wrong is told in words. */
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { ProblemError } from '../api/problem.ts';
import { readHead } from './http-head.ts';

export interface Way {
  readonly endpoint: URL;
  readonly proxy: URL | undefined;
  /** PEM texts that count beside the system's. */
  readonly authorities: readonly string[];
  /** Milliseconds for each step. */
  readonly timeLimit: number;
}

export function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}

/** `host:port` as it is said to users. */
export function placeOf(url: URL): string {
  return `${url.hostname}:${portOf(url)}`;
}

/** A socket whose other end is the endpoint's port. @throws ProblemError dns, unreachable, proxy */
export async function openSocket(way: Way): Promise<net.Socket> {
  const { endpoint, proxy, timeLimit } = way;
  if (proxy === undefined) return dial(endpoint, timeLimit, endpointFailure);
  const socket = await openProxy(way, proxy);
  // Plain HTTP is asked of the proxy itself; only TLS needs a tunnel.
  return endpoint.protocol === 'https:' ? tunnel(socket, way, proxy) : socket;
}

/** Tells apart what kinds of failures of a connection there are. */
type Explain = (url: URL, code: string, cause: unknown) => ProblemError;

async function dial(url: URL, timeLimit: number, explain: Explain): Promise<net.Socket> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  try {
    await lookup(host);
  } catch (cause) {
    throw explain(url, (cause as NodeJS.ErrnoException).code ?? '', cause);
  }
  const socket = net.connect({ host, port: portOf(url), autoSelectFamily: true });
  // Whoever uses it meets its errors in what they wait for.
  socket.on('error', () => undefined);
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(timeLimit) });
    return socket;
  } catch (cause) {
    socket.destroy();
    throw explain(url, codeOf(cause), cause);
  }
}

function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  const { name, code } = error as NodeJS.ErrnoException;
  return name === 'AbortError' || name === 'TimeoutError' ? 'ETIMEDOUT' : (code ?? '');
}

const endpointFailure: Explain = (url, code, cause) => {
  const more = { field: 'endpoint', cause };
  switch (code) {
    case 'ENOTFOUND':
      return ProblemError.of(
        'dns',
        `Nobody knows a host of the name ${url.hostname}.`,
        'Check how the address is spelled; a name inside a company may need its VPN.',
        more,
      );
    case 'EAI_AGAIN':
      return ProblemError.of(
        'dns',
        `The name ${url.hostname} could not be looked up: no name server answers.`,
        'Check the network of this machine.',
        more,
      );
    case 'ECONNREFUSED':
      return ProblemError.of(
        'unreachable',
        `Nothing listens at ${placeOf(url)}: the connection was refused.`,
        'Check that the service runs, and its port.',
        more,
      );
    default:
      return ProblemError.of(
        'unreachable',
        `${placeOf(url)} cannot be reached${code === '' ? '' : ` (${code})`}.`,
        'Check the network, a firewall on the way, and whether a proxy is needed (--proxy).',
        more,
      );
  }
};

const proxyFailure: Explain = (url, code, cause) =>
  ProblemError.of(
    'proxy',
    code === 'ENOTFOUND' || code === 'EAI_AGAIN'
      ? `The proxy ${url.hostname} is a name that nobody knows.`
      : `The proxy ${placeOf(url)} does not answer${code === '' ? '' : ` (${code})`}.`,
    'Correct --proxy or HTTPS_PROXY, or name the endpoint’s host in NO_PROXY where it needs none.',
    { field: 'proxy', cause },
  );

async function openProxy({ timeLimit, authorities }: Way, proxy: URL): Promise<net.Socket> {
  const socket = await dial(proxy, timeLimit, proxyFailure);
  if (proxy.protocol !== 'https:') return socket;
  const secured = tls.connect({ socket, servername: proxy.hostname, ...trusting(authorities) });
  secured.on('error', () => undefined);
  try {
    await once(secured, 'secureConnect', { signal: AbortSignal.timeout(timeLimit) });
    return secured;
  } catch (cause) {
    socket.destroy();
    throw proxyFailure(proxy, codeOf(cause), cause);
  }
}

/** RFC 9110 §9.3.6. */
async function tunnel(socket: net.Socket, { endpoint, timeLimit }: Way, proxy: URL): Promise<net.Socket> {
  const place = placeOf(endpoint);
  socket.write(`CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n${proxyAuthorization(proxy)}\r\n`);
  const head = await readHead(socket, timeLimit);
  if (head !== undefined && head.status >= 200 && head.status < 300) return socket;
  socket.destroy();
  throw proxyRefusal(proxy, place, head?.status);
}

/** @param status undefined: what came was no HTTP */
export function proxyRefusal(proxy: URL, place: string, status: number | undefined): ProblemError {
  const more = { field: 'proxy' };
  if (status === 407)
    return ProblemError.of(
      'proxy',
      `The proxy ${placeOf(proxy)} wants a user name and a password${proxy.username === '' ? '' : ', and does not accept those that it got'}.`,
      'Write them into its address: http://USER:PASSWORD@HOST:PORT.',
      more,
    );
  if (status === undefined)
    return ProblemError.of(
      'proxy',
      `What answers at ${placeOf(proxy)} is no HTTP proxy.`,
      'Correct --proxy or HTTPS_PROXY.',
      more,
    );
  return ProblemError.of(
    'proxy',
    `The proxy ${placeOf(proxy)} does not let this machine connect to ${place} (HTTP ${status}).`,
    'Ask whoever runs it to allow that host, or name the host in NO_PROXY where it can be reached without.',
    more,
  );
}

export function proxyAuthorization({ username, password }: URL): string {
  if (username === '') return '';
  const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Proxy-Authorization: Basic ${Buffer.from(plain).toString('base64')}\r\n`;
}

/** Node's own list, the system's, and what the connection adds, as the gateway trusts them. */
export function trusting(authorities: readonly string[]): { readonly ca: string[] } | Record<string, never> {
  if (authorities.length === 0) return {};
  return { ca: [...tls.getCACertificates('default'), ...tls.getCACertificates('system'), ...authorities] };
}
