/**
 * What Windows' Client for NFS does, from the drive letter to the last file: a portmapper first, an export named as
 * people write it, an anonymous user, DOS' share modes, and 32 KiB at a time.
 */
import { describe, expect, it } from 'vitest';
import { exportConfiguration } from '../configuration.ts';
import { CallRefusedError } from '../rpc/errors.ts';
import { decode, encode } from '../rpc/xdr.ts';
import { directoryPath, exportList } from './mount/codec.ts';
import {
  lockArguments,
  nlmProgram,
  NlmProcedure,
  NlmStatus,
  plainResult,
  shareArguments,
  shareResult,
} from './nlm/codec.ts';
import { access } from './procedures/access.ts';
import { commit } from './procedures/commit.ts';
import { create } from './procedures/create.ts';
import { fsinfo } from './procedures/fsinfo.ts';
import { fsstat } from './procedures/fsstat.ts';
import { getattr } from './procedures/getattr.ts';
import { lookup } from './procedures/lookup.ts';
import { pathconf } from './procedures/pathconf.ts';
import { read } from './procedures/read.ts';
import { readdir } from './procedures/readdir.ts';
import { readdirplus } from './procedures/readdirplus.ts';
import { rename } from './procedures/rename.ts';
import { setattr } from './procedures/setattr.ts';
import { write } from './procedures/write.ts';
import { Nfs3Server, sys } from './testing/nfs3-server.ts';

/** AnonymousUid and AnonymousGid unless the registry says otherwise: -2. */
const anonymous = sys(0xffff_fffe);
/** rsize and wsize at most, bytes. */
const transfer = 32 * 1024;
const noVerifier = Buffer.alloc(8);

const begin = async () => {
  const configuration = exportConfiguration.parse({
    ...{ name: 'Photos', connection: { kind: 'folder' }, bucket: '/nowhere', uid: 1000, gid: 1000 },
    ...{ squash: 'all', metadata: 'listing' },
  });
  const server = await Nfs3Server.start({ 'holiday/beach.jpg': 'jpeg', 'readme.txt': 'text' }, { configuration });
  return server;
};

describe('Windows', () => {
  it('finds which versions there are, by asking for old ones first', async () => {
    const client = await (await begin()).connect(anonymous);
    const mismatch = (low: number, high: number) => new CallRefusedError({ status: 'program mismatch', low, high });
    await expect(client.raw(100003, 2, 0, Buffer.alloc(0))).rejects.toThrow(mismatch(3, 3));
    await expect(client.raw(nlmProgram, 1, 0, Buffer.alloc(0))).rejects.toThrow(mismatch(4, 4));
    expect(await client.raw(100003, 3, 0, Buffer.alloc(0))).toEqual(Buffer.alloc(0));
    expect(await client.raw(100005, 3, 0, Buffer.alloc(0))).toEqual(Buffer.alloc(0));
  });

  it('shows a server’s exports, and mounts one as it was typed', async () => {
    const server = await begin();
    const client = await server.connect(anonymous);
    const listed = decode(exportList, await client.raw(100005, 3, 5, Buffer.alloc(0)));
    expect(listed.map(({ directory }) => directory.toString())).toEqual(['/Photos']);
    const exact = await server.mount(anonymous, '/Photos');
    for (const typed of ['\\photos', '/PHOTOS', '\\Photos\\'])
      expect((await server.mount(anonymous, typed)).root).toEqual(exact.root);
    expect((await server.mount(anonymous, '\\photos\\holiday')).root).not.toEqual(exact.root);
  });

  it('opens a drive: what it is, how much fits, what is in it', async () => {
    const client = await (await begin()).mount(anonymous, '/photos');
    const object = client.root;
    const { attributes } = await client.ok(getattr, { object });
    expect(attributes).toMatchObject({ type: 'directory', uid: 1000 });
    const { readMax, writeMax } = await client.ok(fsinfo, { object });
    expect(Math.min(readMax, writeMax)).toBeGreaterThanOrEqual(transfer);
    expect((await client.ok(fsstat, { object })).availableBytes).toBeGreaterThan(2 ** 40);
    expect((await client.ok(pathconf, { object })).casePreserving).toBe(true);
    expect((await client.ok(access, { object, access: 0x3f })).access & 0x1f).toBe(0x1f);
    // READDIR first, to the end; an end that is not said leaves the folder empty in Explorer.
    const names: string[] = [];
    for (let cookie = 0, eof = false; !eof;) {
      const page = await client.ok(readdir, { directory: object, cookie, verifier: noVerifier, count: 1024 });
      names.push(...page.entries.map(({ name }) => name.toString()));
      cookie = page.entries.at(-1)?.cookie ?? cookie;
      eof = page.eof;
    }
    expect(names).toEqual(['.', '..', 'holiday', 'readme.txt']);
    const limits = { directoryCount: transfer, maxCount: transfer };
    const plus = await client.ok(readdirplus, { directory: object, cookie: 0, verifier: noVerifier, ...limits });
    expect([plus.entries.length, plus.eof]).toEqual([4, true]);
    for (const name of ['desktop.ini', 'Thumbs.db', 'AutoRun.inf'])
      expect((await client.call(lookup, { what: client.named(name) })).status).toBe('NOENT');
  });

  it('writes a file: created with mode 0755, filled, given its times and its name', async () => {
    const client = await (await begin()).mount(anonymous, '/photos');
    const how = { mode: 'unchecked', attributes: { mode: 0o755, size: 0 } } as const;
    const made = await client.ok(create, { where: client.named('new.tmp'), how });
    const file = made.object ?? Buffer.alloc(0);
    const data = Buffer.alloc(3 * transfer + 17, 'windows');
    for (let offset = 0; offset < data.length; offset += transfer) {
      const piece = data.subarray(offset, offset + transfer);
      const written = await client.ok(write, { file, offset, count: piece.length, stable: 0, data: piece });
      expect(written.count).toBe(piece.length);
    }
    await client.ok(commit, { file, offset: 0, count: 0 });
    const changes = { atime: 1_600_000_000_000_000_000n, mtime: 1_600_000_000_100_000_000n };
    await client.ok(setattr, { object: file, changes, guard: undefined });
    await client.ok(rename, { from: client.named('new.tmp'), to: client.named('new.txt') });
    const { object, attributes } = await client.ok(lookup, { what: client.named('new.txt') });
    expect(object).toEqual(file);
    expect(attributes).toMatchObject({ uid: 1000, size: data.length, mode: 0o755, mtime: changes.mtime });
    const back: Buffer[] = [];
    for (let offset = 0, eof = false; !eof; offset += transfer) {
      const piece = await client.ok(read, { file, offset, count: transfer });
      back.push(...piece.data);
      eof = piece.eof;
    }
    expect(Buffer.concat(back).equals(data)).toBe(true);
  });

  it('opens a file with share modes, and locks what programs lock', async () => {
    const server = await begin();
    const client = await server.mount(anonymous, '/photos');
    const { object: handle } = await client.ok(lookup, { what: client.named('readme.txt') });
    const share = async (callerName: string, mode: 0 | 2, wanted: 1 | 3): Promise<NlmStatus> => {
      const owner = Buffer.from(callerName);
      const args = { cookie: Buffer.alloc(4), callerName, handle, owner, mode, access: wanted, reclaim: false };
      return decode(shareResult, await client.raw(nlmProgram, 4, NlmProcedure.SHARE, encode(shareArguments, args)))
        .status;
    };
    expect(await share('DESKTOP-1', 2, 3)).toBe(NlmStatus.GRANTED);
    expect(await share('DESKTOP-2', 0, 3)).toBe(NlmStatus.DENIED);
    expect(await share('DESKTOP-2', 0, 1)).toBe(NlmStatus.GRANTED);
    // Office locks bytes far beyond the end.
    const range = { start: 0x7fff_ffff_ffff_0000n, end: 0x7fff_ffff_ffff_0001n };
    const lock = { callerName: 'DESKTOP-1', handle, owner: Buffer.from('x'), svid: 4, range };
    const args = { cookie: Buffer.alloc(4), block: false, exclusive: true, lock, reclaim: false, state: 0 };
    const reply = await client.raw(nlmProgram, 4, NlmProcedure.LOCK, encode(lockArguments, args));
    expect(decode(plainResult, reply).status).toBe(NlmStatus.GRANTED);
  });

  it.each([
    ['an ANSI code page', Buffer.from([0x66, 0xfc, 0x72])],
    ['Shift-JIS', Buffer.from([0x93, 0xfa, 0x96, 0x7b])],
  ])('is told INVAL of a name in %s, which no key can be', async (_, name) => {
    const client = await (await begin()).mount(anonymous, '/photos');
    expect((await client.call(lookup, { what: { directory: client.root, name } })).status).toBe('INVAL');
    const how = { mode: 'unchecked', attributes: {} } as const;
    expect((await client.call(create, { where: { directory: client.root, name }, how })).status).toBe('INVAL');
  });

  it('says goodbye with UMNT', async () => {
    const client = await (await begin()).mount(anonymous, '/photos');
    expect(await client.raw(100005, 3, 3, encode(directoryPath, Buffer.from('/photos')))).toEqual(Buffer.alloc(0));
  });
});
