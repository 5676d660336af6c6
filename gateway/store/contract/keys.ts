/** Keys of every kind. */
import { describe, expect, it } from 'vitest';
import { compareKeys } from '../key.ts';
import { oddKeys, type Probe, type Shortcomings } from './probe.ts';

export function describeKeys(probe: Probe, shortcomings: Shortcomings): void {
  const { place, put, read, keysOf } = probe;

  describe('keys', () => {
    for (const [kind, odd] of Object.entries(oddKeys)) {
      it.skipIf(shortcomings.keys?.some((refused) => refused === kind))(`may have ${kind}`, async () => {
        const prefix = place();
        const key = odd.startsWith('/') ? `${odd}-${place().slice(0, -1)}` : prefix + odd;
        await put(key, kind);
        expect(await read(key)).toBe(kind);
        expect(await keysOf({ prefix: key })).toEqual([key]);
        const copied = `${key}-copy`;
        await probe.store.copy({ sourceKey: key, targetKey: copied, size: kind.length });
        expect(await read(copied)).toBe(kind);
        const results = await probe.store.delete([{ key }, { key: copied }]);
        expect(results).toEqual([{ key }, { key: copied }]);
        expect(await keysOf({ prefix: key })).toEqual([]);
      });
    }

    it('may have 1,024 bytes', async () => {
      const prefix = place();
      const components = `${prefix}${`${'é'.repeat(60)}/`.repeat(8)}`;
      const key = components + 'x'.repeat(1024 - Buffer.byteLength(components));
      await put(key, 'long');
      expect(await read(key)).toBe('long');
      expect(await keysOf({ prefix })).toEqual([key]);
    });

    it.skipIf(shortcomings.fileBesideFolder)('may lie below another key', async () => {
      const prefix = place();
      await put(`${prefix}a`, 'file');
      await put(`${prefix}a/b`, 'below');
      await put(`${prefix}c/d`, 'below');
      await put(`${prefix}c`, 'file');
      expect(await read(`${prefix}a`)).toBe('file');
      expect(await read(`${prefix}a/b`)).toBe('below');
      expect(await read(`${prefix}c`)).toBe('file');
      expect(await keysOf({ prefix })).toEqual(['a', 'a/b', 'c', 'c/d'].map((key) => prefix + key));
      const page = await probe.store.list({ prefix, delimiter: '/' });
      expect(page.objects.map(({ key }) => key)).toEqual([`${prefix}a`, `${prefix}c`]);
      expect(page.prefixes).toEqual([`${prefix}a/`, `${prefix}c/`]);
      await probe.store.delete([{ key: `${prefix}a` }, { key: `${prefix}c/d` }]);
      expect(await keysOf({ prefix })).toEqual([`${prefix}a/b`, `${prefix}c`]);
    });

    it('that differ only in case or in Unicode normalization are two', async () => {
      const prefix = place();
      const keys = ['Name', 'name', 'cafe\u0301', 'caf\u00e9'].map((key) => prefix + key);
      for (const key of keys) await put(key, key);
      for (const key of keys) expect(await read(key)).toBe(key);
      expect(await keysOf({ prefix })).toEqual(keys.toSorted(compareKeys));
    });
  });
}
