import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connection as connectionSchema, type Connection } from '../api/connections.ts';
import type { Event } from '../api/events.ts';
import { ProblemError } from '../api/problem.ts';
import { pathOf, routes, type Handlers, type RouteName } from '../api/routes.ts';
import { controlClient, controlEvents, type ControlAddress } from './control-client.ts';
import { controlListener } from './control-server.ts';
import { matchRoute } from './route-table.ts';

const lab: Connection = connectionSchema.parse({
  name: 'lab',
  preset: 'minio',
  endpoint: 'http://127.0.0.1:9000',
  secret: { kind: 'keychain' },
  state: 'ready',
  hasKeys: true,
  unsentBytes: 0,
});

let folder: string;
let server: http.Server;
let address: ControlAddress;
let handled: [RouteName, unknown][];
let defects: unknown[];
let answers: { -readonly [N in RouteName]?: Handlers[N] };
const listeners = new Set<(event: Event) => void>();

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'windlass-control-'));
  address = { socketPath: path.join(folder, 'c.sock') };
  handled = [];
  defects = [];
  answers = {};
  const handlers = Object.fromEntries(
    (Object.keys(routes) as RouteName[]).map((name) => [
      name,
      (input: never) => {
        handled.push([name, input]);
        const answer = answers[name] as ((input: never) => Promise<unknown>) | undefined;
        return answer === undefined ? Promise.reject(new Error('a defect with hunter2')) : answer(input);
      },
    ]),
  ) as unknown as Handlers;
  server = http.createServer(
    controlListener({
      handlers,
      subscribe: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      onDefect: (error) => defects.push(error),
    }),
  );
  await new Promise<void>((resolve) => server.listen(address.socketPath, resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

const problem = (code: string, field?: string) =>
  expect.objectContaining({
    problem: expect.objectContaining({ code, ...(field === undefined ? {} : { field }) }) as unknown,
  }) as Error;

async function raw(method: string, at: string, body = ''): Promise<{ status: number; text: string; type: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request({ ...address, method, path: at }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text, type: response.headers['content-type'] ?? '' }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

describe('The control API', () => {
  it('has one route for each path and method, all below /v1', () => {
    const lines = Object.values(routes).map(({ method, path: at }) => `${method} ${at}`);
    expect(new Set(lines).size).toBe(lines.length);
    for (const [name, route] of Object.entries(routes)) {
      expect(route.path).toMatch(/^\/v1\//);
      const parameters = { name: 'a-1', id: 'x_2' };
      expect(matchRoute(route.method, pathOf(route, parameters)), name).toMatchObject({ name });
    }
  });

  it('gives handlers what was sent, with defaults, and clients what was answered', async () => {
    answers.addConnection = () => Promise.resolve(lab);
    const added = await controlClient(address).addConnection({
      body: { name: 'lab', preset: 'minio', endpoint: 'http://127.0.0.1:9000', secret: { kind: 'keychain' } },
    });
    expect(added).toEqual(lab);
    expect(handled).toEqual([
      [
        'addConnection',
        {
          body: {
            name: 'lab',
            preset: 'minio',
            endpoint: 'http://127.0.0.1:9000',
            secret: { kind: 'keychain' },
            buckets: [],
          },
        },
      ],
    ]);
  });

  it('takes components of paths and bodies together', async () => {
    answers.removeMount = () => Promise.resolve({});
    await controlClient(address).removeMount({ id: 'x', body: { force: 'lazy' } });
    expect(handled).toEqual([['removeMount', { id: 'x', body: { force: 'lazy' } }]]);
  });

  it('refuses what the schema does not allow, names the field and never repeats its value', async () => {
    const refusal = raw(
      'POST',
      '/v1/connections',
      JSON.stringify({ name: 'lab', keys: { secretAccessKey: ['hunter2'] } }),
    );
    const { status, text, type } = await refusal;
    expect([status, type, text.includes('hunter2')]).toEqual([400, 'application/problem+json', false]);
    await expect(
      controlClient(address).addConnection({ body: { name: 'No Name', preset: 'aws', secret: { kind: 'chain' } } }),
    ).rejects.toThrow(problem('invalid', 'name'));
    expect(handled).toEqual([]);
  });

  it.each([
    ['GET', '/v1/nothing', '', 404],
    ['GET', '/v1/connections/%E0%A4%A', '', 404],
    ['PUT', '/v1/connections', '', 400],
    ['POST', '/v1/connections', '{', 400],
    ['POST', '/v1/connections', `"${'x'.repeat(2 ** 20)}"`, 400],
  ])('answers %s %s with a problem', async (method, at, body, status) => {
    const answer = await raw(method, at, body);
    expect([answer.status, answer.type]).toEqual([status, 'application/problem+json']);
  });

  it('passes problems on as they are, and keeps defects to the log', async () => {
    answers.getMount = () => Promise.reject(ProblemError.of('not-found', 'There is no mount x.', 'Look again.'));
    await expect(controlClient(address).getMount({ id: 'x' })).rejects.toThrow('There is no mount x. Look again.');
    const { text } = await raw('GET', '/v1/mounts');
    expect(text).not.toContain('hunter2');
    expect(defects).toEqual([new Error('a defect with hunter2')]);
  });

  it('takes an answer that is not what the schema says for a defect', async () => {
    answers.listConnections = () => Promise.resolve([{ ...lab, state: 'nonsense' } as unknown as Connection]);
    await expect(controlClient(address).listConnections({})).rejects.toThrow(problem('unexpected'));
    expect(defects).toHaveLength(1);
  });

  it('serves two clients at once, one of them slow', async () => {
    const slow = Promise.withResolvers<Connection[]>();
    answers.listConnections = () => slow.promise;
    answers.listMounts = () => Promise.resolve([]);
    const first = controlClient(address).listConnections({});
    expect(await controlClient(address).listMounts({})).toEqual([]);
    slow.resolve([lab]);
    expect(await first).toEqual([lab]);
  });

  it('says that no service runs where none does', async () => {
    const nowhere = controlClient({ socketPath: path.join(folder, 'none.sock') });
    await expect(nowhere.listMounts({})).rejects.toThrow(/windlass daemon/);
  });
});

describe('The stream of events', () => {
  it('tells what happens to all who listen, until they stop', async () => {
    const ended = [new AbortController(), new AbortController()];
    const heard = ended.map(async ({ signal }) => {
      const events: string[] = [];
      for await (const { event } of controlEvents(address, signal)) events.push(event);
      return events;
    });
    while (listeners.size < 2) await sleep(1);
    for (const listener of listeners) listener({ event: 'mount-removed', id: 'x' });
    await sleep(20);
    for (const controller of ended) controller.abort();
    expect(await Promise.all(heard)).toEqual([['mount-removed'], ['mount-removed']]);
    while (listeners.size > 0) await sleep(1);
  });

  it('is done with a client that dies in the middle, and goes on for others', async () => {
    const dying = http.request({ ...address, path: '/v1/events' });
    dying.on('error', () => undefined);
    dying.on('response', (response) => response.on('error', () => undefined));
    dying.end();
    while (listeners.size < 1) await sleep(1);
    dying.destroy();
    while (listeners.size > 0) await sleep(1);
    answers.listMounts = () => Promise.resolve([]);
    expect(await controlClient(address).listMounts({})).toEqual([]);
  });

  it('says so when the service goes away', async () => {
    const events = controlEvents(address, new AbortController().signal);
    const next = events.next();
    while (listeners.size < 1) await sleep(1);
    server.closeAllConnections();
    await expect(next).rejects.toThrow(problem('gateway'));
  });
});
