import { mkdtemp, rm } from 'node:fs/promises';
import http, { type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sessions } from './sessions.ts';
import { uiListener } from './ui-server.ts';

let folder: string;
let now: number;
let sessions: Sessions;
let service: http.Server;
let server: http.Server;
let port: number;
let defects: unknown[];
/** What the service was asked. */
let asked: { readonly line: string; readonly headers: IncomingHttpHeaders; readonly body: string }[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'windlass-ui-'));
  now = 0;
  asked = [];
  defects = [];
  sessions = new Sessions(() => now);
  service = http.createServer((request, response) => {
    void text(request).then((body) => {
      asked.push({ line: `${request.method ?? ''} ${request.url ?? ''}`, headers: request.headers, body });
      response.writeHead(200, { 'content-type': 'application/json' }).end('["of the service"]');
    });
  });
  const socketPath = path.join(folder, 's.sock');
  await new Promise<void>((resolve) => service.listen(socketPath, resolve));
  const files = new Map([['/', { type: 'text/html', content: Buffer.from('the window') }]]);
  server = http.createServer(
    uiListener({ files, sessions, service: { socketPath }, onDefect: (error) => defects.push(error) }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  expect(defects).toEqual([]);
  for (const one of [server, service]) {
    one.closeAllConnections();
    one.close();
  }
  await rm(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

function ask(method: string, at: string, headers: Record<string, string> = {}, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const own = { host: `127.0.0.1:${port}`, ...(method === 'GET' ? {} : { origin: `http://127.0.0.1:${port}` }) };
    const request = http.request({ port, host: '127.0.0.1', method, path: at, headers: { ...own, ...headers } });
    request.on('error', reject);
    request.on('response', (response) => {
      text(response).then(
        (answer) => resolve({ status: response.statusCode ?? 0, body: answer, headers: response.headers }),
        reject,
      );
    });
    request.end(body);
  });
}

const login = (code: string, headers?: Record<string, string>) =>
  ask('POST', '/login', headers, JSON.stringify({ code }));

async function signIn(): Promise<{ readonly authorization: string }> {
  const { body } = await login(sessions.newCode());
  return { authorization: `Bearer ${(JSON.parse(body) as { token: string }).token}` };
}

describe('The server of the window', () => {
  it('passes requests of whoever is signed in on to the service, without the token', async () => {
    const authorization = await signIn();
    const { status, body } = await ask('POST', '/v1/mounts', authorization, '{"a":1}');
    expect([status, body]).toEqual([200, '["of the service"]']);
    expect(asked).toMatchObject([{ line: 'POST /v1/mounts', body: '{"a":1}' }]);
    expect(asked[0]?.headers).not.toHaveProperty('authorization');
    expect(asked[0]?.headers).not.toHaveProperty('origin');
  });

  it.each(['/v1/connections', '/v1/events', '/anything'])(
    'gives another local user, who has no login, nothing of %s',
    async (at) => {
      await signIn();
      for (const headers of [{}, { authorization: 'Bearer guessed' }, { cookie: 'token=guessed' }]) {
        const { status, body } = await ask('GET', at, headers as Record<string, string>);
        expect([status, body.includes('of the service')]).toEqual([401, false]);
      }
      expect(asked).toEqual([]);
    },
  );

  it.each([
    ['a page on another origin', { origin: 'https://example.com' }],
    ['a server of another user on another port', { origin: 'http://127.0.0.1:1' }],
    ['a sandboxed page', { origin: 'null' }],
    ['an image or script on another page', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    ['another port of this machine', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }],
    ['a page whose name was rebound', { host: 'rebound.example' }],
    [
      'a page whose name was rebound, with the port',
      { host: 'rebound.example:80', origin: 'http://rebound.example:80' },
    ],
    ['a name that begins as ours', { host: 'localhost.example.com' }],
  ])('refuses %s, even with a token', async (_, headers: Record<string, string>) => {
    const authorization = await signIn();
    for (const at of ['/', '/v1/connections'])
      expect((await ask('GET', at, { ...authorization, ...headers })).status).toBe(403);
    expect((await login(sessions.newCode(), headers)).status).toBe(403);
    expect(asked).toEqual([]);
  });

  it('refuses what would change something and does not say from which page', async () => {
    const authorization = await signIn();
    const request = http.request({
      port,
      host: '127.0.0.1',
      method: 'POST',
      path: '/v1/mounts',
      headers: authorization,
    });
    const response = await new Promise<http.IncomingMessage>((resolve) => request.on('response', resolve).end());
    expect(response.resume().statusCode).toBe(403);
    expect(asked).toEqual([]);
  });

  it.each(['localhost', '127.0.0.1', '[::1]'])('answers to %s with any port', async (host) => {
    expect((await ask('GET', '/', { host })).status).toBe(200);
    expect((await ask('GET', '/', { host: `${host}:8080` })).status).toBe(200);
  });

  it('takes a code once', async () => {
    const code = sessions.newCode();
    expect((await login(code)).status).toBe(200);
    const again = await login(code);
    expect(again.status).toBe(401);
    expect(again.body).not.toContain('token');
  });

  it('takes no code that is old, wrong, or has a successor', async () => {
    const first = sessions.newCode();
    sessions.newCode();
    expect((await login(first)).status).toBe(401);
    expect((await login('wrong')).status).toBe(401);
    const late = sessions.newCode();
    now += 5 * 60_000 + 1;
    expect((await login(late)).status).toBe(401);
    expect((await ask('POST', '/login', {}, 'no JSON')).status).toBe(400);
  });

  it('knows nobody any more who has signed out', async () => {
    const authorization = await signIn();
    expect((await ask('POST', '/logout', authorization)).status).toBe(200);
    expect((await ask('GET', '/v1/mounts', authorization)).status).toBe(401);
  });

  it('allows no frame, no inline script and no other server', async () => {
    const { headers } = await ask('GET', '/');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    });
  });

  it('says so where the service is gone', async () => {
    const authorization = await signIn();
    service.closeAllConnections();
    await new Promise((resolve) => service.close(resolve));
    const { status, body } = await ask('GET', '/v1/mounts', authorization);
    expect([status, JSON.parse(body)]).toMatchObject([502, { code: 'gateway' }]);
  });
});
