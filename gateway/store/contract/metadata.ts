/** Metadata, and copies, which carry or replace it. */
import { describe, expect, it } from 'vitest';
import type { ObjectMetadata } from '../object-store.ts';
import { failure, missingEtag, type Probe, type Shortcomings } from './probe.ts';

export function describeMetadata(probe: Probe, shortcomings: Shortcomings): void {
  const { place, put, read } = probe;

  describe('metadata', () => {
    const user = {
      'file-permissions': '0100644',
      mtime: '1700000000.123456789',
      greeting: 'grüß Gott, 世界 🚀',
      spaces: '  at both ends  and inside ',
      'looks-encoded': '=?UTF-8?B?YQ==?=',
      'line-feed': 'a\nb',
    };

    it('of users comes back as it was put, whatever its characters', async () => {
      const key = `${place()}file`;
      await put(key, 'content', { user });
      expect((await probe.store.head(key))?.metadata.user).toEqual(user);
      const got = await probe.store.get({ key });
      got.body.destroy();
      expect(got.metadata.user).toEqual(user);
    });

    it.skipIf(shortcomings.systemMetadata)('of the system comes back too', async () => {
      const key = `${place()}page`;
      const metadata: ObjectMetadata = {
        user: {},
        contentType: 'text/html; charset=utf-8',
        cacheControl: 'max-age=60',
        contentDisposition: 'attachment; filename="a.html"',
        contentEncoding: 'identity',
        contentLanguage: 'de',
        expires: 'Thu, 01 Jan 2037 00:00:00 GMT',
      };
      await put(key, 'content', metadata);
      expect((await probe.store.head(key))?.metadata).toMatchObject(metadata);
    });

    it('of an object that is put again is the new one alone', async () => {
      const key = `${place()}file`;
      await put(key, 'content', { user: { old: '1' } });
      await put(key, 'content', { user: { new: '2' } });
      expect((await probe.store.head(key))?.metadata.user).toEqual({ new: '2' });
    });

    it.skipIf(shortcomings.tags)('has the tags', async () => {
      const key = `${place()}tagged`;
      const tags = { project: 'a = b+c', 'cost:centre': '' };
      await put(key, 'content', { user: {}, tags });
      expect(await probe.store.head(key)).toMatchObject({ tagCount: 2, metadata: { tags } });
    });
  });

  describe('copy', () => {
    it('carries content and metadata', async () => {
      const prefix = place();
      const { size, etag } = await put(`${prefix}source`, 'copied', {
        user: { mode: 'ü' },
        contentType: 'text/plain',
      });
      const version = await probe.store.copy({
        sourceKey: `${prefix}source`,
        pin: { etag },
        targetKey: `${prefix}target`,
        size,
      });
      expect(await read(`${prefix}target`)).toBe('copied');
      const head = await probe.store.head(`${prefix}target`);
      expect(head).toMatchObject({ metadata: { user: { mode: 'ü' }, contentType: 'text/plain' } });
      expect(version).toMatchObject({ etag: head?.version.etag, size, lastModified: head?.version.lastModified });
    });

    it('replaces the metadata when given one', async () => {
      const prefix = place();
      await put(`${prefix}source`, 'copied', { user: { old: '1' }, contentType: 'text/plain' });
      const metadata = { user: { new: '2' }, contentType: 'text/html' };
      await probe.store.copy({ sourceKey: `${prefix}source`, targetKey: `${prefix}target`, size: 6, metadata });
      expect((await probe.store.head(`${prefix}target`))?.metadata).toMatchObject(metadata);
      expect((await probe.store.head(`${prefix}target`))?.metadata.user).toEqual({ new: '2' });
    });

    it('changes the metadata of an object in its place', async () => {
      const key = `${place()}file`;
      const { etag } = await put(key, 'stays', { user: { mode: '1' } });
      await probe.store.copy({
        sourceKey: key,
        targetKey: key,
        size: 5,
        pin: { etag },
        metadata: { user: { mode: '2' } },
      });
      expect(await read(key)).toBe('stays');
      expect((await probe.store.head(key))?.metadata.user).toEqual({ mode: '2' });
    });

    it('carries a directory marker', async () => {
      const prefix = place();
      await put(`${prefix}old/`, '', { user: { mode: '16877' } });
      await probe.store.copy({ sourceKey: `${prefix}old/`, targetKey: `${prefix}new/`, size: 0 });
      expect((await probe.store.head(`${prefix}new/`))?.metadata.user).toEqual({ mode: '16877' });
    });

    it('fails when the source is at another version or gone', async () => {
      const prefix = place();
      const { etag } = await put(`${prefix}source`, 'old');
      await put(`${prefix}source`, 'new');
      const request = { sourceKey: `${prefix}source`, targetKey: `${prefix}target`, size: 3 };
      await expect(probe.store.copy({ ...request, pin: { etag } })).rejects.toThrow(failure('PreconditionFailed'));
      await expect(probe.store.copy({ ...request, sourceKey: `${prefix}none` })).rejects.toThrow(failure('NotFound'));
      expect(await probe.store.head(`${prefix}target`)).toBeUndefined();
    });

    it('fails when the target is not as required', async () => {
      const prefix = place();
      const { size } = await put(`${prefix}source`);
      const request = { sourceKey: `${prefix}source`, targetKey: `${prefix}target`, size };
      await probe.store.copy({ ...request, condition: { absent: true } });
      await expect(probe.store.copy({ ...request, condition: { absent: true } })).rejects.toThrow(
        failure('PreconditionFailed'),
      );
      const condition = { etag: missingEtag };
      await expect(probe.store.copy({ ...request, condition })).rejects.toThrow(failure('PreconditionFailed'));
    });
  });
}
