import { describe, expect, it } from 'vitest';
import { describeObjectStore } from '../contract.ts';
import { MemoryStore } from './memory-store.ts';

describeObjectStore('MemoryStore', () =>
  Promise.resolve({ store: new MemoryStore(), cleanUp: () => Promise.resolve() }),
);

describe('MemoryStore', () => {
  const metadata = { user: {} };

  it('counts requests by kind', async () => {
    const store = new MemoryStore();
    await store.put({ key: 'a', body: Buffer.from('a'), metadata });
    await store.head('a');
    await store.head('b');
    expect([store.count('put'), store.count('head'), store.count('get'), store.count()]).toEqual([1, 2, 0, 3]);
  });

  it('carries out a request whose answer is lost, and none that is not sent', async () => {
    let fails: 'lost' | 'unsent' = 'lost';
    const store = new MemoryStore({ fate: () => ({ fails }) });
    const failure = expect.objectContaining({ code: 'Unavailable' }) as Error;
    await expect(store.put({ key: 'a', body: Buffer.from('a'), metadata })).rejects.toThrow(failure);
    fails = 'unsent';
    await expect(store.put({ key: 'b', body: Buffer.from('b'), metadata })).rejects.toThrow(failure);
    expect(store.bucket.keys()).toEqual(['a']);
  });

  it('carries out nothing after it was cut off', async () => {
    const store = new MemoryStore({ fate: () => ({ before: 1 }) });
    const put = store.put({ key: 'a', body: Buffer.from('a'), metadata });
    store.cut();
    await expect(put).rejects.toThrow(expect.objectContaining({ code: 'Unavailable' }));
    expect(store.bucket.keys()).toEqual([]);
  });
});
