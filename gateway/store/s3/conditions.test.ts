import { describe, expect, it } from 'vitest';
import { failure, none } from '../contract/probe.ts';
import type { DeleteRequest } from '../object-store.ts';
import type { ConditionSupport } from './conditions.ts';
import { errorBody, startScriptedServer, type ReceivedRequest, type ScriptedAnswer } from './scripted-server.ts';

const copied =
  '<CopyObjectResult><ETag>"copy"</ETag><LastModified>2026-01-01T00:00:00Z</LastModified></CopyObjectResult>';

/** One key that is at ETag "1", on a server that honours conditions or ignores them. */
function judge(honours: boolean): (request: ReceivedRequest, index?: number) => ScriptedAnswer {
  return ({ method, headers, url, body }) => {
    const wanted = [headers['if-match'] ?? '"1"', headers['x-amz-copy-source-if-match'] ?? '"1"'];
    const refused = headers['if-none-match'] !== undefined || wanted.some((etag) => etag !== '"1"');
    if (method === 'HEAD') return url.includes('absent') ? { status: 404 } : { headers: { etag: '"1"' } };
    if (url.includes('?delete')) {
      const errors = [...body.matchAll(/<Key>(.*?)<\/Key><ETag>(.*?)<\/ETag>/g)]
        .filter(([, , etag]) => honours && etag !== '&quot;1&quot;')
        .map(([, key]) => `<Error><Key>${key}</Key><Code>PreconditionFailed</Code></Error>`);
      return { body: `<DeleteResult>${errors.join('')}</DeleteResult>` };
    }
    if (honours && refused) return { status: 412, body: errorBody('PreconditionFailed') };
    if (method === 'DELETE') return { status: 204 };
    return headers['x-amz-copy-source'] === undefined ? { headers: { etag: '"1"' } } : { body: copied };
  };
}

const put = { key: 'key', body: Buffer.from('content'), metadata: none, condition: { etag: '"1"' } };
const lines = (requests: readonly ReceivedRequest[]): string[] =>
  requests.map(({ method, headers }) => {
    const condition = headers['if-match'] ?? headers['if-none-match'] ?? headers['x-amz-copy-source-if-match'];
    return condition === undefined
      ? method
      : `${method} ${condition === '"1"' ? 'real' : condition === '*' ? '*' : 'impossible'}`;
  });

describe('Conditions on PUT', () => {
  it('are found to be honoured by the first conditional PUT, and trusted from then on', async () => {
    await using server = await startScriptedServer(judge(true));
    const found: ConditionSupport[] = [];
    const store = await server.open({ onSupport: (support) => found.push(support) });
    expect(store.conditional().put).toBeUndefined();
    await store.put(put);
    await store.put(put);
    expect(lines(server.requests)).toEqual(['HEAD', 'PUT real', 'PUT impossible', 'PUT real']);
    expect(store.conditional().put).toBe(true);
    expect(found).toEqual([{ put: true }]);
  });

  it('are replaced by a look just before where the server ignores them', async () => {
    await using server = await startScriptedServer(judge(false));
    const store = await server.open();
    await store.put(put);
    expect(store.conditional().put).toBe(false);
    await expect(store.put({ ...put, condition: { etag: '"2"' } })).rejects.toThrow(failure('PreconditionFailed'));
    await expect(store.put({ ...put, condition: { absent: true } })).rejects.toThrow(failure('PreconditionFailed'));
    expect(lines(server.requests)).toEqual(['HEAD', 'PUT real', 'PUT impossible', 'HEAD', 'HEAD']);
  });

  it('never overwrite anything to be found out', async () => {
    await using server = await startScriptedServer(judge(false));
    const store = await server.open();
    await expect(store.put({ ...put, condition: { absent: true } })).rejects.toThrow(failure('PreconditionFailed'));
    expect(lines(server.requests)).toEqual(['HEAD']);
  });

  it('are found out once, however many writers begin together', async () => {
    await using server = await startScriptedServer(judge(true));
    const store = await server.open();
    await Promise.all(Array.from({ length: 5 }, () => store.put(put)));
    expect(lines(server.requests).filter((line) => line === 'PUT impossible')).toHaveLength(1);
    expect(server.requests).toHaveLength(7);
  });

  it('are not asked about again when an earlier run knew', async () => {
    await using server = await startScriptedServer(judge(true));
    const store = await server.open({ support: { put: true } });
    await store.put(put);
    expect(lines(server.requests)).toEqual(['PUT real']);
  });

  it('are not found out by sending a large body twice', async () => {
    await using server = await startScriptedServer(judge(true));
    const store = await server.open();
    await store.put({ ...put, body: Buffer.alloc(17 * 1024 * 1024) });
    expect(lines(server.requests)).toEqual(['HEAD', 'PUT real']);
    expect(store.conditional().put).toBeUndefined();
  });

  it('do not make an own write a conflict whose reply was lost', async () => {
    const md5 = '"9a0364b9e99bb480dd25e1f0284c8555"';
    await using server = await startScriptedServer(({ method }, index) => {
      if (index === 0) return { breakAfter: 0 };
      return method === 'PUT' ? { status: 412, body: errorBody('PreconditionFailed') } : { headers: { etag: md5 } };
    });
    const store = await server.open({ support: { put: true } });
    expect((await store.put({ ...put, condition: { absent: true } })).etag).toBe(md5);
  });
});

describe('Conditions on copies', () => {
  const copy = { sourceKey: 'source', targetKey: 'absent', size: 7 };

  it('on the source are found out by the first pinned copy', async () => {
    await using server = await startScriptedServer(judge(true));
    const store = await server.open();
    await store.copy({ ...copy, pin: { etag: '"1"' } });
    await store.copy({ ...copy, pin: { etag: '"1"' } });
    expect(lines(server.requests)).toEqual(['HEAD real', 'PUT impossible', 'PUT real', 'PUT real']);
  });

  it('on the source are replaced by a look just before where they are ignored', async () => {
    await using server = await startScriptedServer(judge(false));
    const store = await server.open();
    await store.copy({ ...copy, pin: { etag: '"1"' } });
    expect(lines(server.requests)).toEqual(['HEAD real', 'PUT impossible']);
    await expect(store.copy({ ...copy, pin: { etag: '"2"' } })).rejects.toThrow(failure('PreconditionFailed'));
    expect(server.requests).toHaveLength(3);
  });

  it('on the source are found out by a copy with a condition on its target as well', async () => {
    await using server = await startScriptedServer(judge(true));
    const store = await server.open({ support: { copy: true } });
    const request = { ...copy, pin: { etag: '"1"' }, condition: { etag: '"1"' } };
    await store.copy(request);
    await store.copy(request);
    const pins = server.requests.map(({ headers }) => headers['x-amz-copy-source-if-match']);
    expect(pins).toEqual([undefined, '"00000000000000000000000000000000"', '"1"', '"1"']);
  });

  it('of an object onto itself need no look where its pin is honoured', async () => {
    await using server = await startScriptedServer(judge(true));
    const store = await server.open({ support: { copy: false, copySource: true } });
    await store.copy({ ...copy, targetKey: 'source', pin: { etag: '"1"' }, condition: { etag: '"1"' } });
    expect(lines(server.requests)).toEqual(['PUT real']);
  });

  it('on the target are left out where the server says that it does not know them', async () => {
    await using server = await startScriptedServer(({ method, headers }) => {
      if (method === 'HEAD') return { status: 404 };
      if (headers['if-none-match'] !== undefined) return { status: 501, body: errorBody('NotImplemented') };
      return { body: copied };
    });
    const store = await server.open();
    for (let time = 0; time < 2; time++)
      expect((await store.copy({ ...copy, condition: { absent: true } })).etag).toBe('"copy"');
    expect(lines(server.requests)).toEqual(['HEAD', 'PUT *', 'PUT', 'HEAD', 'PUT']);
  });
});

describe('Conditions on the end of an upload in parts', () => {
  const parts = [{ partNumber: 1, etag: '"part"', size: 7 }];
  const complete = { key: 'key', uploadId: 'upload', parts, condition: { etag: '"1"' } };
  const completed = '<CompleteMultipartUploadResult><ETag>"new"</ETag></CompleteMultipartUploadResult>';

  for (const honours of [true, false]) {
    it(`are found to be ${honours ? 'honoured' : 'ignored'} by the first`, async () => {
      await using server = await startScriptedServer((request, index) => {
        const verdict = judge(honours)(request, index);
        return request.method === 'POST' && verdict.status !== 412 ? { body: completed } : verdict;
      });
      const store = await server.open();
      for (let time = 0; time < 2; time++) expect((await store.multipart.complete(complete)).etag).toBe('"new"');
      const rest = honours ? ['POST real', 'POST real'] : ['HEAD', 'POST'];
      expect(lines(server.requests)).toEqual(['HEAD', 'POST impossible', ...rest]);
    });
  }

  it('are replaced by a look where the first refusal ends the upload', async () => {
    let isThere = true;
    await using server = await startScriptedServer(({ method, headers }) => {
      if (method === 'HEAD') return { headers: { etag: '"1"' } };
      if (!isThere) return { status: 404, body: errorBody('NoSuchUpload') };
      if (headers['if-match'] === undefined) return { body: completed };
      isThere = false;
      return { status: 412, body: errorBody('PreconditionFailed') };
    });
    const store = await server.open();
    await expect(store.multipart.complete(complete)).rejects.toThrow(failure('Unavailable'));
    isThere = true;
    expect((await store.multipart.complete(complete)).etag).toBe('"new"');
  });
});

describe('Conditions on deletes', () => {
  const two = [
    { key: 'a', etag: '"1"' },
    { key: 'b', etag: '"2"' },
  ];
  const outcome = [
    ['a', undefined],
    ['b', 'PreconditionFailed'],
  ];

  for (const honours of [true, false]) {
    it(`spare what has changed where the server ${honours ? 'honours' : 'ignores'} them`, async () => {
      await using server = await startScriptedServer(judge(honours));
      const store = await server.open();
      for (let time = 0; time < 2; time++) {
        const results = await store.delete(two);
        expect(results.map(({ key, error }) => [key, error?.code])).toEqual(outcome);
      }
      expect(store.conditional().delete).toBe(honours);
    });
  }

  it('of many keys go in one request once they are known to be honoured', async () => {
    await using server = await startScriptedServer(judge(true));
    const store = await server.open({ support: { batchDelete: true } });
    await store.delete(two);
    expect(lines(server.requests)).toEqual(['POST']);
  });
});

describe('Conditions on deletes of many keys, where the server ignores them there', () => {
  const guarded = (etag: string): DeleteRequest[] => ['d/a', 'd/b', 'd/c', 'd/d'].map((key) => ({ key, etag }));
  const listed = (keys: readonly string[], more = ''): ScriptedAnswer => ({
    body: `<ListBucketResult>${more}${keys.map((key) => `<Contents><Key>${key}</Key><ETag>"1"</ETag><Size>1</Size></Contents>`).join('')}</ListBucketResult>`,
  });
  const support = { batchDelete: false, delete: true };

  it('are replaced by one look at all of them, and one request', async () => {
    await using server = await startScriptedServer(({ method }) =>
      method === 'GET' ? listed(['d/a', 'd/b', 'd/d', 'd/e']) : { body: '<DeleteResult/>' },
    );
    const store = await server.open({ support });
    expect((await store.delete(guarded('"1"'))).map(({ error }) => error?.code)).toEqual(Array(4).fill(undefined));
    expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'POST']);
    const [list, batch] = server.requests;
    expect(new URL(`http://s${list?.url ?? ''}`).searchParams.get('prefix')).toBe('d/');
    expect([...(batch?.body ?? '').matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key]) => key)).toEqual([
      'd/a',
      'd/b',
      'd/d',
    ]);
  });

  it('spare what has changed', async () => {
    await using server = await startScriptedServer(() => listed(['d/a', 'd/b', 'd/c', 'd/d']));
    const store = await server.open({ support });
    const results = await store.delete(guarded('"2"'));
    expect(results.map(({ error }) => error?.code)).toEqual(Array(4).fill('PreconditionFailed'));
    expect(server.requests).toHaveLength(1);
  });

  it('stay with a request for each key where a page tells of too few', async () => {
    const more = '<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>';
    await using server = await startScriptedServer(({ method }) =>
      method === 'GET' ? listed(['d/a', 'd/a1'], more) : { status: 204 },
    );
    const store = await server.open({ support });
    await store.delete(guarded('"1"'));
    const methods = server.requests.map(({ method }) => method);
    // What the page did tell is sent as a batch.
    expect(methods).toEqual(['GET', 'POST', 'DELETE', 'DELETE', 'DELETE']);
  });

  it('take a key that is gone for deleted, however the server refuses it', async () => {
    await using server = await startScriptedServer(({ method }) =>
      method === 'HEAD' ? { status: 404 } : { status: 412, body: errorBody('PreconditionFailed') },
    );
    const store = await server.open({ support });
    expect(await store.delete([{ key: 'gone', etag: '"1"' }])).toEqual([{ key: 'gone' }]);
  });
});

describe('Deletes of many keys', () => {
  const keys = Array.from({ length: 5 }, (_none, index) => ({ key: `key-${index}` }));

  it('go one by one where the server has no DeleteObjects, and that is remembered', async () => {
    await using server = await startScriptedServer(({ method }) =>
      method === 'POST' ? { status: 501, body: errorBody('NotImplemented') } : { status: 204 },
    );
    const store = await server.open();
    for (let time = 0; time < 2; time++) expect(await store.delete(keys)).toEqual(keys);
    expect(server.requests.map(({ method }) => method)).toEqual([
      'POST',
      ...Array.from({ length: 10 }, () => 'DELETE'),
    ]);
  });

  it('take those keys one by one that XML cannot carry', async () => {
    await using server = await startScriptedServer(judge(true));
    await (await server.open()).delete([...keys, { key: 'bell\u0007' }]);
    expect(server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /bucket?delete=',
      'DELETE /bucket/bell%07',
    ]);
    expect(server.requests[0]?.headers['content-md5']).toMatch(/^[A-Za-z0-9+/]{22}==$/);
  });

  it('report an error for a key by its key, and a failed request for all of them', async () => {
    await using server = await startScriptedServer((_request, index) =>
      index === 0
        ? { body: '<DeleteResult><Error><Key>key-3</Key><Code>AccessDenied</Code></Error></DeleteResult>' }
        : { status: 503, body: errorBody('SlowDown') },
    );
    const store = await server.open();
    expect((await store.delete(keys)).map(({ error }) => error?.code)).toEqual([
      undefined,
      undefined,
      undefined,
      'AccessDenied',
      undefined,
    ]);
    expect((await store.delete(keys)).map(({ error }) => error?.code)).toEqual(keys.map(() => 'Unavailable'));
  });
});
