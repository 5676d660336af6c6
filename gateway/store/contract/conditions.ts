/** Writes and deletes that require the key to be in a state. */
import { describe, expect, it } from 'vitest';
import { StoreError, type Version } from '../object-store.ts';
import { failure, missingEtag, none, type Probe } from './probe.ts';

export function describeConditions(probe: Probe): void {
  const { place, put, read, keysOf } = probe;

  describe('conditions on put', () => {
    const putIf = (key: string, condition: { absent: true } | { etag: string }): Promise<Version> =>
      probe.store.put({ key, body: Buffer.from('conditional'), metadata: none, condition });

    it('are honoured, or the server beneath is of no use for these tests', async () => {
      await putIf(`${place()}file`, { absent: true });
      expect(probe.store.conditional().put).toBe(true);
    });

    it('create a key only where it is absent', async () => {
      const key = `${place()}file`;
      await putIf(key, { absent: true });
      await expect(putIf(key, { absent: true })).rejects.toThrow(failure('PreconditionFailed'));
    });

    it('replace only the version that they name', async () => {
      const key = `${place()}file`;
      const first = await put(key, 'first');
      const second = await putIf(key, { etag: first.etag });
      await put(key, 'other');
      await expect(putIf(key, { etag: second.etag })).rejects.toThrow(failure('PreconditionFailed'));
      expect(await read(key)).toBe('other');
    });

    it('replace nothing where the key is gone', async () => {
      const key = `${place()}file`;
      // AWS answers 404 here, others 412.
      const code = await putIf(key, { etag: missingEtag }).catch(
        (error: unknown) => error instanceof StoreError && error.code,
      );
      expect(['PreconditionFailed', 'NotFound']).toContain(code);
      expect(await probe.store.head(key)).toBeUndefined();
    });

    it('let one of many writers win', async () => {
      const key = `${place()}file`;
      const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => putIf(key, { absent: true })));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });
  });

  describe('delete', () => {
    it('counts a key that is not there as deleted', async () => {
      const prefix = place();
      const keys = [{ key: `${prefix}one` }, { key: `${prefix}two` }];
      expect(await probe.store.delete(keys)).toEqual(keys);
      expect(await probe.store.delete([{ key: `${prefix}one`, etag: missingEtag }])).toEqual([{ key: `${prefix}one` }]);
    });

    it('takes none at all', async () => {
      expect(await probe.store.delete([])).toEqual([]);
    });

    it('spares a key that has changed', async () => {
      const prefix = place();
      const { etag } = await put(`${prefix}file`, 'old');
      await put(`${prefix}file`, 'new');
      const [result] = await probe.store.delete([{ key: `${prefix}file`, etag }]);
      expect(result?.error).toMatchObject({ code: 'PreconditionFailed' });
      expect(await read(`${prefix}file`)).toBe('new');
    });

    it('deletes a key that is as it was', async () => {
      const key = `${place()}file`;
      const { etag } = await put(key);
      expect(await probe.store.delete([{ key, etag }])).toEqual([{ key }]);
      expect(await probe.store.head(key)).toBeUndefined();
    });

    it('judges each key of many by itself', async () => {
      const prefix = place();
      const same = await put(`${prefix}same`);
      const changed = await put(`${prefix}changed`, 'old');
      await put(`${prefix}changed`, 'new');
      await put(`${prefix}any`);
      const results = await probe.store.delete([
        { key: `${prefix}changed`, etag: changed.etag },
        { key: `${prefix}same`, etag: same.etag },
        { key: `${prefix}gone`, etag: same.etag },
        { key: `${prefix}any` },
      ]);
      expect(results.map(({ key, error }) => [key, error?.code])).toEqual([
        [`${prefix}changed`, 'PreconditionFailed'],
        [`${prefix}same`, undefined],
        [`${prefix}gone`, undefined],
        [`${prefix}any`, undefined],
      ]);
      expect(await keysOf({ prefix })).toEqual([`${prefix}changed`]);
    });

    it('judges each of many keys below one prefix by itself, every time', async () => {
      for (let time = 0; time < 2; time++) {
        const prefix = place();
        const versions = await Promise.all(['a', 'b/c', 'b/d', 'b-e', 'f'].map((name) => put(prefix + name, name)));
        const requests = ['a', 'b/c', 'b/d', 'b-e', 'f'].map((name, index) => ({
          key: prefix + name,
          etag: versions[index]?.etag ?? '',
        }));
        await put(`${prefix}b/d`, 'other');
        const results = await probe.store.delete([...requests, { key: `${prefix}gone`, etag: missingEtag }]);
        expect(results.filter(({ error }) => error !== undefined).map(({ key, error }) => [key, error?.code])).toEqual([
          [`${prefix}b/d`, 'PreconditionFailed'],
        ]);
        expect(await keysOf({ prefix })).toEqual([`${prefix}b/d`]);
      }
    });

    it('refuses more than 1,000 keys', async () => {
      const keys = Array.from({ length: 1001 }, (_none, index) => ({ key: `${index}` }));
      await expect(probe.store.delete(keys)).rejects.toThrow(failure('InvalidRequest'));
    });
  });
}
