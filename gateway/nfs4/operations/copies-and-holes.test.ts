import { describe, expect, it } from 'vitest';
import type { StateidValue } from '../codec/basic.ts';
import { DataContent } from '../codec/holes.ts';
import { Opcode } from '../codec/opcodes.ts';
import {
  access,
  anonymous,
  at,
  atData,
  handleOf,
  opening,
  reading,
  unchecked,
  writing,
} from '../state/testing/calls.ts';
import { Client41 } from '../state/testing/client41.ts';
import { TestServer } from '../state/testing/server.ts';
import { call, rawCall, type Call, type CompoundReply } from '../testing/compound-client.ts';
import { allocate } from './allocate.ts';
import { clone } from './clone.ts';
import { copy } from './copy.ts';
import { deallocate } from './deallocate.ts';
import { getfh } from './getfh.ts';
import { ioAdvise } from './io-advise.ts';
import { offloadCancel } from './offload-cancel.ts';
import { offloadStatus } from './offload-status.ts';
import { open } from './open.ts';
import { readPlus } from './read-plus.ts';
import { read } from './read.ts';
import { savefh } from './savefh.ts';
import { seek } from './seek.ts';

interface Opened {
  readonly handle: Buffer;
  readonly stateid: StateidValue;
}

const last = (reply: CompoundReply): string | undefined => reply.summary.at(-1);
const unknown: StateidValue = { seqid: 1, other: Buffer.alloc(12, 7) };

async function client42(): Promise<Client41> {
  const client = new Client41(await TestServer.start(), 'a', { minorVersion: 2 });
  await client.establish();
  await client.complete();
  return client;
}

async function opened(client: Client41, name: string, text = '', share: number = access.both): Promise<Opened> {
  const owner = `${share} of ${name}`;
  const reply = await client.send(...atData, opening({ name }, { how: unchecked, access: share, owner }), handleOf);
  const file = { stateid: reply.value(open).stateid, handle: reply.value(getfh).handle };
  if (text !== '') await client.send(at(file.handle), writing(file.stateid, text));
  return file;
}

const fromTo = (source: Buffer, target: Buffer): readonly Call[] => [at(source), call(savefh, undefined), at(target)];

interface Copying {
  readonly sourceOffset?: number;
  readonly targetOffset?: number;
  readonly count?: number;
  readonly sourceServer?: readonly { type: 1; value: Buffer }[];
}

const copying = (source: StateidValue, target: StateidValue, opts: Copying = {}): Call =>
  call(copy, {
    sourceStateid: source,
    targetStateid: target,
    sourceOffset: opts.sourceOffset ?? 0,
    targetOffset: opts.targetOffset ?? 0,
    count: opts.count ?? 0,
    consecutive: true,
    synchronous: false,
    sourceServer: opts.sourceServer ?? [],
  });

const cloning = (source: StateidValue, target: StateidValue, opts: Copying = {}): Call =>
  call(clone, {
    sourceStateid: source,
    targetStateid: target,
    sourceOffset: opts.sourceOffset ?? 0,
    targetOffset: opts.targetOffset ?? 0,
    count: opts.count ?? 0,
  });

async function contentOf(client: Client41, { handle, stateid }: Opened): Promise<string> {
  return Buffer.concat((await client.send(at(handle), reading(stateid))).value(read).data).toString();
}

describe('COPY', () => {
  it('is done, in order and on the disk, when it is answered; a count of 0 means to the end', async () => {
    const client = await client42();
    const source = await opened(client, 'a', 'the source');
    const target = await opened(client, 'b', '----');
    const reply = await client.send(
      ...fromTo(source.handle, target.handle),
      copying(source.stateid, target.stateid, { sourceOffset: 4, targetOffset: 2 }),
    );
    const { response, requirements } = reply.value(copy);
    expect(response).toMatchObject({ callbackId: [], count: 6, committed: 2 });
    expect(requirements).toEqual({ consecutive: true, synchronous: true });
    expect(await contentOf(client, target)).toBe('--source');
  });

  it('needs two files, a source that reaches so far, and no other server', async () => {
    const client = await client42();
    const source = await opened(client, 'a', 'the source');
    const target = await opened(client, 'b');
    const ask = async (calls: readonly Call[], opts: Copying = {}): Promise<string | undefined> =>
      last(await client.send(...calls, copying(source.stateid, target.stateid, opts)));
    const files = fromTo(source.handle, target.handle);
    expect(await ask(files, { count: 11 })).toBe('COPY INVAL');
    expect(await ask(files, { sourceOffset: 11 })).toBe('COPY INVAL');
    expect(await ask(files, { sourceServer: [{ type: 1, value: Buffer.from('elsewhere') }] })).toBe('COPY NOTSUPP');
    expect(await ask([at(target.handle)])).toBe('COPY NOFILEHANDLE');
    expect(await ask([...atData, call(savefh, undefined), at(target.handle)])).toBe('COPY WRONG_TYPE');
    const same = [...fromTo(source.handle, source.handle), copying(source.stateid, source.stateid)];
    expect(last(await client.send(...same))).toBe('COPY INVAL');
  });

  it('needs stateids by which the source may be read and the target written', async () => {
    const client = await client42();
    const source = await opened(client, 'a', 'the source');
    const target = await opened(client, 'b');
    const blind = await opened(client, 'a', '', access.write);
    const timid = await opened(client, 'b', '', access.read);
    const ask = async (from: StateidValue, to: StateidValue): Promise<string | undefined> =>
      last(await client.send(...fromTo(source.handle, target.handle), copying(from, to)));
    expect(await ask(unknown, target.stateid)).toBe('COPY BAD_STATEID');
    expect(await ask(source.stateid, unknown)).toBe('COPY BAD_STATEID');
    expect(await ask(target.stateid, target.stateid)).toBe('COPY BAD_STATEID');
    expect(await ask(blind.stateid, target.stateid)).toBe('COPY OPENMODE');
    expect(await ask(source.stateid, timid.stateid)).toBe('COPY OPENMODE');
    expect(await ask(anonymous, anonymous)).toBe('COPY OK');
  });

  it('leaves nothing to ask for or to cancel, and is not promised to other servers', async () => {
    const client = await client42();
    const file = await opened(client, 'a');
    const ask = async (asked: Call): Promise<string | undefined> => last(await client.send(at(file.handle), asked));
    expect(await ask(call(offloadStatus, { stateid: file.stateid }))).toBe('OFFLOAD_STATUS BAD_STATEID');
    expect(await ask(call(offloadCancel, { stateid: file.stateid }))).toBe('OFFLOAD_CANCEL BAD_STATEID');
    expect(await ask(rawCall(Opcode.COPY_NOTIFY, Buffer.alloc(28)))).toBe('COPY_NOTIFY NOTSUPP');
  });

  it('does not exist before 4.2', async () => {
    const client = await Client41.begin(await TestServer.start(), 'a');
    expect(last(await client.send(...atData, rawCall(Opcode.COPY)))).toBe('ILLEGAL OP_ILLEGAL');
  });
});

describe('CLONE', () => {
  it('makes a range of one file that of another', async () => {
    const client = await client42();
    const source = await opened(client, 'a', 'the source');
    const target = await opened(client, 'b', '----------');
    const range = { sourceOffset: 4, targetOffset: 2, count: 3 };
    const asked = cloning(source.stateid, target.stateid, range);
    expect(last(await client.send(...fromTo(source.handle, target.handle), asked))).toBe('CLONE OK');
    expect(await contentOf(client, target)).toBe('--sou-----');
  });
});

describe('Holes', () => {
  it('end every file; beyond that there is nothing to seek', async () => {
    const client = await client42();
    const { handle, stateid } = await opened(client, 'a', 'data');
    const ask = async (offset: number, what: number): Promise<CompoundReply> =>
      client.send(at(handle), call(seek, { stateid, offset, what }));
    expect((await ask(1, DataContent.DATA)).value(seek)).toEqual({ eof: false, offset: 1 });
    expect((await ask(1, DataContent.HOLE)).value(seek)).toEqual({ eof: true, offset: 4 });
    expect(last(await ask(4, DataContent.DATA))).toBe('SEEK NXIO');
    expect(last(await ask(0, 2))).toBe('SEEK UNION_NOTSUPP');
  });

  it('are read as data where there are none', async () => {
    const client = await client42();
    const { handle, stateid } = await opened(client, 'a', 'data');
    const reply = (await client.send(at(handle), call(readPlus, { stateid, offset: 1, count: 100 }))).value(readPlus);
    expect(reply.eof).toBe(true);
    expect(reply.contents).toMatchObject([
      { type: DataContent.DATA, value: { offset: 1, data: [Buffer.from('ata')] } },
    ]);
    const beyond = (await client.send(at(handle), call(readPlus, { stateid, offset: 9, count: 1 }))).value(readPlus);
    expect(beyond).toEqual({ eof: true, contents: [] });
  });

  it('are made and filled by a stateid that may write', async () => {
    const client = await client42();
    const file = await opened(client, 'a', 'data');
    const { handle, stateid } = file;
    const ask = async (calls: Call): Promise<string | undefined> => last(await client.send(at(handle), calls));
    expect(await ask(call(deallocate, { stateid, offset: 1, length: 2 }))).toBe('DEALLOCATE OK');
    expect(await ask(call(allocate, { stateid, offset: 4, length: 2 }))).toBe('ALLOCATE OK');
    expect(await contentOf(client, file)).toBe('d\0\0a\0\0');
    expect(await ask(call(allocate, { stateid, offset: 4, length: 0 }))).toBe('ALLOCATE INVAL');
    expect(await ask(call(allocate, { stateid, offset: 2 ** 52, length: 1 }))).toBe('ALLOCATE FBIG');
    const timid = await opened(client, 'a', '', access.read);
    const asked = { stateid: timid.stateid, offset: 0, length: 1 };
    expect(await ask(call(deallocate, asked))).toBe('DEALLOCATE OPENMODE');
    expect(last(await client.send(...atData, call(allocate, { stateid: anonymous, offset: 0, length: 1 })))).toBe(
      'ALLOCATE WRONG_TYPE',
    );
  });
});

describe('IO_ADVISE', () => {
  it('is taken and not followed', async () => {
    const client = await client42();
    const { handle, stateid } = await opened(client, 'a');
    const advice = { offset: 0, count: 0, hints: 0b110n };
    const reply = await client.send(at(handle), call(ioAdvise, { stateid, ...advice }));
    expect(reply.value(ioAdvise)).toEqual({ hints: 1n });
    const wrong = await client.send(at(handle), call(ioAdvise, { stateid: unknown, ...advice }));
    expect(last(wrong)).toBe('IO_ADVISE BAD_STATEID');
  });
});
