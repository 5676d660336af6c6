/**
 * Serves the window on loopback, for browsers on a machine without a desktop, and passes its requests on to the service.
 * Loopback is shared with every local user and every web page: the files of the window, which hold nothing of anybody's,
 * are all that is given without a login.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { z } from 'zod';
import { ProblemError } from '../api/problem.ts';
import type { ControlAddress } from '../control/control-client.ts';
import { refusalOf } from './admission.ts';
import { forward } from './forward.ts';
import { securityHeaders } from './security-headers.ts';
import type { Sessions } from './sessions.ts';
import type { WindowFiles } from './window-files.ts';

export interface UiServerParts {
  readonly files: WindowFiles;
  readonly sessions: Sessions;
  readonly service: ControlAddress;
  /** What nobody expected; never told to the browser. */
  readonly onDefect: (error: unknown) => void;
}

/** Bytes of a login. */
const maxLogin = 4096;

const login = z.object({ code: z.string().min(1).max(200) });

export function uiListener(parts: UiServerParts): RequestListener {
  return (request, response) => {
    response.on('error', () => request.destroy());
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    void answer(parts, request, response).catch((error: unknown) => sendProblem(response, error, parts.onDefect));
  };
}

async function answer(parts: UiServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { files, sessions, service } = parts;
  const method = request.method ?? '';
  const refusal = refusalOf(method, request.headers);
  if (refusal !== undefined) {
    response.writeHead(403, { 'content-type': 'text/plain; charset=utf-8' }).end(`${refusal}\n`);
    return;
  }
  const [path = ''] = (request.url ?? '').split('?', 1);
  if (path === '/login' && method === 'POST') {
    const token = sessions.login((await readLogin(request)).code);
    if (token === undefined) throw unauthorized('The code is wrong, too old, or was used before.');
    sendJson(response, 200, 'application/json', { token });
    return;
  }
  const file = method === 'GET' ? files.get(path) : undefined;
  if (file !== undefined) {
    // Names of all files but the page itself change with their contents.
    const caching = path === '/' ? 'no-store' : 'private, max-age=31536000, immutable';
    response.writeHead(200, { 'content-type': file.type, 'cache-control': caching }).end(file.content);
    return;
  }
  if (!sessions.isAdmitted(request.headers.authorization)) throw unauthorized('Nobody is signed in.');
  if (path === '/logout' && method === 'POST') {
    sessions.logout(request.headers.authorization);
    sendJson(response, 200, 'application/json', {});
    return;
  }
  if (!path.startsWith('/v1/')) throw ProblemError.of('not-found', `There is no ${path} here.`, 'The window is at /.');
  await forward(service, request, response);
}

async function readLogin(request: IncomingMessage): Promise<z.output<typeof login>> {
  let text = '';
  for await (const chunk of request as AsyncIterable<Buffer>) {
    text += chunk.toString('latin1');
    if (text.length > maxLogin) break;
  }
  try {
    return login.parse(JSON.parse(text));
  } catch (cause) {
    throw ProblemError.of('invalid', 'This is no login.', 'Send {"code": …} as JSON.', { cause });
  }
}

function unauthorized(detail: string): ProblemError {
  const { problem } = ProblemError.of(
    'credentials',
    detail,
    'Sign in with a code that windlass ui prints; Enter in its terminal makes another.',
  );
  return new ProblemError({ ...problem, status: 401 });
}

function sendProblem(response: ServerResponse, error: unknown, onDefect: (error: unknown) => void): void {
  if (!(error instanceof ProblemError)) onDefect(error);
  const { problem } =
    error instanceof ProblemError
      ? error
      : ProblemError.of('unexpected', 'Something went wrong that Windlass did not expect.', 'Load the page again.');
  sendJson(response, problem.status, 'application/problem+json', problem);
}

function sendJson(response: ServerResponse, status: number, type: string, value: unknown): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(JSON.stringify(value));
}
