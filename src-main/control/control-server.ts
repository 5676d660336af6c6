/** Serves the API as HTTP with JSON: on the control socket, and wherever else a listener admits requests to it. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { Event } from '../api/events.ts';
import { ProblemError, type Problem } from '../api/problem.ts';
import type { Handlers } from '../api/routes.ts';
import { matchRoute, type Match } from './route-table.ts';

export interface ControlParts {
  readonly handlers: Handlers;
  /** @returns what ends the subscription */
  readonly subscribe: (listener: (event: Event) => void) => () => void;
  /** What nobody expected; never told to the client. */
  readonly onDefect: (error: unknown) => void;
}

/** Bytes of a request's body. */
const maxBody = 1024 * 1024;

/** Bytes of events that a client has not taken; then it has lost the thread and is let go. */
const maxBacklog = 4 * 1024 * 1024;

/** Milliseconds between signs of life on a stream of events. */
const heartbeat = 15_000;

export function controlListener(parts: ControlParts): RequestListener {
  return (request, response) => {
    // A client that goes away ends its own request and nothing else.
    response.on('error', () => request.destroy());
    void answer(parts, request, response);
  };
}

async function answer(parts: ControlParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const [path = ''] = (request.url ?? '').split('?', 1);
    if (request.method === 'GET' && path === '/v1/events') {
      streamEvents(parts, response);
      return;
    }
    const match = matchRoute(request.method ?? '', path);
    if (match === undefined)
      throw ProblemError.of('not-found', `There is no ${path} here.`, 'docs/control-api.md has all paths.');
    if ('allowed' in match) {
      response.setHeader('allow', match.allowed.join(', '));
      throw ProblemError.of('invalid', `${path} takes ${match.allowed.join(', ')}.`, 'Use another method.');
    }
    const input = { ...check(match.route.parameters, match.parameters), ...(await bodyOf(match, request)) };
    // The table gives every handler just the input that its own schemas describe.
    const handler = parts.handlers[match.name] as (input: unknown) => Promise<unknown>;
    const result = match.route.response.parse(await handler(input));
    send(response, 200, 'application/json', result);
  } catch (error) {
    sendProblem(response, error, parts.onDefect);
  }
}

async function bodyOf({ route }: Match, request: IncomingMessage): Promise<{ readonly body?: unknown }> {
  const text = await readBody(request);
  if (route.body === undefined) return {};
  let value: unknown;
  try {
    value = text === '' ? {} : JSON.parse(text);
  } catch (cause) {
    throw ProblemError.of('invalid', 'The body is not JSON.', 'Send it as application/json.', { cause });
  }
  return { body: check(route.body, value) };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBody) throw ProblemError.of('invalid', 'The request is too large.', 'A request has at most 1 MiB.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** @throws ProblemError invalid, naming the field and never its value: it may be a secret */
function check<S extends z.ZodType>(schema: S | undefined, value: unknown): z.output<S> | Record<string, never> {
  if (schema === undefined) return {};
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join('.') ?? '';
  throw ProblemError.of(
    'invalid',
    field === ''
      ? `The request is not right: ${issue?.message ?? ''}.`
      : `${field} is not right: ${issue?.message ?? ''}.`,
    'docs/control-api.md has what is expected.',
    field === '' ? {} : { field },
  );
}

function streamEvents({ subscribe }: ControlParts, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
  response.flushHeaders();
  const write = (line: string): void => {
    if (response.writableLength > maxBacklog) response.destroy();
    else response.write(`${line}\n`);
  };
  const end = subscribe((event) => write(JSON.stringify(event)));
  const timer = setInterval(() => write(''), heartbeat);
  response.on('close', () => {
    clearInterval(timer);
    end();
  });
}

function send(response: ServerResponse, status: number, type: string, value: unknown): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(text);
}

function sendProblem(response: ServerResponse, error: unknown, onDefect: (error: unknown) => void): void {
  let told: Problem;
  if (error instanceof ProblemError) told = error.problem;
  else {
    onDefect(error);
    told = ProblemError.of('unexpected', 'Something went wrong.', 'windlass logs has what happened.').problem;
  }
  send(response, told.status, 'application/problem+json', told);
}
