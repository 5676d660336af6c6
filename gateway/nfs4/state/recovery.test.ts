import { describe, expect, it } from 'vitest';
import { LockType } from '../codec/locks.ts';
import { Nfs4Status } from '../codec/status.ts';
import { close } from '../operations/close.ts';
import { getfh } from '../operations/getfh.ts';
import { lock } from '../operations/lock.ts';
import { locku } from '../operations/locku.ts';
import { open } from '../operations/open.ts';
import { putrootfh } from '../operations/putrootfh.ts';
import { reclaimComplete } from '../operations/reclaim-complete.ts';
import { remove } from '../operations/remove.ts';
import { renew } from '../operations/renew.ts';
import { call, type CompoundReply } from '../testing/compound-client.ts';
import {
  access,
  anonymous,
  at,
  atData,
  closing,
  firstLock,
  nextLock,
  handleOf,
  opening,
  reading,
  unchecked,
} from './testing/calls.ts';
import { Client40 } from './testing/client40.ts';
import { Client41 } from './testing/client41.ts';
import { TestServer } from './testing/server.ts';

const last = (reply: CompoundReply): string | undefined => reply.summary.at(-1);
const file = { name: 'file' };
const complete = call(reclaimComplete, { oneFileSystem: false });

async function opened(client: Client41, opts: Parameters<typeof opening>[1] = {}, name = 'file') {
  const reply = await client.send(...atData, opening({ name }, { how: unchecked, ...opts }), handleOf);
  return { stateid: reply.value(open).stateid, put: at(reply.value(getfh).handle) };
}

async function isPending(promise: Promise<void>): Promise<boolean> {
  return Promise.race([promise.then(() => false), new Promise<true>((resolve) => setImmediate(() => resolve(true)))]);
}

describe('after a restart, 4.1', () => {
  it('does not wait for clients that had nothing open', async () => {
    const server = await TestServer.start();
    const client = await Client41.begin(server, 'a');
    const { stateid, put } = await opened(client);
    await client.send(put, closing(stateid));
    await server.restart();
    await server.state.graceEnded;
    expect(server.state.counts().inGrace).toBe(false);
    expect(last(await client.send(call(putrootfh, undefined)))).toBe('SEQUENCE BADSESSION');
  });

  it('gives back opens and locks, holds others off meanwhile, and ends grace with RECLAIM_COMPLETE', async () => {
    const server = await TestServer.start();
    const [a, b] = [await Client41.begin(server, 'a'), await Client41.begin(server, 'b')];
    const before = await opened(a, { deny: access.write });
    await a.send(before.put, firstLock(before.stateid));
    await opened(b, {}, 'elsewhere');
    await server.restart();
    expect(await isPending(server.state.graceEnded)).toBe(true);

    await b.establish();
    await b.complete();
    expect(last(await b.send(...atData, opening(file, { access: access.read })))).toBe('OPEN GRACE');
    expect(last(await b.send(before.put, reading(anonymous)))).toBe('READ GRACE');
    expect(last(await b.send(...atData, opening({ name: 'new' }, { how: unchecked })))).toBe('OPEN OK');

    await a.establish();
    const reclaimed = (await a.send(before.put, opening('previous', { deny: access.write }))).value(open).stateid;
    expect(last(await a.send(before.put, firstLock(reclaimed, { reclaim: true })))).toBe('LOCK OK');
    await a.complete();
    await server.state.graceEnded;
    expect(last(await b.send(...atData, opening(file)))).toBe('OPEN SHARE_DENIED');
    expect(last(await b.send(...atData, opening(file, { access: access.read })))).toBe('OPEN OK');
    expect(last(await a.send(before.put, reading(reclaimed)))).toBe('READ OK');
  });

  it('gives back a lock on the whole file, also one that was taken after an earlier one was given up', async () => {
    const server = await TestServer.start();
    const client = await Client41.begin(server, 'a');
    const { put, stateid } = await opened(client);
    const whole = { length: (1n << 64n) - 1n };
    const locked = (await client.send(put, firstLock(stateid, whole))).value(lock).stateid;
    const type = LockType.WRITE;
    await client.send(put, call(locku, { type, seqid: 0, stateid: locked, offset: 0n, ...whole }));
    await client.send(put, nextLock({ ...locked, seqid: 0 }, whole));
    await server.restart();
    await client.establish();
    const reclaimed = (await client.send(put, opening('previous'))).value(open).stateid;
    expect(last(await client.send(put, firstLock(reclaimed, { ...whole, reclaim: true })))).toBe('LOCK OK');
    await client.complete();
    await server.state.graceEnded;
  });

  it('tells what clients have closed meanwhile from what is left of clients that are gone', async () => {
    const server = await TestServer.start();
    const clients = await Promise.all(['a', 'b', 'c'].map((name) => Client41.begin(server, name)));
    const [a, b, c] = clients as [Client41, Client41, Client41];
    for (const [client, names] of [
      [a, ['ofA', 'ofAandC']],
      [b, ['ofB']],
      [c, ['ofC', 'ofAandC']],
    ] as const)
      for (const name of names) await opened(client, {}, name);
    await server.restart();
    await a.establish();
    await a.complete();
    await b.establish();
    server.pass(61);
    server.state.tick();
    await server.state.graceEnded;
    const { fileSystem } = server;
    const caller = { uid: 0, gid: 0, gids: [], address: '127.0.0.1' };
    const data = await fileSystem.lookup(fileSystem.root(), 'data', caller);
    const isAbandoned = async (name: string): Promise<boolean> =>
      server.state.isAbandoned((await fileSystem.lookup(data, name, caller)).key);
    expect([await isAbandoned('ofA'), await isAbandoned('ofB'), await isAbandoned('ofAandC')]).toEqual([
      false,
      false,
      false,
    ]);
    expect(await isAbandoned('ofC')).toBe(true);
  });

  it('ends grace after one lease, and what was not reclaimed cannot be any more', async () => {
    const server = await TestServer.start();
    const [a, b] = [await Client41.begin(server, 'a'), await Client41.begin(server, 'b')];
    const { put } = await opened(a);
    await server.restart();
    await a.establish();
    server.pass(59);
    server.state.tick();
    expect(server.state.counts().inGrace).toBe(true);
    server.pass(2);
    server.state.tick();
    await server.state.graceEnded;
    expect(last(await a.send(put, opening('previous')))).toBe('OPEN NO_GRACE');
    await b.establish();
    await b.complete();
    expect(last(await b.send(...atData, opening(file)))).toBe('OPEN OK');
  });

  it('takes no reclaim after RECLAIM_COMPLETE, from a stranger, or of what keeps others out without a record', async () => {
    const server = await TestServer.start();
    const [a, b] = [await Client41.begin(server, 'a'), await Client41.begin(server, 'b')];
    const held = await opened(a);
    const never = await opened(b, {}, 'never');
    await server.restart();
    await a.establish();
    expect(last(await a.send(never.put, opening('previous', { deny: access.write })))).toBe('OPEN RECLAIM_BAD');
    const reclaimed = (await a.send(held.put, opening('previous'))).value(open).stateid;
    expect(last(await a.send(held.put, firstLock(reclaimed, { reclaim: true })))).toBe('LOCK RECLAIM_BAD');
    expect(last(await a.send(complete))).toBe('RECLAIM_COMPLETE OK');
    expect(last(await a.send(complete))).toBe('RECLAIM_COMPLETE COMPLETE_ALREADY');
    expect(last(await a.send(held.put, opening('previous')))).toBe('OPEN NO_GRACE');
    const stranger = new Client41(server, 'stranger');
    await stranger.establish();
    expect(last(await stranger.send(held.put, opening('previous')))).toBe('OPEN NO_GRACE');
  });

  it('lets a restarted client go on at once: what its old instance had is not waited for', async () => {
    const server = await TestServer.start();
    await opened(await Client41.begin(server, 'a'), { deny: access.both });
    await server.restart();
    const restarted = new Client41(server, 'a', { verifier: 'boot0002' });
    await restarted.establish();
    await server.state.graceEnded;
    await restarted.complete();
    expect(last(await restarted.send(...atData, opening(file)))).toBe('OPEN OK');
  });

  it('remembers through a second restart in the middle of grace', async () => {
    const server = await TestServer.start();
    const [a, b] = [await Client41.begin(server, 'a'), await Client41.begin(server, 'b')];
    const [first, second] = [await opened(a, { deny: access.write }), await opened(b, { deny: access.write }, 'two')];
    await server.restart();
    await a.establish();
    await a.send(first.put, opening('previous', { deny: access.write }));
    await server.restart();
    for (const [client, { put }] of [
      [a, first],
      [b, second],
    ] as const) {
      await client.establish();
      expect(last(await client.send(put, opening('previous', { deny: access.write })))).toBe('OPEN OK');
      await client.complete();
    }
    await server.state.graceEnded;
  });

  it('does not give back what a silent client lost to another', async () => {
    const server = await TestServer.start();
    const [a, b] = [await Client41.begin(server, 'a'), await Client41.begin(server, 'b')];
    const lost = await opened(a, { deny: access.write });
    server.pass(61);
    await b.send(call(putrootfh, undefined));
    await opened(b, { deny: access.write });
    await server.restart();
    await a.establish();
    expect(last(await a.send(lost.put, opening('previous', { deny: access.write })))).toBe('OPEN RECLAIM_BAD');
    await b.establish();
    expect(last(await b.send(lost.put, opening('previous', { deny: access.write })))).toBe('OPEN OK');
    expect(last(await a.send(lost.put, opening('previous')))).toBe('OPEN RECLAIM_CONFLICT');
  });

  it('answers a repeated change from its record, and sends everything else to a new session', async () => {
    const server = await TestServer.start();
    const client = await Client41.begin(server, 'a');
    await opened(client);
    const request = client.encode([...atData, call(remove, { name: Buffer.from('file') })], { cacheThis: true });
    const before = await client.connection.send(request);
    expect(last(before)).toBe('REMOVE OK');
    await server.restart();
    const after = await client.connection.send(request);
    expect(after.summary).toEqual(before.summary);
    expect(after.value(remove)).toEqual(before.value(remove));
    expect(last(await client.send(...atData))).toBe('SEQUENCE BADSESSION');
    await client.establish();
    const sequenceBefore = await client.connection.send(request);
    expect(sequenceBefore.status).toBe(Nfs4Status.BADSESSION);
  });
});

describe('after a restart, 4.0', () => {
  it('knows stale clientids and stateids, and is done when all is reclaimed', async () => {
    const server = await TestServer.start();
    const client = await Client40.begin(server, 'a');
    const { handle, stateid } = await client.open('file', { how: unchecked });
    const put = at(handle);
    const { clientid } = client;
    await client.send(put, firstLock(stateid, { openSeqid: client.next(), clientid, length: 10n }));
    await server.restart();
    expect(last(await client.send(put, reading(stateid)))).toBe('READ STALE_STATEID');
    expect(last(await client.send(call(renew, { clientid })))).toBe('RENEW STALE_CLIENTID');

    await client.establish();
    const previous = opening('previous', { clientid: client.clientid, seqid: client.next() });
    const reclaimed = (await client.send(put, previous)).value(open);
    expect(reclaimed.flags).toBe(4);
    expect(await isPending(server.state.graceEnded)).toBe(true);
    const again = firstLock(reclaimed.stateid, {
      openSeqid: client.next(),
      clientid: client.clientid,
      length: 10n,
      reclaim: true,
    });
    expect((await client.send(put, again)).value(lock).stateid.seqid).toBe(1);
    await server.state.graceEnded;
    const closed = await client.send(put, closing(reclaimed.stateid, client.next()));
    expect(closed.value(close).seqid).toBe(2);
  });

  it('refuses a reclaim to a client that had nothing', async () => {
    const server = await TestServer.start();
    const client = await Client40.begin(server, 'a');
    const { handle } = await client.open('file', { how: unchecked });
    const previous = opening('previous', { clientid: client.clientid, seqid: client.next() });
    expect(last(await client.send(at(handle), previous))).toBe('OPEN NO_GRACE');
  });
});
