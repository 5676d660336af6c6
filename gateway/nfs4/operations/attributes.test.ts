import { describe, expect, it } from 'vitest';
import { Attribute } from '../attributes/numbers.ts';
import { bits, type RawAttributes } from '../codec/basic.ts';
import { attributeValues, settableAttributes } from '../testing/attribute-values.ts';
import { call, type Call } from '../testing/compound-client.ts';
import type { MemoryFileSystem } from '../testing/memory-file-system.ts';
import { stateless } from '../testing/stateless.ts';
import { access } from './access.ts';
import { commit } from './commit.ts';
import { getattr } from './getattr.ts';
import { lookup } from './lookup.ts';
import { nverify } from './nverify.ts';
import { putrootfh } from './putrootfh.ts';
import { setattr } from './setattr.ts';
import { verify } from './verify.ts';

const caller = { uid: 1000, gid: 1000, gids: [], address: '127.0.0.1' };
const anonymous = { seqid: 0, other: Buffer.alloc(12) };
const root = call(putrootfh, undefined);
const data = [root, call(lookup, { name: Buffer.from('data') })];
const file = [...data, call(lookup, { name: Buffer.from('file') })];
const set = (attributes: RawAttributes): Call => call(setattr, { stateid: anonymous, attributes });
const get = (...numbers: readonly number[]): Call => call(getattr, { asked: bits(...numbers) });

async function withFile(): Promise<{ client: ReturnType<typeof stateless>['client']; fileSystem: MemoryFileSystem }> {
  const { client, fileSystem } = stateless(0);
  const directory = await fileSystem.lookup(fileSystem.root(), 'data', caller);
  await fileSystem.createFile(directory, 'file', { mode: 'guarded', attributes: { mode: 0o644 } }, { caller });
  return { client, fileSystem };
}

describe('GETATTR', () => {
  it('answers what is supported of what is asked for', async () => {
    const { client } = await withFile();
    const reply = await client.compound(...file, get(Attribute.type, Attribute.size, 12, Attribute.mode, 200));
    const { attributes } = reply.value(getattr);
    expect([...attributeValues(attributes)]).toEqual([
      [Attribute.type, 1],
      [Attribute.size, 0n],
      [Attribute.mode, 0o644],
    ]);
  });

  it('asks for the figures of the file system only where they are wanted', async () => {
    const { client, fileSystem } = await withFile();
    let asked = 0;
    const status = fileSystem.status.bind(fileSystem);
    fileSystem.status = async (node) => {
      asked++;
      return status(node);
    };
    await client.compound(...data, get(Attribute.type, Attribute.spaceUsed));
    expect(asked).toBe(0);
    const reply = await client.compound(...data, get(Attribute.spaceTotal));
    expect(attributeValues(reply.value(getattr).attributes).get(Attribute.spaceTotal)).toBe(2n ** 50n);
    expect(asked).toBe(1);
  });

  it('is INVAL for an attribute that can only be set', async () => {
    const { client } = await withFile();
    expect((await client.compound(...file, get(Attribute.timeAccessSet))).summary.at(-1)).toBe('GETATTR INVAL');
  });

  it('has another mounted_on_fileid than fileid at the root of an export', async () => {
    const { client } = await withFile();
    const reply = await client.compound(...data, get(Attribute.fileid, Attribute.mountedOnFileid));
    const values = attributeValues(reply.value(getattr).attributes);
    expect(values.get(Attribute.mountedOnFileid)).not.toBe(values.get(Attribute.fileid));
  });
});

describe('SETATTR', () => {
  it('says what it set and leaves it set', async () => {
    const { client } = await withFile();
    const attributes = settableAttributes(
      [Attribute.size, (w) => w.uint64(10n)],
      [Attribute.mode, (w) => w.uint32(0o600)],
    );
    const reply = await client.compound(...file, set(attributes), get(Attribute.size, Attribute.mode));
    expect(reply.value(setattr)).toBe(attributes.mask);
    expect(reply.value(getattr).attributes.values.toString('hex')).toBe('000000000000000a' + '00000180');
  });

  it.each([
    ['mode of another', root, settableAttributes([Attribute.mode, (w) => w.uint32(0)]), 'ROFS'],
    [
      'a size beyond the largest file',
      file[2],
      settableAttributes([Attribute.size, (w) => w.uint64(2n ** 63n)]),
      'FBIG',
    ],
    ['the size of a directory', undefined, settableAttributes([Attribute.size, (w) => w.uint64(0n)]), 'ISDIR'],
    ['fileid', undefined, settableAttributes([Attribute.fileid, (w) => w.uint64(0n)]), 'INVAL'],
    ['an ACL', undefined, settableAttributes([12, (w) => w.uint32(0)]), 'ATTRNOTSUPP'],
    [
      'an owner without a number',
      undefined,
      { mask: bits(36), values: Buffer.from('00000001' + '61000000', 'hex') },
      'BADOWNER',
    ],
    ['cut values', undefined, { mask: bits(33), values: Buffer.alloc(0) }, 'BADXDR'],
  ] as const)('refuses %s', async (_what, more, attributes, status) => {
    const { client } = await withFile();
    const reply = await client.compound(...data, ...(more === undefined ? [] : [more]), set(attributes));
    expect(reply.results.at(-1)).toMatchObject({ summary: `SETATTR ${status}`, value: 0n });
  });

  it('sets a size under the open of its stateid, whose access suffices', async () => {
    const { client, fileSystem } = await withFile();
    const size = settableAttributes([Attribute.size, (w) => w.uint64(1n)]);
    client.credential = { flavor: 'none' };
    expect((await client.compound(...file, set(size))).summary.at(-1)).toBe('SETATTR ACCESS');
    const directory = await fileSystem.lookup(fileSystem.root(), 'data', caller);
    const node = await fileSystem.lookup(directory, 'file', caller);
    const open = await fileSystem.open(node, { read: false, write: true }, 'open', caller);
    const { client: opener } = stateless(0, { fileSystem, open });
    opener.credential = { flavor: 'none' };
    expect((await opener.compound(...file, set(size))).summary.at(-1)).toBe('SETATTR OK');
  });

  it('of nothing changes nothing', async () => {
    const { client } = await withFile();
    const nothing = set({ mask: 0n, values: Buffer.alloc(0) });
    const [before, after] = [get(Attribute.change), get(Attribute.change)];
    const reply = await client.compound(...file, before, nothing, after);
    expect(reply.results[3]?.value).toEqual(reply.results[5]?.value);
  });
});

describe('VERIFY and NVERIFY', () => {
  const same: RawAttributes = {
    mask: bits(Attribute.type, Attribute.size),
    values: Buffer.from('00000001' + '0'.repeat(16), 'hex'),
  };
  const other: RawAttributes = { ...same, values: Buffer.from('00000001' + '0'.repeat(15) + '1', 'hex') };

  it('compare all of the attributes', async () => {
    const { client } = await withFile();
    const last = async (request: Call): Promise<unknown> => (await client.compound(...file, request)).summary.at(-1);
    expect(await last(call(verify, { attributes: same }))).toBe('VERIFY OK');
    expect(await last(call(verify, { attributes: other }))).toBe('VERIFY NOT_SAME');
    expect(await last(call(nverify, { attributes: same }))).toBe('NVERIFY SAME');
    expect(await last(call(nverify, { attributes: other }))).toBe('NVERIFY OK');
  });

  it.each([
    [Attribute.readdirError, 'INVAL'],
    [Attribute.timeModifySet, 'INVAL'],
    [12, 'ATTRNOTSUPP'],
  ] as const)('of attribute %d are %s', async (number, status) => {
    const { client } = await withFile();
    const attributes = { mask: bits(number), values: Buffer.alloc(4) };
    expect((await client.compound(...file, call(verify, { attributes }))).summary.at(-1)).toBe(`VERIFY ${status}`);
    expect((await client.compound(...file, call(nverify, { attributes }))).summary.at(-1)).toBe(`NVERIFY ${status}`);
  });
});

describe('ACCESS', () => {
  it('supports what the type has and grants what the mode does', async () => {
    const { client } = await withFile();
    expect((await client.compound(...file, call(access, { access: 0x1ff }))).value(access)).toEqual({
      supported: 0x2d,
      access: 0x0d,
    });
    expect((await client.compound(...data, call(access, { access: 0x3f }))).value(access).supported).toBe(0x1f);
    client.credential = { flavor: 'none' };
    expect((await client.compound(...file, call(access, { access: 0x3f }))).value(access).access).toBe(0x01);
  });
});

describe('COMMIT', () => {
  it('answers the write verifier', async () => {
    const { client, fileSystem } = await withFile();
    const reply = await client.compound(...file, call(commit, { offset: 0n, count: 0 }));
    expect(reply.value(commit).verifier).toEqual(fileSystem.writeVerifier());
  });

  it('of a directory is ISDIR, of a range beyond 2^64 INVAL', async () => {
    const { client } = await withFile();
    const last = async (...calls: readonly Call[]): Promise<unknown> =>
      (await client.compound(...calls)).summary.at(-1);
    expect(await last(...data, call(commit, { offset: 0n, count: 0 }))).toBe('COMMIT ISDIR');
    expect(await last(...file, call(commit, { offset: 2n ** 64n - 1n, count: 1 }))).toBe('COMMIT OK');
    expect(await last(...file, call(commit, { offset: 2n ** 64n - 1n, count: 2 }))).toBe('COMMIT INVAL');
  });
});
