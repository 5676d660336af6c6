/** Listings: order, prefixes, pages. */
import { describe, expect, it } from 'vitest';
import { compareKeys } from '../key.ts';
import { failure, type Probe } from './probe.ts';

export function describeListing(probe: Probe): void {
  const { place, put, keysOf, listAll } = probe;

  describe('list', () => {
    it('gives keys in the order of their UTF-8 bytes', async () => {
      const prefix = place();
      const keys = ['b', 'a/x', 'a.txt', 'a-', 'Z', 'é', '\uffee', '😀', 'a0'].map((key) => prefix + key);
      for (const key of keys) await put(key);
      const listed = await keysOf({ prefix });
      expect(probe.store.ordered ? listed : listed.toSorted(compareKeys)).toEqual(keys.toSorted(compareKeys));
    });

    it('gives only what begins with the prefix, be it a folder or not', async () => {
      const prefix = place();
      for (const key of ['abc', 'abd', 'abe/f', 'b']) await put(prefix + key);
      expect(await keysOf({ prefix: `${prefix}ab` })).toEqual(['abc', 'abd', 'abe/f'].map((key) => prefix + key));
      expect(await keysOf({ prefix: `${prefix}nothing` })).toEqual([]);
    });

    it('rolls up what lies deeper when there is a delimiter', async () => {
      const prefix = place();
      for (const key of ['a', 'b/1', 'b/2/3', 'c/', 'd']) await put(prefix + key, key.endsWith('/') ? '' : 'content');
      const page = await probe.store.list({ prefix, delimiter: '/' });
      expect(page.objects.map(({ key }) => key)).toEqual([`${prefix}a`, `${prefix}d`]);
      expect(page.prefixes).toEqual([`${prefix}b/`, `${prefix}c/`]);
    });

    it('rolls up under a prefix that ends inside a name', async () => {
      const prefix = place();
      for (const key of ['abc', 'abd/x', 'b/x']) await put(prefix + key);
      const page = await probe.store.list({ prefix: `${prefix}ab`, delimiter: '/' });
      expect(page.objects.map(({ key }) => key)).toEqual([`${prefix}abc`]);
      expect(page.prefixes).toEqual([`${prefix}abd/`]);
    });

    it('shows a directory marker as a prefix above it and as an object inside', async () => {
      const prefix = place();
      await put(`${prefix}marker/`, '', { user: { mode: '1' }, contentType: 'application/x-directory' });
      expect((await probe.store.list({ prefix, delimiter: '/' })).prefixes).toEqual([`${prefix}marker/`]);
      expect(await keysOf({ prefix: `${prefix}marker/`, delimiter: '/' })).toEqual([`${prefix}marker/`]);
      expect(await probe.store.head(`${prefix}marker/`)).toMatchObject({
        version: { size: 0 },
        metadata: { user: { mode: '1' } },
      });
      await put(`${prefix}marker/file`);
      expect(await keysOf({ prefix })).toEqual([`${prefix}marker/`, `${prefix}marker/file`]);
      await probe.store.delete([{ key: `${prefix}marker/file` }]);
      expect(await keysOf({ prefix })).toEqual([`${prefix}marker/`]);
      await probe.store.delete([{ key: `${prefix}marker/` }]);
      expect(await keysOf({ prefix })).toEqual([]);
    });

    it('shows no prefix any more when its last object is gone', async () => {
      const prefix = place();
      await put(`${prefix}a/b/c`);
      await probe.store.delete([{ key: `${prefix}a/b/c` }]);
      expect(await probe.store.list({ prefix, delimiter: '/' })).toMatchObject({ objects: [], prefixes: [] });
      expect(await probe.store.head(`${prefix}a/`)).toBeUndefined();
    });

    it('starts after a key, be it there or not', async () => {
      const prefix = place();
      for (const key of ['a', 'b', 'c/1', 'd']) await put(prefix + key);
      expect(await keysOf({ prefix, startAfter: `${prefix}b` })).toEqual([`${prefix}c/1`, `${prefix}d`]);
      expect(await keysOf({ prefix, startAfter: `${prefix}bb` })).toEqual([`${prefix}c/1`, `${prefix}d`]);
      // Whether a prefix is given that `startAfter` lies in, servers do not agree.
      const page = await probe.store.list({ prefix, delimiter: '/', startAfter: `${prefix}b` });
      expect(page.prefixes).toEqual([`${prefix}c/`]);
      expect(page.objects.map(({ key }) => key)).toEqual([`${prefix}d`]);
    });

    it('goes on page by page without losing or repeating anything', async () => {
      const prefix = place();
      const keys = Array.from(
        { length: 23 },
        (_none, index) => `${prefix}${index % 3 === 0 ? `d${index}/x` : `f${index}`}`,
      );
      await Promise.all(keys.map((key) => put(key)));
      const flat = await listAll({ prefix, limit: 5 });
      expect(flat.objects.map(({ key }) => key)).toEqual(keys.toSorted(compareKeys));
      expect(flat.pages).toBeGreaterThanOrEqual(5);
      const rolled = await listAll({ prefix, delimiter: '/', limit: 4 });
      expect(rolled.objects).toHaveLength(15);
      expect(rolled.prefixes).toHaveLength(8);
      expect(new Set([...rolled.objects.map(({ key }) => key), ...rolled.prefixes]).size).toBe(23);
    });

    it('gives 1,000 keys to a page and says that there are more', async () => {
      const prefix = place();
      for (let begin = 0; begin < 1005; begin += 67) {
        await Promise.all(Array.from({ length: 67 }, (_none, index) => put(`${prefix}${begin + index}`, '')));
      }
      const { objects, pages } = await listAll({ prefix });
      expect(objects).toHaveLength(1005);
      expect(pages).toBe(2);
      const results = await probe.store.delete(objects.slice(0, 1000).map(({ key }) => ({ key })));
      expect(results.filter(({ error }) => error !== undefined)).toEqual([]);
      expect(await keysOf({ prefix })).toHaveLength(5);
    }, 120_000);

    it('gives fewer than 1 or more than 1,000 entries to nobody', async () => {
      for (const limit of [0, 1001, 1.5]) {
        await expect(probe.store.list({ prefix: '', limit })).rejects.toThrow(failure('InvalidRequest'));
      }
    });
  });
}
