/** Multipart uploads. */
import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { failure, none, type Probe, type Shortcomings } from './probe.ts';

export function describeMultipart(probe: Probe, shortcomings: Shortcomings): void {
  const { place, put, read, keysOf } = probe;

  describe('multipart uploads', () => {
    /** The smallest part that need not be the last, bytes. */
    const partSize = (): number => probe.store.limits.minPart;

    it('join their parts in the order of their numbers, with the metadata of their beginning', async () => {
      const key = `${place()}joined`;
      const metadata = { user: { mode: 'ü' }, contentType: 'text/plain' };
      const uploadId = await probe.store.multipart.create(key, metadata);
      const bodies = [randomBytes(partSize()), randomBytes(17)];
      const second = await probe.store.multipart.uploadPart({
        key,
        uploadId,
        partNumber: 2,
        body: bodies[1] ?? Buffer.of(),
      });
      const first = await probe.store.multipart.uploadPart({
        key,
        uploadId,
        partNumber: 1,
        body: bodies[0] ?? Buffer.of(),
      });
      const version = await probe.store.multipart.complete({ key, uploadId, parts: [first, second] });
      expect(version.size).toBe(partSize() + 17);
      const got = await probe.store.get({ key });
      expect(got.metadata).toMatchObject(metadata);
      expect(got.version.etag).toBe(version.etag);
      expect(Buffer.concat(bodies).equals(await buffer(got.body))).toBe(true);
    });

    it('tell which parts have arrived, and are completed without those that are not named', async () => {
      const key = `${place()}resumed`;
      const uploadId = await probe.store.multipart.create(key, none);
      const send = (partNumber: number, body: Buffer) =>
        probe.store.multipart.uploadPart({ key, uploadId, partNumber, body });
      const first = randomBytes(partSize());
      await send(2, randomBytes(partSize()));
      await send(4, Buffer.from('old'));
      const parts = [await send(2, first), await send(3, randomBytes(partSize())), await send(4, Buffer.from('end'))];
      expect(await probe.store.multipart.listParts(key, uploadId)).toEqual(parts);
      const named = parts.filter(({ partNumber }) => partNumber !== 3);
      await probe.store.multipart.complete({ key, uploadId, parts: named });
      const expected = Buffer.concat([first, Buffer.from('end')]);
      expect(expected.equals(await buffer((await probe.store.get({ key })).body))).toBe(true);
      await expect(probe.store.multipart.listParts(key, uploadId)).rejects.toThrow(failure('NoSuchUpload'));
    });

    it('take parts of other objects', async () => {
      const prefix = place();
      const content = randomBytes(partSize() + 1000);
      const { etag } = await put(`${prefix}source`, content);
      const key = `${prefix}patched`;
      const uploadId = await probe.store.multipart.create(key, none);
      const source = { key, uploadId, sourceKey: `${prefix}source`, pin: { etag } };
      const range = { offset: 10, length: partSize() };
      const first = await probe.store.multipart.copyPart({ ...source, partNumber: 1, range });
      const second = await probe.store.multipart.uploadPart({ key, uploadId, partNumber: 2, body: Buffer.from('end') });
      await probe.store.multipart.complete({ key, uploadId, parts: [first, second] });
      const expected = Buffer.concat([content.subarray(10, 10 + partSize()), Buffer.from('end')]);
      expect(expected.equals(await buffer((await probe.store.get({ key })).body))).toBe(true);
    });

    it('take no part of an object that has changed', async () => {
      const prefix = place();
      const { etag } = await put(`${prefix}source`, 'old');
      await put(`${prefix}source`, 'new');
      const key = `${prefix}patched`;
      const uploadId = await probe.store.multipart.create(key, none);
      const range = { offset: 0, length: 3 };
      const request = { key, uploadId, partNumber: 1, sourceKey: `${prefix}source`, pin: { etag }, range };
      await expect(probe.store.multipart.copyPart(request)).rejects.toThrow(failure('PreconditionFailed'));
      await probe.store.multipart.abort(key, uploadId);
    });

    it('are completed only where the key is as required', async () => {
      const key = `${place()}file`;
      const uploadId = await probe.store.multipart.create(key, none);
      const part = await probe.store.multipart.uploadPart({ key, uploadId, partNumber: 1, body: Buffer.from('part') });
      const other = await put(key, 'other');
      const request = { key, uploadId, parts: [part] };
      const absent = probe.store.multipart.complete({ ...request, condition: { absent: true } });
      await expect(absent).rejects.toThrow(failure('PreconditionFailed'));
      expect(await read(key)).toBe('other');
      await probe.store.multipart.complete({ ...request, condition: { etag: other.etag } });
      expect(await read(key)).toBe('part');
    });

    it('show nothing of themselves before they are completed, and nothing when aborted', async () => {
      const prefix = place();
      const key = `${prefix}unfinished`;
      const uploadId = await probe.store.multipart.create(key, none);
      await probe.store.multipart.uploadPart({ key, uploadId, partNumber: 1, body: Buffer.from('part') });
      expect(await keysOf({ prefix })).toEqual([]);
      const begun = await probe.store.multipart.list(prefix);
      expect(begun).toMatchObject([{ key, uploadId }]);
      expect(begun[0]?.initiated).toBeGreaterThan(0);
      await probe.store.multipart.abort(key, uploadId);
      await probe.store.multipart.abort(key, uploadId);
      expect(await probe.store.multipart.list(prefix)).toEqual([]);
      if (shortcomings.latePart) return;
      const late = probe.store.multipart.uploadPart({ key, uploadId, partNumber: 1, body: Buffer.from('part') });
      await expect(late).rejects.toThrow(failure('NoSuchUpload'));
    });
  });
}
