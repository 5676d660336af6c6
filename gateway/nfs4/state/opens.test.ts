import { describe, expect, it } from 'vitest';
import { DelegationType, OpenResultFlag, ShareAccessWant, WhyNoDelegation } from '../codec/opens.ts';
import { close } from '../operations/close.ts';
import { getfh } from '../operations/getfh.ts';
import { open } from '../operations/open.ts';
import { openDowngrade } from '../operations/open-downgrade.ts';
import { read } from '../operations/read.ts';
import { remove } from '../operations/remove.ts';
import { setattr } from '../operations/setattr.ts';
import { call, type CompoundReply } from '../testing/compound-client.ts';
import {
  access,
  anonymous,
  at,
  atData,
  bypass,
  closing,
  current,
  exclusive,
  exclusive1,
  guarded,
  handleOf,
  modeOf,
  opening,
  reading,
  unchecked,
  uncheckedTruncating,
  writing,
  type Opening,
} from './testing/calls.ts';
import { Client41 } from './testing/client41.ts';
import { TestServer } from './testing/server.ts';
import { invalidStateid } from './stateid.ts';

const file = { name: 'file' };
const last = (reply: CompoundReply): string | undefined => reply.summary.at(-1);

async function opened(client: Client41, opts: Opening = {}, name = 'file') {
  const reply = await client.send(...atData, opening({ name }, { how: unchecked, ...opts }), handleOf);
  return { ...reply.value(open), handle: reply.value(getfh).handle };
}

function contentOf(reply: CompoundReply): string {
  return Buffer.concat(reply.value(read).data).toString();
}

describe('a stateid', () => {
  it('suffices for whom the file was opened, whatever its mode, and for nobody else', async () => {
    const server = await TestServer.start();
    const client = await Client41.begin(server, 'a');
    const { handle, stateid } = await opened(client);
    await client.send(at(handle), call(setattr, { stateid: anonymous, attributes: modeOf(0o400) }));
    expect(last(await client.send(at(handle), writing(stateid, 'mine')))).toBe('WRITE OK');
    expect(last(await client.sendAs(2000, at(handle), writing(stateid, 'stolen')))).toBe('WRITE ACCESS');
    expect(last(await client.sendAs(2000, at(handle), reading(stateid)))).toBe('READ ACCESS');
    await client.send(at(handle), call(setattr, { stateid: anonymous, attributes: modeOf(0o444) }));
    expect(last(await client.sendAs(2000, at(handle), reading(stateid)))).toBe('READ OK');
  });
});

describe('OPEN of 4.1', () => {
  it('makes a file, writes and reads it by the current stateid, and closes it', async () => {
    const server = await TestServer.start();
    const client = await Client41.begin(server, 'a');
    const reply = await client.send(
      ...atData,
      opening(file, { how: unchecked }),
      writing(current, 'content'),
      reading(current),
      closing(current),
    );
    expect(last(reply)).toBe('CLOSE OK');
    expect(contentOf(reply)).toBe('content');
    expect(reply.value(close)).toEqual(invalidStateid);
    expect(reply.value(open).flags).toBe(
      OpenResultFlag.LOCKTYPE_POSIX | OpenResultFlag.PRESERVE_UNLINKED | OpenResultFlag.MAY_NOTIFY_LOCK,
    );
    expect(server.state.counts()).toMatchObject({ opens: 0, stateids: 0 });
  });

  it('creates as asked: unchecked, guarded, exclusive by its verifier', async () => {
    const server = await TestServer.start();
    const client = await Client41.begin(server, 'a');
    const create = async (name: string, how: Opening['how']): Promise<string | undefined> =>
      last(await client.send(...atData, opening({ name }, how === undefined ? {} : { how })));
    expect(await create('none', undefined)).toBe('OPEN NOENT');
    expect(await create('u', unchecked)).toBe('OPEN OK');
    expect(await create('u', unchecked)).toBe('OPEN OK');
    expect(await create('u', guarded)).toBe('OPEN EXIST');
    expect(await create('g', guarded)).toBe('OPEN OK');
    expect(await create('e', exclusive1('verify01'))).toBe('OPEN OK');
    expect(await create('e', exclusive1('verify01'))).toBe('OPEN OK');
    expect(await create('e', exclusive1('verify02'))).toBe('OPEN EXIST');
    expect(await create('e', exclusive('verify01'))).toBe('OPEN OK');
    expect(await create('u', exclusive('verify01'))).toBe('OPEN EXIST');
  });

  it('truncates an existing file only once nobody’s reservation is in the way', async () => {
    const server = await TestServer.start();
    const [a, b] = [await Client41.begin(server, 'a'), await Client41.begin(server, 'b')];
    const { stateid, handle } = await opened(a, { deny: access.write });
    await a.send(at(handle), writing(stateid, 'content'));
    const refused = await b.send(...atData, opening(file, { access: access.read, how: uncheckedTruncating }));
    expect(last(refused)).toBe('OPEN SHARE_DENIED');
    expect(contentOf(await a.send(at(handle), reading(stateid)))).toBe('content');
    await a.send(at(handle), closing(stateid));
    const truncated = await b.send(...atData, opening(file, { how: uncheckedTruncating }), reading(current));
    expect(contentOf(truncated)).toBe('');
    expect(truncated.value(open).attributesSet).toBe(1n << 4n);
  });

  it('by handle opens what the current filehandle is, and a directory never', async () => {
    const server = await TestServer.start();
    const client = await Client41.begin(server, 'a');
    const { handle } = await opened(client);
    expect(last(await client.send(at(handle), opening('fh')))).toBe('OPEN OK');
    expect(last(await client.send(...atData, opening('fh', { access: access.read })))).toBe('OPEN ISDIR');
    expect(last(await client.send(at(handle), opening('fh', { how: unchecked })))).toBe('OPEN INVAL');
  });

  it('gives no delegation, and says why to who asks for one', async () => {
    const server = await TestServer.start();
    const client = await Client41.begin(server, 'a');
    const wanting = async (want: number): Promise<unknown> =>
      (await opened(client, { access: access.read | want })).delegation;
    expect(await wanting(0)).toMatchObject({ type: DelegationType.NONE });
    expect(await wanting(ShareAccessWant.READ_DELEG)).toMatchObject({
      type: DelegationType.NONE_EXT,
      value: { why: WhyNoDelegation.RESOURCE, value: false },
    });
    expect(await wanting(ShareAccessWant.NO_DELEG)).toMatchObject({ value: { why: WhyNoDelegation.NOT_WANTED } });
    const unknown = await client.send(...atData, opening(file, { access: 0x0801 }));
    expect(last(unknown)).toBe('OPEN INVAL');
  });

  it('keeps an unlinked file for whom it is open', async () => {
    const server = await TestServer.start();
    const client = await Client41.begin(server, 'a');
    const { stateid, handle } = await opened(client);
    await client.send(at(handle), writing(stateid, 'still here'));
    await client.send(...atData, call(remove, { name: Buffer.from('file') }));
    expect(contentOf(await client.send(at(handle), reading(stateid)))).toBe('still here');
    await client.send(at(handle), closing(stateid));
    expect(last(await client.send(at(handle)))).toBe('PUTFH STALE');
  });
});

describe('share reservations of 4.1', () => {
  it('hold between clients, and between owners of one client', async () => {
    const server = await TestServer.start();
    const [a, b] = [await Client41.begin(server, 'a'), await Client41.begin(server, 'b')];
    await opened(a, { access: access.read, deny: access.write });
    const open2 = async (client: Client41, opts: Opening): Promise<string | undefined> =>
      last(await client.send(...atData, opening(file, opts)));
    expect(await open2(b, { access: access.write })).toBe('OPEN SHARE_DENIED');
    expect(await open2(b, { access: access.read, deny: access.read })).toBe('OPEN SHARE_DENIED');
    expect(await open2(b, { access: access.read })).toBe('OPEN OK');
    expect(await open2(a, { access: access.write, owner: 'another' })).toBe('OPEN SHARE_DENIED');
  });

  it('add up in one open of an owner, and go down to what some of its OPENs asked for', async () => {
    const server = await TestServer.start();
    const [a, b] = [await Client41.begin(server, 'a'), await Client41.begin(server, 'b')];
    const first = await opened(a, { access: access.read });
    const second = await opened(a, { access: access.write });
    expect(second.stateid.other).toEqual(first.stateid.other);
    expect(second.stateid.seqid).toBe(first.stateid.seqid + 1);
    const denying = (deny: number) => opening(file, { access: access.read, deny, owner: 'denier' });
    expect(last(await b.send(...atData, denying(access.write)))).toBe('OPEN SHARE_DENIED');
    const down = (shareAccess: number, stateid = second.stateid) =>
      call(openDowngrade, { stateid, seqid: 0, shareAccess, shareDeny: 0 });
    expect(last(await a.send(at(first.handle), down(access.read, first.stateid)))).toBe('OPEN_DOWNGRADE OLD_STATEID');
    const downgraded = await a.send(at(first.handle), down(access.read));
    const { seqid } = downgraded.value(openDowngrade);
    expect(seqid).toBe(second.stateid.seqid + 1);
    expect(last(await b.send(...atData, denying(access.write)))).toBe('OPEN OK');
    const up = await a.send(at(first.handle), down(access.both, { ...second.stateid, seqid }));
    expect(last(up)).toBe('OPEN_DOWNGRADE INVAL');
  });

  it('hold against reading and writing without an open, except for the bypass stateid', async () => {
    const server = await TestServer.start();
    const client = await Client41.begin(server, 'a');
    const { handle, stateid } = await opened(client, { deny: access.both });
    await client.send(at(handle), writing(stateid, 'x'));
    expect(last(await client.send(at(handle), reading(anonymous)))).toBe('READ LOCKED');
    expect(last(await client.send(at(handle), writing(anonymous, 'y')))).toBe('WRITE LOCKED');
    expect(last(await client.send(at(handle), writing(bypass, 'y')))).toBe('WRITE LOCKED');
    expect(contentOf(await client.send(at(handle), reading(bypass)))).toBe('x');
    await client.send(at(handle), closing(stateid));
    expect(last(await client.send(at(handle), writing(anonymous, 'y')))).toBe('WRITE OK');
    expect(contentOf(await client.send(at(handle), reading(anonymous)))).toBe('y');
  });
});

describe('stateids of 4.1', () => {
  it('are good for their file, their client and what it was opened for', async () => {
    const server = await TestServer.start();
    const [a, b] = [await Client41.begin(server, 'a'), await Client41.begin(server, 'b')];
    const { handle, stateid } = await opened(a, { access: access.read });
    const other = await opened(a, {}, 'other');
    expect(last(await a.send(at(handle), writing(stateid, 'x')))).toBe('WRITE OPENMODE');
    expect(last(await a.send(at(other.handle), reading(stateid)))).toBe('READ BAD_STATEID');
    expect(last(await b.send(at(handle), reading(stateid)))).toBe('READ BAD_STATEID');
    expect(last(await a.send(at(handle), reading({ ...stateid, seqid: 9 })))).toBe('READ BAD_STATEID');
    expect(last(await a.send(at(handle), reading(current)))).toBe('READ BAD_STATEID');
    expect(last(await a.send(at(handle), closing(stateid)))).toBe('CLOSE OK');
    expect(last(await a.send(at(handle), reading(stateid)))).toBe('READ BAD_STATEID');
  });
});

describe('concurrent OPENs of one owner', () => {
  it('make one open, which one CLOSE ends', async () => {
    const server = await TestServer.start();
    const client = await Client41.begin(server, 'a');
    const { handle } = await opened(client);
    const requests = [1, 2, 3, 4].map((slot) =>
      client.encode([at(handle), opening('fh', { access: slot % 2 === 0 ? access.read : access.write })], { slot }),
    );
    const replies = await Promise.all(requests.map((request) => client.connection.send(request)));
    const others = new Set(replies.map((reply) => reply.value(open).stateid.other.toString('hex')));
    expect(others.size).toBe(1);
    expect(server.state.counts().opens).toBe(1);
    const { stateid } = replies[0]?.value(open) ?? { stateid: anonymous };
    expect(last(await client.send(at(handle), closing({ ...stateid, seqid: 0 })))).toBe('CLOSE OK');
    expect(server.state.counts().opens).toBe(0);
  });

  it('of different owners that deny each other leave one winner', async () => {
    const server = await TestServer.start();
    const client = await Client41.begin(server, 'a');
    const { handle, stateid } = await opened(client);
    await client.send(at(handle), closing(stateid));
    const requests = [1, 2, 3].map((slot) =>
      client.encode([at(handle), opening('fh', { deny: access.both, owner: `owner ${slot}` })], { slot }),
    );
    const replies = await Promise.all(requests.map((request) => client.connection.send(request)));
    expect(replies.map(last).sort()).toEqual(['OPEN OK', 'OPEN SHARE_DENIED', 'OPEN SHARE_DENIED']);
  });
});
