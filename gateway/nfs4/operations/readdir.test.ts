import { describe, expect, it } from 'vitest';
import { FileSystemError } from '../../filesystem/errors.ts';
import { encode } from '../../rpc/xdr.ts';
import { Attribute } from '../attributes/numbers.ts';
import { bits } from '../codec/basic.ts';
import { readdirOk, type ReaddirEntry } from '../codec/files.ts';
import { attributeValues } from '../testing/attribute-values.ts';
import { call, type CompoundReply } from '../testing/compound-client.ts';
import { MemoryFileSystem } from '../testing/memory-file-system.ts';
import { stateless, type Stateless } from '../testing/stateless.ts';
import { lookup } from './lookup.ts';
import { putrootfh } from './putrootfh.ts';
import { readdir } from './readdir.ts';

const caller = { uid: 1000, gid: 1000, gids: [], address: '127.0.0.1' };
const verifier = Buffer.alloc(8);
const asked = bits(Attribute.type, Attribute.readdirError, Attribute.filehandle, Attribute.fileid);
const everything = { cookie: 0, verifier, directoryCount: 0, maxCount: 65536, asked };
const root = call(putrootfh, undefined);
const data = [root, call(lookup, { name: Buffer.from('data') })];

async function directoryOf(names: readonly string[]): Promise<Stateless> {
  const server = stateless(0);
  const directory = await server.fileSystem.lookup(server.fileSystem.root(), 'data', caller);
  for (const name of names) await server.fileSystem.makeDirectory(directory, name, {}, { caller });
  return server;
}

const nameOf = (entry: ReaddirEntry): string => entry.name.toString();
const last = (reply: CompoundReply): string | undefined => reply.summary.at(-1);

describe('READDIR', () => {
  it('is answered byte for byte as RFC 7531 has it', async () => {
    const { client } = await directoryOf(['abc']);
    const reply = await client.compound(...data, call(readdir, { ...everything, asked: bits(Attribute.fileid) }));
    const readdirResult = reply.bytes.subarray(4 + 8 + 4 + 8 + 8);
    expect(readdirResult.toString('hex')).toBe(
      '0000001a' + '00000000' + '0000000000000000' +
        '00000001' + '0000000000000003' + '00000003' + '61626300' +
        '00000001' + '00100000' + '00000008' + '0000000000000004' +
        '00000000' + '00000001',
    ); // prettier-ignore
  });

  it('lists an empty directory to its end', async () => {
    const { client } = await directoryOf([]);
    const { entries, eof } = (await client.compound(...data, call(readdir, everything))).value(readdir);
    expect([entries, eof]).toEqual([[], true]);
  });

  it('gives entries the attributes asked for', async () => {
    const { client } = await directoryOf(['a']);
    const { entries } = (await client.compound(...data, call(readdir, everything))).value(readdir);
    const values = attributeValues((entries[0] as ReaddirEntry).attributes);
    expect([...values.keys()]).toEqual([
      Attribute.type,
      Attribute.readdirError,
      Attribute.filehandle,
      Attribute.fileid,
    ]);
    expect(values.get(Attribute.readdirError)).toBe(0);
  });

  it.each([100, 137, 500, 1000, 4096, 32768])(
    'in replies of at most %d bytes gives every entry once',
    async (maxCount) => {
      const names = Array.from({ length: 300 }, (_, index) => `${'n'.repeat(index % 23)}${index}`);
      const { client } = await directoryOf(names);
      const seen: string[] = [];
      for (let cookie = 0, done = false; !done;) {
        const reply = await client.compound(...data, call(readdir, { ...everything, cookie, maxCount }));
        const listing = reply.value(readdir);
        expect(encode(readdirOk, listing).length).toBeLessThanOrEqual(maxCount);
        seen.push(...listing.entries.map(nameOf));
        cookie = listing.entries.at(-1)?.cookie ?? cookie;
        done = listing.eof;
      }
      expect(seen).toEqual(names);
    },
  );

  it('fills its reply to the last byte that an entry needs', async () => {
    const { client } = await directoryOf(['aaaa', 'bbbb', 'cccc']);
    const whole = (await client.compound(...data, call(readdir, everything))).value(readdir);
    const maxCount = encode(readdirOk, whole).length;
    const exact = (await client.compound(...data, call(readdir, { ...everything, maxCount }))).value(readdir);
    expect(exact).toEqual(whole);
    const short = (await client.compound(...data, call(readdir, { ...everything, maxCount: maxCount - 1 }))).value(
      readdir,
    );
    expect([short.entries.map(nameOf), short.eof]).toEqual([['aaaa', 'bbbb'], false]);
  });

  it('is TOOSMALL where not one entry fits', async () => {
    const { client } = await directoryOf(['aaaa']);
    expect(last(await client.compound(...data, call(readdir, { ...everything, maxCount: 40 })))).toBe(
      'READDIR TOOSMALL',
    );
    expect(last(await client.compound(...data, call(readdir, { ...everything, maxCount: 0 })))).toBe(
      'READDIR TOOSMALL',
    );
  });

  it('counts names and cookies against dircount, but gives one entry at least', async () => {
    const { client } = await directoryOf(['aaaa', 'bbbb', 'cccc']);
    const limited = async (directoryCount: number): Promise<number> =>
      (await client.compound(...data, call(readdir, { ...everything, directoryCount }))).value(readdir).entries.length;
    expect([await limited(1), await limited(32), await limited(47), await limited(48)]).toEqual([1, 2, 2, 3]);
  });

  it('asks nobody for what the listing has told', async () => {
    const { client, fileSystem } = await directoryOf(['a', 'b', 'c']);
    const directory = await fileSystem.lookup(fileSystem.root(), 'data', caller);
    const attributes = fileSystem.attributes.bind(fileSystem);
    fileSystem.attributes = (node) => {
      if (node.fileid !== directory.fileid) throw new FileSystemError('DELAY');
      return attributes(node);
    };
    const asking = { ...everything, asked: bits(Attribute.size, Attribute.change) };
    const { entries } = (await client.compound(...data, call(readdir, asking))).value(readdir);
    expect(entries.map(nameOf)).toEqual(['a', 'b', 'c']);
  });

  it('goes on after an entry that has been removed', async () => {
    const { client, fileSystem } = await directoryOf(['a', 'b', 'c']);
    const all = (await client.compound(...data, call(readdir, everything))).value(readdir).entries;
    const directory = await fileSystem.lookup(fileSystem.root(), 'data', caller);
    await fileSystem.remove(directory, 'b', undefined, { caller });
    const cookie = (all[1] as ReaddirEntry).cookie;
    const rest = (await client.compound(...data, call(readdir, { ...everything, cookie }))).value(readdir);
    expect([rest.entries.map(nameOf), rest.eof]).toEqual([['c'], true]);
  });

  it('refuses the cookies that are the client’s own, and none else', async () => {
    const { client } = await directoryOf(['a']);
    const from = async (cookie: number): Promise<string | undefined> =>
      last(await client.compound(...data, call(readdir, { ...everything, cookie, verifier: Buffer.alloc(8, 7) })));
    expect([await from(1), await from(2)]).toEqual(['READDIR BAD_COOKIE', 'READDIR BAD_COOKIE']);
    expect([await from(3), await from(2 ** 53 - 1)]).toEqual(['READDIR OK', 'READDIR OK']);
  });

  it('of what is no directory is NOTDIR; of what can only be set INVAL', async () => {
    const { client, fileSystem } = await directoryOf([]);
    const directory = await fileSystem.lookup(fileSystem.root(), 'data', caller);
    await fileSystem.makeSymlink(directory, 'link', 'to', {}, { caller });
    const link = [...data, call(lookup, { name: Buffer.from('link') })];
    expect(last(await client.compound(...link, call(readdir, everything)))).toBe('READDIR NOTDIR');
    const writeOnly = { ...everything, asked: bits(Attribute.timeModifySet) };
    expect(last(await client.compound(...data, call(readdir, writeOnly)))).toBe('READDIR INVAL');
  });
});

describe('an entry whose attributes cannot be had', () => {
  async function failing(code: 'IO' | 'STALE'): Promise<Stateless> {
    const server = await directoryOf(['a', 'bad', 'c']);
    const attributes = server.fileSystem.attributes.bind(server.fileSystem);
    const directory = await server.fileSystem.lookup(server.fileSystem.root(), 'data', caller);
    const bad = await server.fileSystem.lookup(directory, 'bad', caller);
    server.fileSystem.attributes = async (node) => {
      if (node.key === bad.key) throw new FileSystemError(code);
      return attributes(node);
    };
    const known = server.fileSystem.known.bind(server.fileSystem);
    server.fileSystem.known = (node) => (node.key === bad.key ? undefined : known(node));
    return server;
  }

  it('has rdattr_error alone where that is asked for', async () => {
    const { client } = await failing('IO');
    const { entries } = (await client.compound(...data, call(readdir, everything))).value(readdir);
    expect(entries.map(nameOf)).toEqual(['a', 'bad', 'c']);
    expect([...attributeValues((entries[1] as ReaddirEntry).attributes)]).toEqual([[Attribute.readdirError, 5]]);
  });

  it('fails the whole READDIR where it is not', async () => {
    const { client } = await failing('IO');
    expect(last(await client.compound(...data, call(readdir, { ...everything, asked: bits(Attribute.type) })))).toBe(
      'READDIR IO',
    );
  });

  it('is there once more where its name has become another file meanwhile', async () => {
    const { client, fileSystem } = await directoryOf(['a', 'new', 'replaced']);
    const directory = await fileSystem.lookup(fileSystem.root(), 'data', caller);
    const replaced = await fileSystem.lookup(directory, 'replaced', caller);
    const attributes = fileSystem.attributes.bind(fileSystem);
    fileSystem.attributes = async (node) => {
      if (node.key !== replaced.key) return attributes(node);
      await fileSystem.rename(directory, 'new', directory, 'replaced', { caller }).catch(() => undefined);
      throw new FileSystemError('STALE');
    };
    const { entries, eof } = (await client.compound(...data, call(readdir, everything))).value(readdir);
    expect([entries.map(nameOf), eof]).toEqual([['a', 'new', 'replaced'], true]);
  });

  it('is left out when it has gone meanwhile', async () => {
    const { client } = await failing('STALE');
    const { entries, eof } = (await client.compound(...data, call(readdir, everything))).value(readdir);
    expect([entries.map(nameOf), eof]).toEqual([['a', 'c'], true]);
  });
});

describe('READDIR without attributes of the inode', () => {
  const numbers = bits(Attribute.readdirError, Attribute.mountedOnFileid);

  it('asks the file system for none', async () => {
    const { client, fileSystem } = await directoryOf(['a', 'b']);
    const seen: string[] = [];
    const attributes = fileSystem.attributes.bind(fileSystem);
    fileSystem.attributes = async (node) => {
      seen.push(node.key);
      return attributes(node);
    };
    const { entries } = (await client.compound(...data, call(readdir, { ...everything, asked: numbers }))).value(
      readdir,
    );
    expect(entries.map((entry) => attributeValues(entry.attributes).get(Attribute.mountedOnFileid))).toEqual([4n, 5n]);
    expect(seen).not.toContain('4');
  });

  it('has the mounted_on_fileid of each export in the root', async () => {
    const fileSystem = new MemoryFileSystem(['data', 'other']);
    const { client } = stateless(0, { fileSystem });
    const { entries } = (await client.compound(root, call(readdir, { ...everything, asked: numbers }))).value(readdir);
    const other = await fileSystem.attributes(await fileSystem.lookup(fileSystem.root(), 'other', caller));
    const values = attributeValues((entries[1] as ReaddirEntry).attributes);
    expect(values.get(Attribute.mountedOnFileid)).toBe(BigInt(other.mountedOnFileid));
  });
});
