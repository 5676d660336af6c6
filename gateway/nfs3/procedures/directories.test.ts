import { describe, expect, it } from 'vitest';
import { Nfs3Server, type Nfs3Client } from '../testing/nfs3-server.ts';
import { lookup } from './lookup.ts';
import { readdir } from './readdir.ts';
import { readdirplus } from './readdirplus.ts';
import { remove } from './remove.ts';

const verifier = Buffer.alloc(8);
const many = Object.fromEntries(
  Array.from({ length: 300 }, (_, index) => [`name-${String(index).padStart(4, '0')}`, 'x']),
);

interface Listing {
  readonly names: readonly string[];
  readonly calls: number;
}

/** Reads to the end; every reply fits into `count`. */
async function readAll(client: Nfs3Client, count: number, kind: 'readdir' | 'readdirplus'): Promise<Listing> {
  const names: string[] = [];
  let calls = 0;
  for (let cookie = 0, eof = false; !eof; calls++) {
    const directory = client.root;
    const reply =
      kind === 'readdir'
        ? await client.call(readdir, { directory, cookie, verifier, count })
        : await client.call(readdirplus, { directory, cookie, verifier, directoryCount: count, maxCount: count });
    expect(reply.status).toBe('OK');
    expect(reply.body.length + 4).toBeLessThanOrEqual(count);
    expect(reply.ok.entries.length).toBeGreaterThan(0);
    for (const entry of reply.ok.entries) {
      names.push(entry.name.toString());
      expect(entry.cookie).toBeGreaterThan(cookie);
      cookie = entry.cookie;
    }
    eof = reply.ok.eof;
  }
  return { names, calls };
}

describe.each(['readdir', 'readdirplus'] as const)('%s', (kind) => {
  it.each([512, 1024, 8192, 1024 * 1024])('lists everything once in replies of at most %d bytes', async (count) => {
    const client = await (await Nfs3Server.start(many)).mount();
    const { names, calls } = await readAll(client, count, kind);
    expect(names).toEqual(['.', '..', ...Object.keys(many)]);
    if (count === 1024 * 1024) expect(calls).toBe(1);
    if (count <= 1024) expect(calls).toBeGreaterThan(10);
  });

  it('says at once of an empty directory that it ends', async () => {
    const client = await (await Nfs3Server.start()).mount();
    expect(await readAll(client, 4096, kind)).toEqual({ names: ['.', '..'], calls: 1 });
  });

  it('goes on after an entry that has been removed', async () => {
    const client = await (await Nfs3Server.start({ a: '', b: '', c: '' })).mount();
    const directory = client.root;
    const all = await client.ok(readdir, { directory, cookie: 0, verifier, count: 4096 });
    const b = all.entries.find(({ name }) => name.toString() === 'b');
    await client.ok(remove, { object: client.named('b') });
    const rest = await client.ok(readdir, { directory, cookie: b?.cookie ?? 0, verifier, count: 4096 });
    expect([rest.entries.map(({ name }) => name.toString()), rest.eof]).toEqual([['c'], true]);
    const last = await client.ok(readdir, { directory, cookie: rest.entries[0]?.cookie ?? 0, verifier, count: 4096 });
    expect([last.entries, last.eof]).toEqual([[], true]);
  });

  it('is TOOSMALL where not even one entry fits, and NOTDIR of a file', async () => {
    const client = await (await Nfs3Server.start({ file: '' })).mount();
    const limits = { directoryCount: 100, maxCount: 100, count: 100 };
    const procedure = kind === 'readdir' ? readdir : readdirplus;
    const asking = { cookie: 0, verifier, ...limits };
    const { status } = await client.call(procedure as typeof readdir, { directory: client.root, ...asking });
    expect(status).toBe('TOOSMALL');
    const { object } = await client.ok(lookup, { what: client.named('file') });
    expect((await client.call(procedure as typeof readdir, { directory: object, ...asking })).status).toBe('NOTDIR');
  });
});

describe('READDIRPLUS', () => {
  it('describes entries as LOOKUP does, .. at the top as the directory itself', async () => {
    const client = await (await Nfs3Server.start({ file: 'hello', 'sub/inner': '' })).mount();
    const limits = { directoryCount: 8192, maxCount: 8192 };
    const reply = await client.ok(readdirplus, { directory: client.root, cookie: 0, verifier, ...limits });
    for (const { name, handle, attributes, fileid } of reply.entries) {
      const found = await client.ok(lookup, { what: client.named(name.toString()) });
      expect([handle, attributes]).toEqual([found.object, found.attributes]);
      expect(fileid).toBe(found.attributes?.fileid);
    }
    expect(reply.entries[1]?.handle).toEqual(client.root);
  });

  it('keeps to the bytes for names that the client asks for', async () => {
    const client = await (await Nfs3Server.start(many)).mount();
    const limits = { directoryCount: 512, maxCount: 32 * 1024 };
    const { entries, eof } = await client.ok(readdirplus, { directory: client.root, cookie: 0, verifier, ...limits });
    const bytes = entries.reduce((sum, { name }) => sum + 24 + Math.ceil(name.length / 4) * 4, 0);
    expect(bytes).toBeLessThanOrEqual(512);
    expect([entries.length > 5, eof]).toEqual([true, false]);
  });
});
