import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { failure, none } from '../contract/probe.ts';
import { S3Client } from './client.ts';
import { S3Endpoint, type S3Exchange } from './endpoint.ts';
import { errorBody, startScriptedServer } from './scripted-server.ts';

const described = { etag: '"e"', 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT' };

describe('What a request puts right by itself', () => {
  it('a wrong clock, by the Date of the refusal, for this and all later requests', async () => {
    const date = new Date(Date.now() + 3_600_000).toUTCString();
    await using server = await startScriptedServer((_request, index) =>
      index === 0
        ? { status: 403, headers: { date }, body: errorBody('RequestTimeTooSkewed') }
        : { headers: described },
    );
    const store = await server.open();
    await store.head('key');
    await store.head('key');
    const sent = server.requests.map(({ headers }) => String(headers['x-amz-date']).slice(0, 11));
    expect(sent[1]).not.toBe(sent[0]);
    expect(sent[2]).toBe(sent[1]);
    expect(sent).toHaveLength(3);
  });

  it('a wrong clock after HEAD, whose refusal has no code', async () => {
    const date = new Date(Date.now() - 86_400_000).toUTCString();
    await using server = await startScriptedServer((_request, index) =>
      index === 0 ? { status: 403, headers: { date } } : { headers: described },
    );
    expect(await (await server.open()).head('key')).toBeDefined();
  });

  it('the region, named in the body', async () => {
    await using server = await startScriptedServer(({ headers }) =>
      headers.authorization?.includes('/eu-west-1/s3/') === true
        ? { body: 'content', headers: described }
        : { status: 400, body: errorBody('AuthorizationHeaderMalformed', '', '<Region>eu-west-1</Region>') },
    );
    const store = await server.open();
    expect((await buffer((await store.get({ key: 'key' })).body)).toString()).toBe('content');
    await store.head('key');
    expect(server.requests).toHaveLength(3);
  });

  it('the region, named in the sentence alone', async () => {
    const sentence = "The authorization header is malformed; the region is wrong; expecting 'eu-west-1'.";
    await using server = await startScriptedServer(({ headers }) =>
      headers.authorization?.includes('/eu-west-1/s3/') === true
        ? { headers: described }
        : { status: 400, body: errorBody('AuthorizationHeaderMalformed', sentence) },
    );
    await (await server.open()).list({ prefix: '' }).catch(() => undefined);
    expect(server.requests).toHaveLength(2);
  });

  it('the region, named in a header of a redirect', async () => {
    await using server = await startScriptedServer(({ headers }) =>
      headers.authorization?.includes('/ap-south-1/s3/') === true
        ? { headers: described }
        : { status: 301, headers: { 'x-amz-bucket-region': 'ap-south-1' } },
    );
    expect(await (await server.open()).head('key')).toBeDefined();
  });

  it('a redirect that leads nowhere only once', async () => {
    await using server = await startScriptedServer((_request, index) => ({
      status: 301,
      headers: { 'x-amz-bucket-region': `eu-west-${index}` },
    }));
    await expect((await server.open()).list({ prefix: '' })).rejects.toThrow(failure('InvalidRequest'));
    expect(server.requests).toHaveLength(2);
  });

  it('a connection that the server had closed before it answered, where the body can be sent again', async () => {
    await using server = await startScriptedServer((_request, index) =>
      index === 0 ? { breakAfter: 0 } : { headers: described },
    );
    const version = await (await server.open()).put({ key: 'key', body: Buffer.from('content'), metadata: none });
    expect(version.etag).toBe('"e"');
    expect(server.requests.map(({ body }) => body)).toEqual(['content', 'content']);
  });

  it('no broken connection under a stream, which the caller has to open again', async () => {
    await using server = await startScriptedServer(() => ({ breakAfter: 0 }));
    const body = { size: 7, open: () => Readable.from([Buffer.from('content')]) };
    await expect((await server.open()).put({ key: 'key', body, metadata: none })).rejects.toThrow(
      failure('Unavailable'),
    );
    expect(server.requests).toHaveLength(1);
  });

  it('a server that insists on hashes', async () => {
    await using server = await startScriptedServer(({ headers }) =>
      headers['x-amz-content-sha256'] === 'UNSIGNED-PAYLOAD'
        ? { status: 400, body: errorBody('XAmzContentSHA256Mismatch') }
        : { headers: described },
    );
    const store = await server.open();
    const body = { size: 7, open: () => Readable.from([Buffer.from('content')]) };
    await store.put({ key: 'key', body, metadata: none });
    await store.put({ key: 'key', body: Buffer.alloc(100_000), metadata: none });
    expect(server.requests.map(({ headers }) => headers['x-amz-content-sha256'])).toEqual([
      'UNSIGNED-PAYLOAD',
      'ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73',
      expect.stringMatching(/^[0-9a-f]{64}$/),
    ]);
  });

  it('nothing that has a meaning: a busy server is told to the caller at once', async () => {
    await using server = await startScriptedServer(() => ({ status: 503, body: errorBody('SlowDown') }));
    await expect((await server.open()).head('key')).rejects.toThrow(failure('Unavailable'));
    expect(server.requests).toHaveLength(1);
  });
});

describe('Replies', () => {
  it('that end too early are errors, not short files', async () => {
    await using server = await startScriptedServer(() => ({ headers: described, body: 'content', breakAfter: 3 }));
    const { body } = await (await server.open()).get({ key: 'key' });
    await expect(buffer(body)).rejects.toThrow(failure('Unavailable'));
  });

  it('that stop in the middle end by a time-out', async () => {
    await using server = await startScriptedServer(() => ({
      headers: { ...described, 'content-length': '100' },
      body: 'x',
    }));
    const { body } = await (await server.open({ bodyTimeout: 100 })).get({ key: 'key' });
    await expect(buffer(body)).rejects.toThrow(failure('Unavailable'));
  });

  it('that never come end by a time-out', async () => {
    await using server = await startScriptedServer(() => 'silence');
    await expect((await server.open({ headersTimeout: 100 })).head('key')).rejects.toThrow(failure('Unavailable'));
  });

  it('with status 200 may hold an error', async () => {
    await using server = await startScriptedServer(() => ({
      body: errorBody('InternalError', 'We failed &amp; are sorry'),
    }));
    const store = await server.open();
    const request = { sourceKey: 'a', targetKey: 'b', size: 1 };
    await expect(store.copy(request)).rejects.toThrow(failure('Unavailable'));
    const parts = [{ partNumber: 1, etag: '"e"', size: 1 }];
    await expect(store.multipart.complete({ key: 'b', uploadId: 'u', parts })).rejects.toThrow('We failed & are sorry');
  });

  it('that are not S3 XML where there should be some are no success', async () => {
    await using server = await startScriptedServer(() => ({ body: '<html>Please log in</html>' }));
    const store = await server.open();
    await expect(store.copy({ sourceKey: 'a', targetKey: 'b', size: 1 })).rejects.toThrow(failure('Unavailable'));
    await expect(store.list({ prefix: '' })).rejects.toThrow(failure('Corrupt'));
  });

  it('to a ranged GET that are not the range are refused', async () => {
    const ranges = ['bytes 0-2/10', 'bytes 4-5/10', undefined];
    await using server = await startScriptedServer((_request, index) => {
      const range = ranges[index];
      return {
        status: range === undefined ? 200 : 206,
        headers: { ...described, ...(range && { 'content-range': range }) },
        body: 'abc',
      };
    });
    const store = await server.open();
    const request = { key: 'key', range: { offset: 4, length: 3 } };
    await expect(store.get(request)).rejects.toThrow(failure('Corrupt'));
    await expect(store.get(request)).rejects.toThrow(failure('Corrupt'));
    await expect(store.get(request)).rejects.toThrow(failure('NotSupported'));
  });

  it('of another version than the pinned one are refused where the server ignores If-Match', async () => {
    await using server = await startScriptedServer(() => ({ headers: described, body: 'content' }));
    const get = (await server.open()).get({ key: 'key', pin: { etag: '"other"' } });
    await expect(get).rejects.toThrow(failure('PreconditionFailed'));
  });
});

describe('Errors', () => {
  const codes = [
    [403, 'InvalidAccessKeyId', 'Unauthenticated'],
    [403, 'SignatureDoesNotMatch', 'Unauthenticated'],
    [403, 'AccessDenied', 'AccessDenied'],
    [403, 'InvalidObjectState', 'Archived'],
    [404, 'NoSuchKey', 'NotFound'],
    [404, 'NoSuchBucket', 'NoSuchBucket'],
    [409, 'ConditionalRequestConflict', 'Unavailable'],
    [412, 'PreconditionFailed', 'PreconditionFailed'],
    [400, 'EntityTooLarge', 'TooLarge'],
    [503, 'SlowDown', 'Unavailable'],
    [500, '', 'Unavailable'],
    [507, '', 'NoSpace'],
    [418, 'Teapot', 'InvalidRequest'],
  ] as const;

  for (const [status, s3Code, code] of codes) {
    it(`of status ${status} ${s3Code} are ${code}, in a sentence with the place and without the secret`, async () => {
      await using server = await startScriptedServer(() => ({ status, ...(s3Code && { body: errorBody(s3Code) }) }));
      const get = (await server.open()).get({ key: 'some/key' });
      const error: unknown = await get.catch((thrown: unknown) => thrown);
      expect(error).toEqual(failure(code));
      expect(String(error)).toContain('127.0.0.1');
      expect(String(error)).not.toContain('secret-never-shown');
    });
  }

  it('of HEAD are explained by a GET', async () => {
    await using server = await startScriptedServer(({ method }) =>
      method === 'HEAD' ? { status: 403 } : { status: 403, body: errorBody('InvalidAccessKeyId') },
    );
    await expect((await server.open()).head('key')).rejects.toThrow(failure('Unauthenticated'));
  });

  it('of the network are sentences too', async () => {
    const gone = await startScriptedServer(() => ({}));
    const store = await gone.open();
    await gone[Symbol.asyncDispose]();
    const endpoint = new S3Endpoint(gone.connection);
    const client = new S3Client(endpoint, 'bucket');
    const send = client.send({ operation: 'HeadBucket', method: 'HEAD' });
    await expect(send).rejects.toThrow(/Nothing answers at http:\/\/127\.0\.0\.1:\d+\. Check the endpoint/);
    await endpoint.close();
    await store.close();
  });
});

describe('The observer', () => {
  it('is told of every exchange, bytes and all', async () => {
    const seen: S3Exchange[] = [];
    await using server = await startScriptedServer(({ method }) =>
      method === 'PUT' ? { headers: described } : { headers: described, body: 'content' },
    );
    const store = await server.open({ observe: (exchange) => seen.push(exchange) });
    await store.put({ key: 'key', body: Buffer.from('four'), metadata: none });
    await buffer((await store.get({ key: 'key' })).body);
    expect(
      seen.map(({ operation, status, bytesSent, bytesReceived }) => [operation, status, bytesSent, bytesReceived]),
    ).toEqual([
      ['PutObject', 200, 4, 0],
      ['GetObject', 200, 0, 7],
    ]);
  });
});
