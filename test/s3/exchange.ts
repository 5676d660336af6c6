/** One request on its way through the proxy and its reply on the way back. */
import http from 'node:http';
import type { Socket } from 'node:net';
import { Transform, type Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { Fault, StruckFault } from './faults.ts';

export interface Exchange {
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
  readonly target: URL;
  readonly agent: http.Agent;
  /** Before the request is forwarded, in milliseconds. */
  readonly delay: number;
  readonly struck: StruckFault | undefined;
  /** Bytes of the body that the client sent, as on the wire (aws-chunked framing included). */
  readonly onBytesUp: (bytes: number) => void;
  /** Bytes of the body sent to the client. */
  readonly onBytesDown: (bytes: number) => void;
}

/** Where a body of unknown length is cut at the latest. */
const unknownLength = 65_536;

/** Carries the exchange out; its end is `response`'s `close`. */
export async function carryOut(exchange: Exchange): Promise<void> {
  const { response, struck, delay } = exchange;
  const fault = struck?.fault;
  const milliseconds = delay + (fault?.type === 'delay' ? fault.milliseconds : 0);
  if (milliseconds > 0) await wait(milliseconds);
  if (response.destroyed) return;
  switch (fault?.type) {
    case 'error':
      answerWithError(exchange, fault.status, fault.code);
      break;
    case 'error-inside-200':
      answerWithError(exchange, 200, fault.code);
      break;
    case 'reset':
      reset(response);
      break;
    case 'silence':
      break;
    case 'truncated-request':
      if (hasBody(exchange.request)) forward(exchange, fault);
      else reset(response);
      break;
    case 'delay':
    case 'lost-reply':
    case 'truncated-reply':
    case undefined:
      forward(exchange, fault);
      break;
  }
}

/** Closes the client's connection with RST rather than in order. */
export function reset(response: http.ServerResponse): void {
  if (response.socket === null) response.destroy();
  else resetConnection(response.socket);
}

/** With RST where the connection is TCP; Unix sockets, over which a lab's connections come, just end. */
export function resetConnection(connection: Socket): void {
  if (connection.remoteAddress === undefined) connection.destroy();
  else connection.resetAndDestroy();
}

function answerWithError({ request, response, onBytesDown }: Exchange, status: number, code: string): void {
  const body = Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${code}</Message></Error>`,
  );
  response.writeHead(status, { 'content-type': 'application/xml', 'content-length': body.length });
  if (request.method === 'HEAD') response.end();
  else {
    onBytesDown(body.length);
    response.end(body);
  }
}

function forward(exchange: Exchange, fault: Fault | undefined): void {
  const { request, response, target, agent } = exchange;
  const upstream = http.request({
    agent,
    host: target.hostname,
    port: target.port,
    method: request.method,
    path: request.url,
    headers: requestHeaders(request),
  });
  upstream.flushHeaders();
  upstream.on('continue', () => response.writeContinue());
  upstream.on('response', (reply) => {
    if (fault?.type === 'lost-reply') {
      // The server has finished once its reply is read whole.
      reply.resume();
      reply.on('close', () => reset(response));
    } else sendReply(exchange, reply, fault);
  });
  upstream.on('error', () => {
    if (!response.headersSent) reset(response);
  });
  // A server may answer and close before it has read the whole body: the rest is read here, so that the client gets the answer.
  upstream.on('close', () => request.unpipe().resume());
  response.on('close', () => {
    if (!response.writableFinished) upstream.destroy();
  });
  sendBody(exchange, upstream, fault);
}

function sendBody(exchange: Exchange, upstream: http.ClientRequest, fault: Fault | undefined): void {
  const { request, response, struck, onBytesUp } = exchange;
  request.on('data', (chunk: Buffer) => onBytesUp(chunk.length));
  if (fault?.type !== 'truncated-request' || struck === undefined) {
    request.pipe(upstream);
    return;
  }
  const cut = cutAfter(limitOf(request, struck.share), upstream, () => {
    upstream.destroy();
    reset(response);
  });
  request.pipe(cut).pipe(upstream);
}

function sendReply(exchange: Exchange, reply: http.IncomingMessage, fault: Fault | undefined): void {
  const { request, response, struck, onBytesDown } = exchange;
  response.sendDate = false;
  response.writeHead(reply.statusCode ?? 502, reply.statusMessage, withoutHopByHop(reply.rawHeaders));
  reply.on('close', () => {
    if (!reply.complete) response.destroy();
  });
  if (fault?.type === 'truncated-reply' && struck !== undefined) {
    if (request.method === 'HEAD' || reply.headers['content-length'] === '0') {
      reset(response);
      return;
    }
    const cut = cutAfter(limitOf(reply, struck.share), response, () => response.destroy());
    cut.on('data', (chunk: Buffer) => onBytesDown(chunk.length));
    reply.pipe(cut).pipe(response);
    return;
  }
  reply.on('data', (chunk: Buffer) => onBytesDown(chunk.length));
  reply.pipe(response);
}

/** Lets `limit` bytes through; once `destination` has handed them to the system, `onCut` is called, and nothing follows. */
function cutAfter(limit: number, destination: Writable, onCut: () => void): Transform {
  let left = limit;
  const breakOff = async (): Promise<void> => {
    while (destination.writableLength > 0 && !destination.destroyed) await wait(1);
    onCut();
  };
  const cut = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (left < chunk.length) {
        if (left > 0) this.push(chunk.subarray(0, left));
        // `done` is never called: the rest of the body stays where it is.
        setImmediate(() => void breakOff());
        return;
      }
      left -= chunk.length;
      done(null, chunk);
    },
    flush() {
      setImmediate(() => void breakOff());
    },
  });
  return cut;
}

/** Always at least one byte short of a body whose length is declared. */
function limitOf(message: http.IncomingMessage, share: number): number {
  const declared = message.headers['content-length'];
  return Math.floor(share * (declared === undefined ? unknownLength : Number(declared)));
}

function hasBody(request: http.IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  return encoding !== undefined || (length !== undefined && length !== '0');
}

/** As received, in order, case and number: Host and every signed header must reach the server unchanged. */
function requestHeaders(request: http.IncomingMessage): string[] {
  const headers = withoutHopByHop(request.rawHeaders);
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  if (encoding !== undefined) headers.push('Transfer-Encoding', encoding);
  // RFC 9112 §6.3: without either there is no body; said aloud, so that none is framed.
  else if (length === undefined) headers.push('Content-Length', '0');
  return headers;
}

/** RFC 9110 §7.6.1; both connections keep their own. */
const hopByHop = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'transfer-encoding', 'upgrade']);

function withoutHopByHop(rawHeaders: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (!hopByHop.has(name.toLowerCase())) kept.push(name, rawHeaders[index + 1] ?? '');
  }
  return kept;
}
