/** The API as functions, over HTTP on the control socket. */
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { event as eventSchema, type Event } from '../api/events.ts';
import { problem, ProblemError } from '../api/problem.ts';
import { pathOf, routes, type Api, type Route } from '../api/routes.ts';

/** A socket path, or a named pipe of Windows. */
export interface ControlAddress {
  readonly socketPath: string;
  /** What a pipe of Windows needs beside its name. */
  readonly token?: string;
}

export function controlClient(address: ControlAddress): Api {
  const call = (route: Route) => async (input: Readonly<Record<string, unknown>>) => {
    const { body, ...parameters } = input;
    const response = await request(address, route.method, pathOf(route, parameters), body);
    const answer = parseJson(await text(response));
    if (response.statusCode === 200) {
      const checked = route.response.safeParse(answer);
      if (checked.success) return checked.data;
      throw otherVersion(checked.error);
    }
    const told = problem.safeParse(answer);
    throw told.success ? new ProblemError(told.data) : otherVersion(told.error);
  };
  // Each function takes and gives what its route says, which `call` checks at run time.
  return Object.fromEntries(Object.entries(routes).map(([name, route]) => [name, call(route)])) as unknown as Api;
}

/**
 * Events until the signal aborts.
 * @throws ProblemError where the service goes away
 */
export async function* controlEvents(address: ControlAddress, signal: AbortSignal): AsyncGenerator<Event> {
  const response = await request(address, 'GET', '/v1/events', undefined, signal);
  let rest = '';
  try {
    for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        // A newer service may tell of what this client does not know.
        const parsed = line === '' ? undefined : eventSchema.safeParse(parseJson(line));
        if (parsed?.success === true) yield parsed.data;
      }
    }
  } catch (cause) {
    if (signal.aborted) return;
    throw gone(cause);
  }
  if (!signal.aborted) throw gone(undefined);
}

function request(
  { socketPath, token }: ControlAddress,
  method: string,
  path: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const content = body === undefined ? '' : JSON.stringify(body);
    const sent = http.request({
      socketPath,
      method,
      path,
      headers: {
        host: 'localhost',
        ...(content === '' ? {} : { 'content-type': 'application/json' }),
        'content-length': Buffer.byteLength(content),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(signal === undefined ? {} : { signal }),
    });
    sent.on('response', resolve);
    sent.on('error', (cause) => reject(gone(cause)));
    sent.end(content);
  });
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function gone(cause: unknown): ProblemError {
  return ProblemError.of(
    'gateway',
    'The Windlass service does not answer.',
    'Start it with windlass daemon, or open the app.',
    {
      cause,
    },
  );
}

function otherVersion(cause: unknown): ProblemError {
  return ProblemError.of(
    'unexpected',
    'The Windlass service that runs is of another version.',
    'Restart it with windlass restart.',
    { cause },
  );
}
