/** The service by HTTP, through the server that the window came from. */
import { event as eventSchema, type Event } from '../../src-main/api/events.ts';
import { problem, ProblemError } from '../../src-main/api/problem.ts';
import { pathOf, routes, type Api, type Route } from '../../src-main/api/routes.ts';
import { texts } from '../texts.ts';
import { lines } from './lines.ts';
import type { Windlass } from './windlass.ts';

export interface FetchParts {
  readonly token: string;
  /** The token is worth nothing any more. */
  readonly onSignedOut: () => void;
  readonly fetch: typeof fetch;
}

export function fetchWindlass(parts: FetchParts): Windlass {
  const call = (route: Route) => async (input: Readonly<Record<string, unknown>>) => {
    const { body, ...parameters } = input;
    const response = await request(parts, route.method, pathOf(route, parameters), body);
    const checked = route.response.safeParse(await response.json().catch(() => undefined));
    if (!checked.success) throw otherVersion(checked.error);
    return checked.data;
  };
  // Each function takes and gives what its route says, which `call` checks at run time.
  const api = Object.fromEntries(Object.entries(routes).map(([name, route]) => [name, call(route)])) as unknown as Api;
  return { ...api, events: (signal) => events(parts, signal) };
}

async function* events(parts: FetchParts, signal: AbortSignal): AsyncGenerator<Event> {
  try {
    const { body } = await request(parts, 'GET', '/v1/events', undefined, signal);
    if (body === null) throw new TypeError('No stream came.');
    for await (const line of lines(body)) {
      if (line === '') continue;
      const parsed = eventSchema.safeParse(JSON.parse(line));
      // A newer service may tell of what this window does not know.
      if (parsed.success) yield parsed.data;
    }
  } catch (error) {
    if (signal.aborted) return;
    throw error instanceof ProblemError ? error : gone(error);
  }
  if (!signal.aborted) throw gone(undefined);
}

/** @throws ProblemError where the answer is one, or none comes */
async function request(
  parts: FetchParts,
  method: string,
  path: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<Response> {
  let response: Response;
  try {
    response = await parts.fetch(path, {
      method,
      headers: {
        authorization: `Bearer ${parts.token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
      credentials: 'omit',
      redirect: 'error',
    });
  } catch (cause) {
    throw gone(cause);
  }
  if (response.ok) return response;
  if (response.status === 401) parts.onSignedOut();
  const told = problem.safeParse(await response.json().catch(() => undefined));
  throw told.success ? new ProblemError(told.data) : otherVersion(told.error);
}

function gone(cause: unknown): ProblemError {
  return ProblemError.of('gateway', texts.problems.gone.detail, texts.problems.gone.remedy, { cause });
}

function otherVersion(cause: unknown): ProblemError {
  return ProblemError.of('unexpected', texts.problems.otherVersion.detail, texts.problems.otherVersion.remedy, {
    cause,
  });
}
