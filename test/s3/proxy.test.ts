import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { startProxy, type ExchangeRecord, type Proxy, type ProxyOptions } from './proxy.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function startServer(handler: http.RequestListener): Promise<string> {
  const server = http.createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function startProxied(handler: http.RequestListener, options: Partial<ProxyOptions> = {}): Promise<Proxy> {
  const proxy = await startProxy({ target: await startServer(handler), ...options });
  closers.push(() => proxy.stop());
  return proxy;
}

const answerHello: http.RequestListener = (request, response) =>
  void request.resume().on('end', () => response.end('hello'));

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
  readonly headers: readonly string[];
}

/** @throws whatever breaks the exchange */
async function send(url: string, options: http.RequestOptions = {}, body: string | Readable = ''): Promise<Answer> {
  const request = http.request(url, { agent: false, ...options });
  if (typeof body === 'string') request.end(body);
  else body.pipe(request);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  return { status: response.statusCode, body: await text(response), headers: response.rawHeaders };
}

describe('what passes through the proxy', () => {
  it('reaches the server with the request line and headers as they were sent', async () => {
    const seen: unknown[] = [];
    const proxy = await startProxied((request, response) => {
      seen.push(request.method, request.url, request.rawHeaders);
      response.end();
    });
    const headers = [
      'Host',
      's3.example',
      'X-Amz-Date',
      '1',
      'x-amz-meta-A',
      'one',
      'x-amz-meta-A',
      'two',
      'Authorization',
      'AWS4 x',
    ];
    await send(`${proxy.endpoint}/b/a%2Fb//c%20d?x=%7E&y`, {
      method: 'DELETE',
      headers: [...headers, 'Content-Length', '0'],
    });
    expect(seen.slice(0, 2)).toEqual(['DELETE', '/b/a%2Fb//c%20d?x=%7E&y']);
    expect((seen[2] as string[]).slice(0, headers.length)).toEqual(headers);
  });

  it('comes back with status, reason and headers as the server gave them', async () => {
    const proxy = await startProxied((_request, response) => {
      response.sendDate = false;
      response.writeHead(299, 'Quite Fine', ['ETag', '"a"', 'X-Twice', '1', 'X-Twice', '2', 'Content-Length', '2']);
      response.end('ok');
    });
    const answer = await send(`${proxy.endpoint}/b/k`);
    expect(answer).toMatchObject({ status: 299, body: 'ok' });
    expect(answer.headers.slice(0, 8)).toEqual(['ETag', '"a"', 'X-Twice', '1', 'X-Twice', '2', 'Content-Length', '2']);
  });

  it('is 64 MiB in both directions without a byte lost', async () => {
    const proxy = await startProxied((request, response) => void request.pipe(response));
    const block = randomBytes(1 << 20);
    const blocks = Array.from({ length: 64 }, () => block);
    const request = http.request(`${proxy.endpoint}/b/k`, { method: 'PUT', agent: false });
    Readable.from(blocks).pipe(request);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const hash = createHash('sha256');
    for await (const chunk of response) hash.update(chunk as Buffer);
    const expected = blocks.reduce((sum, each) => sum.update(each), createHash('sha256')).digest('hex');
    expect(hash.digest('hex')).toBe(expected);
    expect(proxy.counts()).toMatchObject({ bytesUp: 64 << 20, bytesDown: 64 << 20 });
  });

  it('is a HEAD reply with its content length and no body', async () => {
    const proxy = await startProxied((_request, response) =>
      response.writeHead(200, { 'content-length': 12_345 }).end(),
    );
    const answer = await send(`${proxy.endpoint}/b/k`, { method: 'HEAD' });
    expect(answer.headers.join()).toContain('12345');
    expect(proxy.counts()).toMatchObject({ bytesDown: 0, byKind: { HeadObject: 1 } });
  });

  it('includes the word to continue, and the body is sent only then', async () => {
    const proxy = await startProxied(answerHello);
    const request = http.request(`${proxy.endpoint}/b/k`, {
      method: 'PUT',
      agent: false,
      headers: { expect: '100-continue', 'content-length': 4 },
    });
    request.flushHeaders();
    await once(request, 'continue');
    request.end('body');
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    expect([response.statusCode, await text(response), proxy.counts().bytesUp]).toEqual([200, 'hello', 4]);
  });

  it('is a refusal that comes before the body was read', async () => {
    const proxy = await startProxied((_request, response) => response.writeHead(403).end('no'));
    const endless = new Readable({
      read() {
        setImmediate(() => this.push(Buffer.alloc(65_536)));
      },
    });
    const answer = await send(`${proxy.endpoint}/b/k`, { method: 'PUT' }, endless);
    endless.destroy();
    expect(answer).toMatchObject({ status: 403, body: 'no' });
  });

  it('is broken off where the server breaks off', async () => {
    const proxy = await startProxied((_request, response) => {
      response.writeHead(200, { 'content-length': 10 }).write('half', () => response.destroy());
    });
    await expect(send(`${proxy.endpoint}/b/k`)).rejects.toThrow('aborted');
  });

  it('stops at the server too where the client leaves', async () => {
    const left = Promise.withResolvers<undefined>();
    const proxy = await startProxied((_request, response) => {
      response.on('close', () => left.resolve(undefined));
      response.write('never ends');
    });
    const request = http.get(`${proxy.endpoint}/b/k`, { agent: false }).on('error', () => undefined);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    response.destroy();
    await left.promise;
  });

  it('may come by another way than its own port', async () => {
    const proxy = await startProxied(answerHello);
    const gate = net.createServer((connection) => proxy.accept(connection)).listen(0, '127.0.0.1');
    await once(gate, 'listening');
    closers.push(async () => void gate.close());
    const url = `http://127.0.0.1:${(gate.address() as AddressInfo).port}/b/k`;
    expect((await send(url)).body).toBe('hello');
    await proxy.setFaults({ outage: true });
    await expect(send(url)).rejects.toThrow();
    expect(proxy.counts().byKind).toEqual({ GetObject: 1 });
  });

  it('keeps the connections on both sides', async () => {
    const ports = new Set<number | undefined>();
    const proxy = await startProxied((request, response) => {
      ports.add(request.socket.remotePort);
      response.end();
    });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const locals = new Set<number | undefined>();
    for (let round = 0; round < 5; round += 1) {
      const request = http.get(`${proxy.endpoint}/b/k`, { agent });
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      locals.add(request.socket?.localPort);
      await text(response);
    }
    agent.destroy();
    expect([locals.size, ports.size]).toEqual([1, 1]);
  });
});

describe('what the proxy counts', () => {
  it('is every request by kind, until reset', async () => {
    const proxy = await startProxied(answerHello);
    await send(`${proxy.endpoint}/b?list-type=2`);
    await send(`${proxy.endpoint}/b/k`);
    await send(`${proxy.endpoint}/b/k`, { method: 'PUT' }, 'four');
    await send(`${proxy.endpoint}/b/k`, { method: 'PUT', headers: { 'x-amz-copy-source': '/b/j' } });
    expect(proxy.counts()).toEqual({
      total: 4,
      byKind: { CopyObject: 1, GetObject: 1, ListObjectsV2: 1, PutObject: 1 },
      bytesUp: 4,
      bytesDown: 20,
      faults: 0,
    });
    proxy.reset();
    expect(proxy.counts()).toEqual({ total: 0, byKind: {}, bytesUp: 0, bytesDown: 0, faults: 0 });
  });

  it('is told exchange by exchange', async () => {
    const records: ExchangeRecord[] = [];
    const proxy = await startProxied(answerHello, { onExchange: (record) => records.push(record) });
    await send(`${proxy.endpoint}/b/k%20k`, { headers: { range: 'bytes=0-4', 'if-match': '"a"' } });
    await expect.poll(() => records).toHaveLength(1);
    expect(records[0]).toMatchObject({ kind: 'GetObject', bucket: 'b', key: 'k k', status: 200, bytesDown: 5 });
    expect(records[0]).toMatchObject({ range: 'bytes=0-4', ifMatch: '"a"', ifNoneMatch: undefined, fault: undefined });
  });

  it('is not idle while an exchange runs', async () => {
    const held = Promise.withResolvers<http.ServerResponse>();
    const proxy = await startProxied((_request, response) => held.resolve(response));
    const answer = send(`${proxy.endpoint}/b/k`);
    const response = await held.promise;
    expect(proxy.idleMilliseconds()).toBe(0);
    response.end();
    await answer;
    await expect.poll(() => proxy.idleMilliseconds()).toBeGreaterThan(0);
  });
});

describe('faults at the proxy', () => {
  const always = (fault: NonNullable<ProxyOptions['faults']>['rules']): Partial<ProxyOptions> => ({
    faults: { rules: fault },
  });

  async function fates(seed: number): Promise<(number | string)[]> {
    const proxy = await startProxied(answerHello, {
      seed,
      ...always([
        { fault: { type: 'error', status: 503, code: 'SlowDown' }, probability: 0.3 },
        { fault: { type: 'reset' }, probability: 0.3 },
      ]),
    });
    const keys = Array.from({ length: 40 }, (_, index) => index);
    return Promise.all(
      keys.map((key) =>
        send(`${proxy.endpoint}/b/${key}`).then(
          ({ status }) => status ?? 0,
          (error: unknown) => (error as NodeJS.ErrnoException).code ?? '',
        ),
      ),
    );
  }

  it('repeat under the same seed, and only under that', async () => {
    const first = await fates(1);
    expect(new Set(first)).toEqual(new Set([200, 503, 'ECONNRESET']));
    expect(await fates(1)).toEqual(first);
    expect(await fates(2)).not.toEqual(first);
  });

  it('answer with an S3 error that the server never hears of', async () => {
    let heard = 0;
    const proxy = await startProxied(
      (_request, response) => {
        heard += 1;
        response.end();
      },
      always([{ fault: { type: 'error', status: 500, code: 'InternalError' }, probability: 1, kinds: ['PutObject'] }]),
    );
    const answer = await send(`${proxy.endpoint}/b/k`, { method: 'PUT' }, 'body');
    expect(answer.status).toBe(500);
    expect(answer.body).toContain('<Code>InternalError</Code>');
    expect((await send(`${proxy.endpoint}/b/k`)).status).toBe(200);
    expect([heard, proxy.counts().faults]).toEqual([1, 1]);
  });

  it('break connections that came by a Unix socket', async () => {
    const proxy = await startProxied(answerHello, always([{ fault: { type: 'reset' }, probability: 1 }]));
    const folder = await mkdtemp(path.join(tmpdir(), 'windlass-proxy-'));
    closers.push(() => rm(folder, { recursive: true }));
    const socketPath = path.join(folder, 'socket');
    const gate = net.createServer((connection) => proxy.accept(connection)).listen(socketPath);
    closers.push(() => new Promise((resolve) => gate.close(resolve)));
    await once(gate, 'listening');
    const request = http.get({ socketPath, path: '/b/k', agent: false });
    await expect(once(request, 'response')).rejects.toThrow('socket hang up');
  });

  it('put an error inside a 200', async () => {
    const rule = { fault: { type: 'error-inside-200', code: 'InternalError' }, probability: 1 } as const;
    const proxy = await startProxied(answerHello, always([rule]));
    const answer = await send(`${proxy.endpoint}/b/k`, { method: 'PUT', headers: { 'x-amz-copy-source': '/b/j' } });
    expect([answer.status, answer.body.includes('<Error>')]).toEqual([200, true]);
  });

  it('lose the reply after the server has done what was asked', async () => {
    const stored: string[] = [];
    const proxy = await startProxied(
      (request, response) => void text(request).then((body) => response.end(stored.push(body).toString())),
      always([{ fault: { type: 'lost-reply' }, probability: 1, times: 1 }]),
    );
    await expect(send(`${proxy.endpoint}/b/k`, { method: 'PUT' }, 'kept')).rejects.toThrow('ECONNRESET');
    expect(stored).toEqual(['kept']);
    expect((await send(`${proxy.endpoint}/b/k`)).status).toBe(200);
  });

  it('cut a reply short of its length, at the same byte under the same seed', async () => {
    const body = randomBytes(1 << 20);
    const cutAt = async (): Promise<number> => {
      const records: ExchangeRecord[] = [];
      const proxy = await startProxied(
        (_request, response) => response.setHeader('content-length', body.length).end(body),
        {
          ...always([{ fault: { type: 'truncated-reply' }, probability: 1 }]),
          onExchange: (record) => records.push(record),
        },
      );
      const request = http.get(`${proxy.endpoint}/b/k`, { agent: false });
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      const received: Buffer[] = [];
      response.on('data', (chunk: Buffer) => received.push(chunk));
      await once(response, 'error');
      const bytes = Buffer.concat(received);
      expect(bytes.equals(body.subarray(0, bytes.length))).toBe(true);
      await expect.poll(() => records[0]?.bytesDown).toBe(bytes.length);
      return bytes.length;
    };
    const first = await cutAt();
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(body.length);
    expect(await cutAt()).toBe(first);
  });

  it('cut a body on its way to the server', async () => {
    const received = Promise.withResolvers<readonly [bytes: number, complete: boolean]>();
    const proxy = await startProxied(
      (request) => {
        let bytes = 0;
        request.on('data', (chunk: Buffer) => (bytes += chunk.length)).on('error', () => undefined);
        request.on('close', () => received.resolve([bytes, request.complete]));
      },
      always([{ fault: { type: 'truncated-request' }, probability: 1 }]),
    );
    const body = 'x'.repeat(1 << 20);
    await expect(
      send(`${proxy.endpoint}/b/k`, { method: 'PUT', headers: { 'content-length': body.length } }, body),
    ).rejects.toThrow();
    const [bytes, complete] = await received.promise;
    expect(bytes).toBeLessThan(body.length);
    expect(complete).toBe(false);
  });

  it('hold a request in silence until they are set anew', async () => {
    const proxy = await startProxied(answerHello, always([{ fault: { type: 'silence' }, probability: 1 }]));
    const held = send(`${proxy.endpoint}/b/k`);
    held.catch(() => undefined);
    await expect.poll(() => proxy.counts().faults).toBe(1);
    await proxy.setFaults({});
    await expect(held).rejects.toThrow('ECONNRESET');
    expect((await send(`${proxy.endpoint}/b/k`)).body).toBe('hello');
  });

  it('refuse every connection during an outage, and listen on the same port after it', async () => {
    const proxy = await startProxied(answerHello);
    const { endpoint } = proxy;
    await proxy.setFaults({ outage: true });
    const socket = net.connect(Number(new URL(endpoint).port), '127.0.0.1');
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
    await proxy.setFaults({});
    expect(proxy.endpoint).toBe(endpoint);
    expect((await send(`${endpoint}/b/k`)).body).toBe('hello');
  });
});
