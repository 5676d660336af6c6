import { describe, expect, it } from 'vitest';
import { bits } from './codec/basic.ts';
import { Opcode } from './codec/opcodes.ts';
import { Nfs4Status } from './codec/status.ts';
import { FileSystemError } from '../filesystem/errors.ts';
import type { Node, Once } from '../filesystem/file-system.ts';
import { getattr } from './operations/getattr.ts';
import { getfh } from './operations/getfh.ts';
import { lookup } from './operations/lookup.ts';
import { putrootfh } from './operations/putrootfh.ts';
import { readlink } from './operations/readlink.ts';
import { remove } from './operations/remove.ts';
import { setattr } from './operations/setattr.ts';
import { call, decodeReply, encodeCompound, rawCall } from './testing/compound-client.ts';
import { MemoryFileSystem } from './testing/memory-file-system.ts';
import { stateless } from './testing/stateless.ts';

const root = call(putrootfh, undefined);
const lookupData = call(lookup, { name: Buffer.from('data') });
const handle = call(getfh, undefined);

describe('COMPOUND', () => {
  it('is answered byte for byte as RFC 7531 has it', async () => {
    const { client } = stateless(0);
    const request =
      '00000003' +
      '61626300' +
      '00000000' +
      '00000003' +
      '00000018' +
      '0000000f' +
      '00000004' +
      '64617461' +
      '0000000a';
    expect((await client.sendRaw(Buffer.from(request, 'hex'))).toString('hex')).toBe(
      '00000000' + '00000003' + '61626300' + '00000003' +
        '00000018' + '00000000' +
        '0000000f' + '00000000' +
        '0000000a' + '00000000' + '00000008' + '4d454d4600000003',
    ); // prettier-ignore
  });

  it('echoes a tag that is not UTF-8', async () => {
    const { client } = stateless(0);
    const request = Buffer.from('00000001' + 'ff000000' + '00000000' + '00000000', 'hex');
    expect((await client.sendRaw(request)).toString('hex')).toBe('00000000' + '00000001' + 'ff000000' + '00000000');
  });

  it('ends with the first operation that fails', async () => {
    const { client } = stateless(0);
    const reply = await client.compound(root, call(lookup, { name: Buffer.from('none') }), handle);
    expect(reply.summary).toEqual(['PUTROOTFH OK', 'LOOKUP NOENT']);
    expect(reply.status).toBe(Nfs4Status.NOENT);
    expect(reply.tag).toBe('test');
  });

  it('of a minor version that does not exist is MINOR_VERS_MISMATCH without results', async () => {
    const { client } = stateless(0);
    const reply = await client.send(encodeCompound([root], 3));
    expect(reply).toMatchObject({ status: Nfs4Status.MINOR_VERS_MISMATCH, results: [] });
  });

  it('of more than 100 operations in 4.0 is RESOURCE', async () => {
    const { client } = stateless(0);
    expect((await client.compound(...Array<typeof root>(100).fill(root))).status).toBe(Nfs4Status.OK);
    expect((await client.compound(...Array<typeof root>(101).fill(root))).status).toBe(Nfs4Status.RESOURCE);
  });

  it('of 4.0 whose reply grows beyond 4 MiB is RESOURCE', async () => {
    const fileSystem = new MemoryFileSystem();
    fileSystem.readLink = async () => 'x'.repeat(60_000);
    const { client } = stateless(0, { fileSystem });
    const caller = { uid: 1000, gid: 1000, gids: [], address: '' };
    const data = await fileSystem.lookup(fileSystem.root(), 'data', caller);
    await fileSystem.makeSymlink(data, 'link', 'target', {}, { caller });
    const reads = Array<typeof root>(80).fill(call(readlink, undefined));
    const reply = await client.compound(root, lookupData, call(lookup, { name: Buffer.from('link') }), ...reads);
    expect(reply.summary.at(-1)).toBe('READLINK RESOURCE');
    expect(reply.bytes.length).toBeLessThanOrEqual(4 * 1024 * 1024);
  });

  it('whose arguments end early answers BADXDR to the operation that is cut', async () => {
    const { client } = stateless(0);
    const whole = encodeCompound([root, lookupData], 0);
    expect((await client.send(whole.subarray(0, -4))).summary).toEqual(['PUTROOTFH OK', 'LOOKUP BADXDR']);
    expect((await client.send(whole.subarray(0, -12))).summary).toEqual(['PUTROOTFH OK', 'ILLEGAL BADXDR']);
    expect((await client.send(whole.subarray(0, -3))).summary).toEqual(['PUTROOTFH OK', 'LOOKUP BADXDR']);
  });

  it('answers what a SETATTR set to whatever way it fails', async () => {
    const { client } = stateless(0);
    const reply = await client.sendRaw(encodeCompound([rawCall(Opcode.SETATTR)], 0));
    expect(reply.subarray(-12).toString('hex')).toBe('00000022' + '00002734' + '00000000');
  });

  it('logs what nobody expected and answers SERVERFAULT', async () => {
    const errors: object[] = [];
    const log = { debug() {}, info() {}, warn() {}, error: (fields: object) => void errors.push(fields) };
    const fileSystem = new MemoryFileSystem();
    fileSystem.attributes = async () => Promise.reject(new RangeError('fault'));
    const { client } = stateless(0, { fileSystem, log });
    const reply = await client.compound(root, call(getattr, { asked: bits(1) }));
    expect(reply.summary).toEqual(['PUTROOTFH OK', 'GETATTR SERVERFAULT']);
    expect(errors).toEqual([{ operation: 'GETATTR', error: new RangeError('fault') }]);
  });
});

describe('operations that are not there', () => {
  it.each([
    [0, 0, 'ILLEGAL OP_ILLEGAL'],
    [0, 2, 'ILLEGAL OP_ILLEGAL'],
    [0, Opcode.OPENATTR, 'OPENATTR NOTSUPP'],
    [0, Opcode.EXCHANGE_ID, 'ILLEGAL OP_ILLEGAL'],
    [0, Opcode.ILLEGAL, 'ILLEGAL OP_ILLEGAL'],
    [1, Opcode.GET_DIR_DELEGATION, 'GET_DIR_DELEGATION NOTSUPP'],
    [2, Opcode.GET_DIR_DELEGATION, 'GET_DIR_DELEGATION NOTSUPP'],
    [1, Opcode.LAYOUTGET, 'LAYOUTGET NOTSUPP'],
    [1, Opcode.RENEW, 'RENEW NOTSUPP'],
    [1, Opcode.SETCLIENTID, 'SETCLIENTID NOTSUPP'],
    [1, Opcode.ALLOCATE, 'ILLEGAL OP_ILLEGAL'],
    [2, Opcode.WRITE_SAME, 'WRITE_SAME NOTSUPP'],
    [2, 76, 'ILLEGAL OP_ILLEGAL'],
    [2, Opcode.ILLEGAL, 'ILLEGAL OP_ILLEGAL'],
  ] as const)('in 4.%d opcode %d is %s', async (minorVersion, opcode, expected) => {
    const { client, sequence } = stateless(minorVersion);
    const before = minorVersion === 0 ? [] : [sequence];
    expect((await client.compound(...before, rawCall(opcode), handle)).summary.slice(before.length)).toEqual([
      expected,
    ]);
  });
});

describe('the current filehandle', () => {
  it('is missed by every operation that needs it', async () => {
    const { client } = stateless(0);
    expect((await client.compound(handle)).summary).toEqual(['GETFH NOFILEHANDLE']);
    expect((await client.compound(root, rawCall(Opcode.SAVEFH), rawCall(Opcode.RESTOREFH))).status).toBe(0);
  });

  it('when none was saved is RESTOREFH in 4.0 and NOFILEHANDLE later', async () => {
    expect((await stateless(0).client.compound(rawCall(Opcode.RESTOREFH))).status).toBe(Nfs4Status.RESTOREFH);
    const { client, sequence } = stateless(1);
    expect((await client.compound(sequence, rawCall(Opcode.RESTOREFH))).status).toBe(Nfs4Status.NOFILEHANDLE);
  });
});

describe('a COMPOUND of 4.1', () => {
  it('without SEQUENCE is OP_NOT_IN_SESSION, and without operations OK', async () => {
    const { client } = stateless(1);
    expect((await client.compound(root)).summary).toEqual(['PUTROOTFH OP_NOT_IN_SESSION']);
    expect((await client.compound()).status).toBe(Nfs4Status.OK);
    expect((await client.compound(rawCall(9999))).summary).toEqual(['ILLEGAL OP_ILLEGAL']);
  });

  it('has SEQUENCE first and only there', async () => {
    const { client, sequence } = stateless(1);
    expect((await client.compound(sequence, root, sequence)).summary.at(-1)).toBe('SEQUENCE SEQUENCE_POS');
  });

  it.each([Opcode.EXCHANGE_ID, Opcode.CREATE_SESSION, Opcode.DESTROY_CLIENTID, Opcode.BIND_CONN_TO_SESSION])(
    'that begins with operation %d has nothing else',
    async (opcode) => {
      const { client } = stateless(1);
      expect((await client.compound(rawCall(opcode), root)).status).toBe(Nfs4Status.NOT_ONLY_OP);
    },
  );

  it('is not performed again when its slot has the reply', async () => {
    const { client, sequence, slot } = stateless(1);
    slot.replay = encodeCompound([], 0, 'kept');
    expect((await client.sendRaw(encodeCompound([sequence, root], 1))).equals(slot.replay)).toBe(true);
    expect(slot.finished).toEqual([]);
  });

  it('leaves its reply with the slot', async () => {
    const { client, sequence, slot } = stateless(1);
    slot.cacheThis = true;
    const reply = await client.compound(sequence, root, lookupData, handle);
    expect(slot.finished).toEqual([reply.bytes]);
  });

  it('leaves RETRY_UNCACHED_REP instead of a long reply that need not be cached', async () => {
    const fileSystem = new MemoryFileSystem();
    fileSystem.readLink = async () => 'x'.repeat(4000);
    const { client, sequence, slot, operations } = stateless(1, { fileSystem });
    const caller = { uid: 1000, gid: 1000, gids: [], address: '' };
    const data = await fileSystem.lookup(fileSystem.root(), 'data', caller);
    await fileSystem.makeSymlink(data, 'link', 'target', {}, { caller });
    const read = [sequence, root, lookupData, call(lookup, { name: Buffer.from('link') }), call(readlink, undefined)];
    const reply = await client.compound(...read);
    expect(reply.status).toBe(Nfs4Status.OK);
    expect(decodeReply(slot.finished[0] ?? Buffer.alloc(0), operations).summary).toEqual([
      'SEQUENCE OK',
      'PUTROOTFH RETRY_UNCACHED_REP',
    ]);
    slot.cacheThis = true;
    await client.compound(...read);
    expect(slot.finished[1]).toEqual(reply.bytes);
    slot.maximumCachedReply = 2000;
    expect((await client.compound(...read)).summary.at(-1)).toBe('READLINK REP_TOO_BIG_TO_CACHE');
    slot.maximumReply = 1000;
    const tooBig = await client.compound(...read);
    expect(tooBig.summary.at(-1)).toBe('READLINK REP_TOO_BIG');
    expect(slot.finished[3]).toEqual(tooBig.bytes);
  });

  it('changes nothing where the result might not fit into the reply', async () => {
    const { client, sequence, slot, fileSystem } = stateless(1);
    const caller = { uid: 1000, gid: 1000, gids: [], address: '' };
    const data = await fileSystem.lookup(fileSystem.root(), 'data', caller);
    await fileSystem.makeDirectory(data, 'kept', {}, { caller });
    slot.maximumReply = 24 + 20 + 3 * 8 + 40;
    const reply = await client.compound(sequence, root, lookupData, call(remove, { name: Buffer.from('kept') }));
    expect(reply.summary.at(-1)).toBe('REMOVE REP_TOO_BIG');
    await fileSystem.lookup(data, 'kept', caller);
  });
});

describe('an operation that changes something', () => {
  const removed = (fileSystem: MemoryFileSystem): Once[] => {
    const seen: Once[] = [];
    fileSystem.remove = async (_directory: Node, _name, _kind, { once }) => {
      if (once !== undefined) seen.push(once);
      throw new FileSystemError('DELAY');
    };
    return seen;
  };
  const calls = [root, call(remove, { name: Buffer.from('a') })];

  it('is named in 4.1 by slot, sequence and position', async () => {
    const { client, sequence, slot, fileSystem } = stateless(1);
    const seen = removed(fileSystem);
    slot.sequence = 42;
    expect((await client.compound(sequence, ...calls)).status).toBe(Nfs4Status.DELAY);
    expect(seen).toEqual([{ key: 'session/0/2', sequence: 42 }]);
  });

  it('is named in 4.0 the same when it is sent again, and differently with other arguments under the same xid', async () => {
    const { client, fileSystem } = stateless(0);
    const seen = removed(fileSystem);
    await client.send(encodeCompound(calls, 0), 0xffff_ffff);
    await client.send(encodeCompound(calls, 0), 0xffff_ffff);
    await client.send(encodeCompound([root, call(remove, { name: Buffer.from('b') })], 0), 0xffff_ffff);
    expect(seen[0]).toEqual(seen[1]);
    expect(seen[2]?.key).toBe(seen[0]?.key);
    expect(seen[2]?.sequence).not.toBe(seen[0]?.sequence);
    expect(seen.every(({ sequence }) => Number.isSafeInteger(sequence))).toBe(true);
  });
});

it('SETATTR answers no attributes where it fails for the file system', async () => {
  const { client } = stateless(0);
  const attributes = { mask: bits(33), values: Buffer.from('000001ff', 'hex') };
  const reply = await client.compound(
    root,
    call(setattr, { stateid: { seqid: 0, other: Buffer.alloc(12) }, attributes }),
  );
  expect(reply.results[1]).toMatchObject({ summary: 'SETATTR ROFS', value: 0n });
});
