import { describe, expect, it } from 'vitest';
import type { RawAttributes } from '../codec/basic.ts';
import { statusName } from '../codec/status.ts';
import { call, type Call, type CompoundReply } from '../testing/compound-client.ts';
import { settableAttributes, attributeValues } from '../testing/attribute-values.ts';
import { stateless, type Stateless } from '../testing/stateless.ts';
import { Attribute } from '../attributes/numbers.ts';
import { bits } from '../codec/basic.ts';
import type { CreateType } from '../codec/files.ts';
import { create } from './create.ts';
import { getattr } from './getattr.ts';
import { getfh } from './getfh.ts';
import { link } from './link.ts';
import { lookup } from './lookup.ts';
import { lookupp } from './lookupp.ts';
import { putfh } from './putfh.ts';
import { putpubfh } from './putpubfh.ts';
import { putrootfh } from './putrootfh.ts';
import { readlink } from './readlink.ts';
import { remove } from './remove.ts';
import { rename } from './rename.ts';
import { savefh } from './savefh.ts';
import { secinfo } from './secinfo.ts';
import { secinfoNoName } from './secinfo-no-name.ts';
import { MemoryFileSystem } from '../testing/memory-file-system.ts';

const none: RawAttributes = { mask: 0n, values: Buffer.alloc(0) };
const root = call(putrootfh, undefined);
const to = (name: string | Buffer): Call => call(lookup, { name: Buffer.from(name) });
const data = [root, to('data')];
const save = call(savefh, undefined);
const handle = call(getfh, undefined);
const make = (name: string | Buffer, type: CreateType, attributes = none): Call =>
  call(create, { name: Buffer.from(name), type, attributes });
const drop = (name: string): Call => call(remove, { name: Buffer.from(name) });
const move = (from: string, target: string): Call => call(rename, { from: Buffer.from(from), to: Buffer.from(target) });
const directory: CreateType = { type: 'directory' };
const last = (reply: CompoundReply): string | undefined => reply.summary.at(-1);

async function started(...names: readonly string[]): Promise<Stateless['client']> {
  const { client } = stateless(0);
  for (const name of names) {
    const type: CreateType = name.startsWith('link') ? { type: 'symlink', target: Buffer.from('to') } : directory;
    expect(last(await client.compound(...data, make(name, type)))).toBe('CREATE OK');
  }
  return client;
}

describe('names', () => {
  const bad: readonly (readonly [string, Buffer, string])[] = [
    ['nothing', Buffer.alloc(0), 'INVAL'],
    ['a dot', Buffer.from('.'), 'BADNAME'],
    ['two dots', Buffer.from('..'), 'BADNAME'],
    ['a slash', Buffer.from('a/b'), 'BADCHAR'],
    ['a NUL', Buffer.from('a\0b'), 'BADCHAR'],
    ['256 bytes', Buffer.alloc(256, 'a'), 'NAMETOOLONG'],
    ['4,000 bytes', Buffer.alloc(4000, 'a'), 'NAMETOOLONG'],
    ['bytes that are not UTF-8', Buffer.from('ff61', 'hex'), 'INVAL'],
  ];
  const operations: readonly (readonly [string, (name: Buffer) => Call])[] = [
    ['LOOKUP', (name) => call(lookup, { name })],
    ['CREATE', (name) => make(name, directory)],
    ['REMOVE', (name) => call(remove, { name })],
    ['RENAME', (name) => call(rename, { from: name, to: Buffer.from('b') })],
    ['RENAME', (name) => call(rename, { from: Buffer.from('kept'), to: name })],
    ['LINK', (name) => call(link, { name })],
    ['SECINFO', (name) => call(secinfo, { name })],
  ];
  it.each(
    bad.flatMap(([what, name, status]) =>
      operations.map(([operation, of]) => [operation, what, of(name), status] as const),
    ),
  )('%s of %s', async (operation, _what, request, status) => {
    const client = await started('kept');
    expect(last(await client.compound(...data, save, request))).toBe(`${operation} ${status}`);
  });

  it('of 255 bytes are made and found', async () => {
    const client = await started();
    const name = 'é'.repeat(127) + 'a';
    expect((await client.compound(...data, make(name, directory), ...data, to(name))).status).toBe(0);
  });
});

describe('LOOKUP and LOOKUPP', () => {
  it('go down and up, to NOENT above the root', async () => {
    const client = await started('a');
    const reply = await client.compound(...data, to('a'), call(lookupp, undefined), handle, ...data, handle);
    const handles = reply.results.filter(({ opcode }) => opcode === getfh.opcode).map(({ value }) => value);
    expect(handles[0]).toEqual(handles[1]);
    expect(last(await client.compound(root, call(lookupp, undefined)))).toBe('LOOKUPP NOENT');
  });

  it('tell a symlink from what else is no directory', async () => {
    const client = await started('link');
    await client.compound(...data, make('fifo', { type: 'fifo' }));
    expect(last(await client.compound(...data, to('link'), to('x')))).toBe('LOOKUP SYMLINK');
    expect(last(await client.compound(...data, to('fifo'), to('x')))).toBe('LOOKUP NOTDIR');
    expect(last(await client.compound(...data, to('link'), call(lookupp, undefined)))).toBe('LOOKUPP SYMLINK');
  });
});

describe('PUTFH', () => {
  it('finds what GETFH named, and tells gone from malformed', async () => {
    const client = await started('a');
    const found = (await client.compound(...data, to('a'), handle)).value(getfh);
    expect((await client.compound(call(putfh, found), handle)).value(getfh)).toEqual(found);
    await client.compound(...data, drop('a'));
    expect(last(await client.compound(call(putfh, found)))).toBe('PUTFH STALE');
    expect(last(await client.compound(call(putfh, { handle: Buffer.alloc(0) })))).toBe('PUTFH BADHANDLE');
    expect(last(await client.compound(call(putfh, { handle: Buffer.alloc(129) })))).toBe('PUTFH BADXDR');
  });

  it('is PUTROOTFH where the handle is the public one', async () => {
    const client = await started();
    expect((await client.compound(call(putpubfh, undefined), to('data'))).status).toBe(0);
  });
});

describe('CREATE', () => {
  it('makes each type with its attributes, makes it current and says what it set', async () => {
    const client = await started();
    const attributes = settableAttributes([Attribute.mode, (w) => w.uint32(0o640)]);
    const asked = bits(Attribute.type, Attribute.mode, Attribute.rawDevice);
    const types: readonly (readonly [CreateType, number])[] = [
      [directory, 2],
      [{ type: 'block', device: { major: 8, minor: 1 } }, 3],
      [{ type: 'character', device: { major: 1, minor: 3 } }, 4],
      [{ type: 'symlink', target: Buffer.from('a') }, 5],
      [{ type: 'socket' }, 6],
      [{ type: 'fifo' }, 7],
    ];
    for (const [type, number] of types) {
      const reply = await client.compound(...data, make(type.type, type, attributes), call(getattr, { asked }));
      expect(reply.value(create)).toMatchObject({
        set: attributes.mask,
        directory: { after: expect.any(BigInt) as bigint },
      });
      const values = attributeValues(reply.value(getattr).attributes);
      expect([values.get(Attribute.type), values.get(Attribute.mode)]).toEqual([number, 0o640]);
      expect(values.get(Attribute.rawDevice)).toEqual('device' in type ? type.device : { major: 0, minor: 0 });
    }
  });

  it('leaves regular files to OPEN, and refuses sizes, empty targets and names that are taken', async () => {
    const client = await started('a');
    const sized = settableAttributes([Attribute.size, (w) => w.uint64(1n)]);
    expect(last(await client.compound(...data, make('f', { type: 'other' })))).toBe('CREATE BADTYPE');
    expect(last(await client.compound(...data, make('d', directory, sized)))).toBe('CREATE INVAL');
    expect(last(await client.compound(...data, make('a', directory)))).toBe('CREATE EXIST');
    const empty: CreateType = { type: 'symlink', target: Buffer.alloc(0) };
    expect(last(await client.compound(...data, make('l', empty)))).toBe('CREATE INVAL');
    const latin1: CreateType = { type: 'symlink', target: Buffer.from([0xe9]) };
    expect(last(await client.compound(...data, make('l', latin1)))).toBe('CREATE INVAL');
    expect(last(await client.compound(root, make('x', directory)))).toBe('CREATE ROFS');
  });
});

describe('READLINK', () => {
  it('reads symlinks alone', async () => {
    const client = await started('link', 'a');
    const read = call(readlink, undefined);
    expect((await client.compound(...data, to('link'), read)).value(readlink).target.toString()).toBe('to');
    expect(last(await client.compound(...data, to('a'), read))).toBe('READLINK INVAL');
    const { client: client41, sequence } = stateless(1);
    expect(last(await client41.compound(sequence, ...data, read))).toBe('READLINK WRONG_TYPE');
  });
});

describe('REMOVE and RENAME', () => {
  it('say how the directories changed', async () => {
    const client = await started('a', 'b');
    const moved = await client.compound(...data, to('b'), save, ...data, save, move('a', 'c'), drop('c'));
    const { source, target } = moved.value(rename);
    expect(source.after).toBeGreaterThan(source.before);
    expect(target).toEqual(source);
    expect(moved.value(remove).directory.before).toBe(target.after);
  });

  it('need a saved filehandle, one export and an empty directory', async () => {
    const { client } = stateless(0, { fileSystem: new MemoryFileSystem(['data', 'other']) });
    await client.compound(...data, make('full', directory), make('inside', directory));
    expect(last(await client.compound(...data, move('full', 'x')))).toBe('RENAME NOFILEHANDLE');
    expect(last(await client.compound(...data, save, root, to('other'), move('full', 'x')))).toBe('RENAME XDEV');
    expect(last(await client.compound(...data, drop('full')))).toBe('REMOVE NOTEMPTY');
    expect(last(await client.compound(...data, drop('none')))).toBe('REMOVE NOENT');
  });
});

describe('LINK', () => {
  it('is NOTSUPP, and XDEV between exports', async () => {
    const { client } = stateless(0, { fileSystem: new MemoryFileSystem(['data', 'other']) });
    await client.compound(...data, make('file', { type: 'fifo' }));
    const file = [...data, to('file'), save];
    const hard = call(link, { name: Buffer.from('x') });
    expect(last(await client.compound(...file, ...data, hard))).toBe('LINK NOTSUPP');
    expect(last(await client.compound(...file, root, to('other'), hard))).toBe('LINK XDEV');
    expect(last(await client.compound(...data, save, ...data, hard))).toBe('LINK ISDIR');
  });
});

describe('SECINFO', () => {
  const ask = call(secinfo, { name: Buffer.from('data') });

  it('offers AUTH_SYS before AUTH_NONE', async () => {
    const { client } = stateless(0);
    expect((await client.compound(root, ask)).value(secinfo)).toEqual([1, 0]);
    expect(last(await client.compound(...data, call(secinfo, { name: Buffer.from('none') })))).toBe('SECINFO NOENT');
  });

  it('keeps the current filehandle in 4.0 and takes it in 4.1', async () => {
    expect((await stateless(0).client.compound(root, ask, handle)).status).toBe(0);
    const { client, sequence } = stateless(1);
    expect(statusName((await client.compound(sequence, root, ask, handle)).status)).toBe('NOFILEHANDLE');
  });

  it('without a name asks for the current object or its parent', async () => {
    const { client, sequence } = stateless(1);
    const current = await client.compound(sequence, root, call(secinfoNoName, { style: 0 }), handle);
    expect(current.value(secinfoNoName)).toEqual([1, 0]);
    expect(last(current)).toBe('GETFH NOFILEHANDLE');
    expect((await client.compound(sequence, ...data, call(secinfoNoName, { style: 1 }))).status).toBe(0);
    expect(last(await client.compound(sequence, root, call(secinfoNoName, { style: 1 })))).toBe(
      'SECINFO_NO_NAME NOENT',
    );
  });
});
