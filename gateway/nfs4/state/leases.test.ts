import { describe, expect, it } from 'vitest';
import { SequenceStatus } from '../codec/sessions.ts';
import { Nfs4Status } from '../codec/status.ts';
import { freeStateid } from '../operations/free-stateid.ts';
import { getfh } from '../operations/getfh.ts';
import { lock } from '../operations/lock.ts';
import { open } from '../operations/open.ts';
import { putrootfh } from '../operations/putrootfh.ts';
import { renew } from '../operations/renew.ts';
import { sequence } from '../operations/sequence.ts';
import { testStateid } from '../operations/test-stateid.ts';
import { call, type CompoundReply } from '../testing/compound-client.ts';
import { access, at, atData, firstLock, handleOf, opening, reading, unchecked } from './testing/calls.ts';
import { Client40 } from './testing/client40.ts';
import { Client41 } from './testing/client41.ts';
import { TestServer } from './testing/server.ts';

const last = (reply: CompoundReply): string | undefined => reply.summary.at(-1);
const file = { name: 'file' };

async function opened(client: Client41, opts: Parameters<typeof opening>[1] = {}) {
  const reply = await client.send(...atData, opening(file, { how: unchecked, ...opts }), handleOf);
  return { stateid: reply.value(open).stateid, put: at(reply.value(getfh).handle) };
}

describe('a lease that has run out', () => {
  it('costs nothing where nobody else wants the file', async () => {
    const server = await TestServer.start();
    const [a, b] = [await Client41.begin(server, 'a'), await Client41.begin(server, 'b')];
    const { stateid, put } = await opened(a);
    server.pass(3600);
    server.state.tick();
    await opened(b);
    expect(last(await a.send(put, reading(stateid)))).toBe('READ OK');
  });

  it('loses exactly the open that is in the way, and 4.1 hears of it until it acknowledges', async () => {
    const server = await TestServer.start();
    const [a, b] = [await Client41.begin(server, 'a'), await Client41.begin(server, 'b')];
    const lost = await opened(a, { deny: access.write });
    const kept = (await a.send(...atData, opening({ name: 'kept' }, { how: unchecked }))).value(open).stateid;
    expect(last(await b.send(...atData, opening(file)))).toBe('OPEN SHARE_DENIED');
    server.pass(61);
    await b.send(call(putrootfh, undefined));
    expect(last(await b.send(...atData, opening(file)))).toBe('OPEN OK');

    const reply = await a.send(call(testStateid, { stateids: [lost.stateid, kept] }));
    expect(reply.value(testStateid).statuses).toEqual([Nfs4Status.EXPIRED, Nfs4Status.OK]);
    expect(reply.value(sequence).statusFlags).toBe(SequenceStatus.EXPIRED_SOME_STATE_REVOKED);
    expect(last(await a.send(lost.put, reading(lost.stateid)))).toBe('READ EXPIRED');
    const freed = await a.send(call(freeStateid, { stateid: lost.stateid }));
    expect(last(freed)).toBe('FREE_STATEID OK');
    expect((await a.send(call(putrootfh, undefined))).value(sequence).statusFlags).toBe(0);
  });

  it('says that all is lost when nothing is left', async () => {
    const server = await TestServer.start();
    const [a, b] = [await Client41.begin(server, 'a'), await Client41.begin(server, 'b')];
    await opened(a, { deny: access.write });
    server.pass(61);
    await b.send(call(putrootfh, undefined));
    await opened(b);
    const { statusFlags } = (await a.send(call(putrootfh, undefined))).value(sequence);
    expect(statusFlags).toBe(SequenceStatus.EXPIRED_ALL_STATE_REVOKED);
  });

  it('loses a lock and not the open under it', async () => {
    const server = await TestServer.start();
    const [a, b] = [await Client41.begin(server, 'a'), await Client41.begin(server, 'b')];
    const [openA, openB] = [await opened(a), await opened(b)];
    const locked = (await a.send(openA.put, firstLock(openA.stateid))).value(lock).stateid;
    server.pass(61);
    expect(last(await b.send(openB.put, firstLock(openB.stateid)))).toBe('LOCK OK');
    expect(last(await a.send(openA.put, reading(openA.stateid)))).toBe('READ OK');
    expect(last(await a.send(openA.put, reading(locked)))).toBe('READ EXPIRED');
  });

  it('of 4.0 is renewed by RENEW and by I/O; what was taken is EXPIRED', async () => {
    const server = await TestServer.start();
    const [a, b] = [await Client40.begin(server, 'a'), await Client40.begin(server, 'b')];
    const { handle, stateid } = await a.open('file', { how: unchecked, deny: access.write });
    server.pass(50);
    await a.send(at(handle), reading(stateid));
    server.pass(50);
    await a.send(call(renew, { clientid: a.clientid }));
    server.pass(50);
    const request = { clientid: b.clientid, how: unchecked };
    expect(last(await b.send(...atData, opening(file, { ...request, seqid: b.next() })))).toBe('OPEN SHARE_DENIED');
    server.pass(11);
    expect(last(await b.send(...atData, opening(file, { ...request, seqid: b.next() })))).toBe('OPEN OK');
    expect(last(await a.send(at(handle), reading(stateid)))).toBe('READ EXPIRED');
  });

  it('is cut short where memory is: the one silent longest goes', async () => {
    const server = await TestServer.start({ clients: 2, courtesySeconds: 1000 });
    await Client41.begin(server, 'a');
    server.pass(10);
    await Client41.begin(server, 'b');
    const refused = new Client41(server, 'c');
    await expect(refused.establish()).rejects.toThrow('CREATE_SESSION DELAY');
    server.pass(55);
    await refused.establish();
    expect(server.state.counts().clients).toBe(2);
    server.pass(1001);
    server.state.tick();
    expect(server.state.counts()).toMatchObject({ clients: 0, sessions: 0 });
  });

  it('makes room for stateids too', async () => {
    const server = await TestServer.start({ stateids: 2 });
    const [a, b] = [await Client41.begin(server, 'a'), await Client41.begin(server, 'b')];
    await opened(a);
    await opened(a, { owner: 'second' });
    expect(last(await b.send(...atData, opening(file)))).toBe('OPEN DELAY');
    server.pass(61);
    expect(last(await b.send(...atData, opening(file)))).toBe('OPEN OK');
    expect(last(await a.send(call(putrootfh, undefined)))).toBe('SEQUENCE BADSESSION');
  });
});
