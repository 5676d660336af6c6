import { describe, expect, it } from 'vitest';
import type { Event } from '../../src-main/api/events.ts';
import { fetchWindlass } from './fetch-windlass.ts';

interface Asked {
  readonly path: string;
  readonly init: RequestInit | undefined;
}

/** A client whose requests are all answered alike. */
function client(answer: () => Response | Promise<Response>) {
  const asked: Asked[] = [];
  let signedOut = 0;
  const windlass = fetchWindlass({
    token: 'hunter2',
    onSignedOut: () => (signedOut += 1),
    fetch: async (path, init) => {
      asked.push({ path: path as string, init });
      return answer();
    },
  });
  return { windlass, asked, signedOut: () => signedOut };
}

const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status });
const problem = { type: 'urn:x', title: 'T', status: 401, code: 'credentials', detail: 'No.', remedy: 'Sign in.' };

describe('The client of the window', () => {
  it('asks as the table of routes says, with the token in a header and no cookie', async () => {
    const { windlass, asked } = client(() => json({}));
    await windlass.removeMount({ id: 'a_1', body: { force: 'lazy' } });
    expect(asked).toMatchObject([
      {
        path: '/v1/mounts/a_1/remove',
        init: {
          method: 'POST',
          body: '{"force":"lazy"}',
          credentials: 'omit',
          headers: { authorization: 'Bearer hunter2' },
        },
      },
    ]);
  });

  it('passes problems on, and hears that it is signed out', async () => {
    const { windlass, signedOut } = client(() => json(problem, 401));
    await expect(windlass.listMounts({})).rejects.toMatchObject({ problem });
    expect(signedOut()).toBe(1);
  });

  it('takes no answer that is not what the schema says', async () => {
    await expect(client(() => json([{ id: 1 }])).windlass.listMounts({})).rejects.toThrow(/another version/);
    await expect(client(() => new Response('<html>')).windlass.listMounts({})).rejects.toThrow(/another version/);
  });

  it('says so where nothing answers', async () => {
    const { windlass } = client(() => Promise.reject(new TypeError('Failed to fetch')));
    await expect(windlass.listMounts({})).rejects.toThrow(/does not answer/);
  });

  it('hears events however they are cut, leaves out what it does not know, and notices the end', async () => {
    const lines = '\n{"event":"mount-removed","id":"ä"}\n{"event":"later"}\n{"event":"transfer-done","id":"t"}\n';
    const bytes = new TextEncoder().encode(lines);
    const chunks = [...bytes].map((byte) => Uint8Array.of(byte));
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const chunk of chunks) controller.enqueue(chunk);
        controller.close();
      },
    });
    const heard: Event[] = [];
    const follow = async () => {
      for await (const event of client(() => new Response(body)).windlass.events(new AbortController().signal))
        heard.push(event);
    };
    await expect(follow()).rejects.toThrow(/does not answer/);
    expect(heard).toEqual([
      { event: 'mount-removed', id: 'ä' },
      { event: 'transfer-done', id: 't' },
    ]);
  });
});
