/** Whole objects and parts of them, by key and by version. */
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { failure, none, type Probe } from './probe.ts';

export function describeReading(probe: Probe): void {
  const { place, put, read } = probe;

  describe('put and get', () => {
    it('give back what was put', async () => {
      const key = `${place()}file`;
      const content = randomBytes(100_000);
      await probe.store.put({ key, body: content, metadata: none });
      expect(content.equals(await buffer((await probe.store.get({ key })).body))).toBe(true);
    });

    it('take an empty object', async () => {
      const key = `${place()}empty`;
      const version = await put(key, '');
      expect(version.size).toBe(0);
      expect(await read(key)).toBe('');
    });

    it('take a stream of known size', async () => {
      const key = `${place()}stream`;
      const chunks = [randomBytes(70_000), randomBytes(1), randomBytes(300_000)];
      const body = { size: 370_001, open: () => Readable.from(chunks) };
      const version = await probe.store.put({ key, body, metadata: none });
      expect(version.size).toBe(370_001);
      expect(Buffer.concat(chunks).equals(await buffer((await probe.store.get({ key })).body))).toBe(true);
    });

    it('take some megabytes at once', async () => {
      const key = `${place()}large`;
      const content = randomBytes(3 * 1024 * 1024 + 5);
      await probe.store.put({ key, body: content, metadata: none });
      const digest = createHash('sha256').update(await buffer((await probe.store.get({ key })).body));
      expect(digest.digest('hex')).toBe(createHash('sha256').update(content).digest('hex'));
    });

    it('fail with what the body fails with, and leave no object', async () => {
      const key = `${place()}broken`;
      const open = (): Readable =>
        Readable.from(
          (async function* () {
            yield await Promise.resolve(Buffer.alloc(10));
            throw new Error('the disk is gone');
          })(),
        );
      await expect(probe.store.put({ key, body: { size: 20, open }, metadata: none })).rejects.toThrow(
        'the disk is gone',
      );
      expect(await probe.store.head(key)).toBeUndefined();
    });

    it('refuse a stream that is shorter than announced, and leave the object as it was', async () => {
      const key = `${place()}short`;
      await put(key, 'before');
      const body = { size: 100, open: () => Readable.from([Buffer.alloc(10)]) };
      await expect(probe.store.put({ key, body, metadata: none })).rejects.toThrow(failure('Corrupt'));
      expect(await read(key)).toBe('before');
    });

    it('replace an object as a whole', async () => {
      const key = `${place()}file`;
      const first = await put(key, 'a longer content');
      const second = await put(key, 'short');
      expect(second.etag).not.toBe(first.etag);
      expect(await read(key)).toBe('short');
    });

    it('say NotFound for a key that is not there', async () => {
      await expect(probe.store.get({ key: `${place()}nothing` })).rejects.toThrow(failure('NotFound'));
    });

    it('refuse keys that no store can hold', async () => {
      for (const key of ['', 'k'.repeat(probe.store.limits.maxKey + 1)]) {
        await expect(put(key)).rejects.toThrow(failure('InvalidKey'));
        await expect(probe.store.get({ key })).rejects.toThrow(failure('InvalidKey'));
      }
    });

    it('stop when their signal says so', async () => {
      const key = `${place()}file`;
      await put(key);
      const signal = AbortSignal.abort(new Error('not wanted any more'));
      await expect(probe.store.get({ key, signal })).rejects.toThrow('not wanted any more');
      const body = Buffer.from('new');
      await expect(probe.store.put({ key, body, metadata: none, signal })).rejects.toThrow('not wanted any more');
      expect(await read(key)).toBe('content');
    });
  });

  describe('versions', () => {
    it('are the same by put, head, get and list', async () => {
      const prefix = place();
      const key = `${prefix}file`;
      const written = await put(key);
      const head = await probe.store.head(key);
      const got = await probe.store.get({ key });
      got.body.destroy();
      const listed = (await probe.store.list({ prefix })).objects[0];
      expect(head?.version).toEqual(got.version);
      expect(listed?.version).toEqual({ ...head?.version, versionId: undefined });
      expect(written).toMatchObject({ etag: head?.version.etag, size: 7 });
      expect(head?.version.etag).toMatch(/^"[^"]+"$/);
    });

    it('have whole seconds, near those that put said', async () => {
      const key = `${place()}file`;
      const written = await put(key);
      const head = await probe.store.head(key);
      expect(Number.isInteger(head?.version.lastModified)).toBe(true);
      expect(Math.abs((head?.version.lastModified ?? 0) - written.lastModified)).toBeLessThanOrEqual(5);
    });
  });

  describe('ranges', () => {
    const content = '0123456789';
    const range = async (key: string, offset: number, length: number): Promise<string> => {
      const got = await probe.store.get({ key, range: { offset, length } });
      expect(got.version.size).toBe(content.length);
      return (await buffer(got.body)).toString();
    };

    it('give the bytes that were asked for', async () => {
      const key = `${place()}file`;
      await put(key, content);
      expect(await range(key, 0, 1)).toBe('0');
      expect(await range(key, 3, 4)).toBe('3456');
      expect(await range(key, 0, 10)).toBe(content);
    });

    it('are short at the end and empty beyond it', async () => {
      const key = `${place()}file`;
      await put(key, content);
      expect(await range(key, 8, 100)).toBe('89');
      expect(await range(key, 10, 5)).toBe('');
      expect(await range(key, 1000, 5)).toBe('');
      expect(await range(key, 4, 0)).toBe('');
    });

    it('of an empty object are empty', async () => {
      const key = `${place()}empty`;
      await put(key, '');
      const got = await probe.store.get({ key, range: { offset: 0, length: 100 } });
      expect(got.version.size).toBe(0);
      expect(await buffer(got.body)).toHaveLength(0);
    });

    it('of a key that is not there say NotFound', async () => {
      const request = { key: `${place()}nothing`, range: { offset: 5, length: 5 } };
      await expect(probe.store.get(request)).rejects.toThrow(failure('NotFound'));
    });
  });

  describe('pins', () => {
    it('read the version they name', async () => {
      const key = `${place()}file`;
      const { etag } = await put(key);
      expect((await buffer((await probe.store.get({ key, pin: { etag } })).body)).toString()).toBe('content');
      expect((await probe.store.head(key, { etag }))?.version.etag).toBe(etag);
    });

    it('fail when the key is at another version', async () => {
      const key = `${place()}file`;
      const { etag } = await put(key, 'old');
      await put(key, 'new');
      await expect(probe.store.get({ key, pin: { etag } })).rejects.toThrow(failure('PreconditionFailed'));
      const range = { offset: 0, length: 2 };
      await expect(probe.store.get({ key, pin: { etag }, range })).rejects.toThrow(failure('PreconditionFailed'));
      await expect(probe.store.head(key, { etag })).rejects.toThrow(failure('PreconditionFailed'));
    });

    it('find nothing when the key is gone', async () => {
      const key = `${place()}file`;
      const { etag } = await put(key);
      await probe.store.delete([{ key }]);
      expect(await probe.store.head(key, { etag })).toBeUndefined();
      await expect(probe.store.get({ key, pin: { etag } })).rejects.toThrow(failure('NotFound'));
    });
  });
}
