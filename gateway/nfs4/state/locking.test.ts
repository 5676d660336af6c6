import { describe, expect, it } from 'vitest';
import type { StateidValue } from '../codec/basic.ts';
import { LockType } from '../codec/locks.ts';
import { freeStateid } from '../operations/free-stateid.ts';
import { getfh } from '../operations/getfh.ts';
import { lock } from '../operations/lock.ts';
import { locku } from '../operations/locku.ts';
import { open } from '../operations/open.ts';
import { releaseLockowner } from '../operations/release-lockowner.ts';
import { call, type Call, type CompoundReply } from '../testing/compound-client.ts';
import {
  access,
  at,
  atData,
  closing,
  firstLock,
  handleOf,
  nextLock,
  opening,
  reading,
  testLock,
  unchecked,
} from './testing/calls.ts';
import { Client40 } from './testing/client40.ts';
import { Client41 } from './testing/client41.ts';
import { TestServer } from './testing/server.ts';

const last = (reply: CompoundReply): string | undefined => reply.summary.at(-1);
const allOnes = (1n << 64n) - 1n;

async function opened(client: Client41, mask: number = access.both) {
  const reply = await client.send(...atData, opening({ name: 'file' }, { how: unchecked, access: mask }), handleOf);
  return { stateid: reply.value(open).stateid, put: at(reply.value(getfh).handle) };
}

const unlock = (stateid: StateidValue, offset: bigint, length: bigint, seqid = 0): Call =>
  call(locku, { type: LockType.WRITE, seqid, stateid, offset, length });

describe('byte-range locks of 4.1', () => {
  it('keep other owners out and name the one that holds them', async () => {
    const server = await TestServer.start();
    const [a, b] = [await Client41.begin(server, 'a'), await Client41.begin(server, 'b')];
    const [openA, openB] = [await opened(a), await opened(b)];
    await a.send(openA.put, firstLock(openA.stateid, { offset: 10n, length: 20n, owner: 'one' }));
    const refused = await b.send(openB.put, firstLock(openB.stateid, { offset: 25n, length: allOnes }));
    expect(last(refused)).toBe('LOCK DENIED');
    const holder = { offset: 10n, length: 20n, type: LockType.WRITE };
    expect(refused.results.at(-1)?.value).toEqual({
      ...holder,
      owner: { clientid: a.clientid, owner: Buffer.from('one') },
    });
    const tested = await b.send(openB.put, testLock({ offset: 0n, length: allOnes }));
    expect(tested.results.at(-1)).toMatchObject({ summary: 'LOCKT DENIED', value: holder });
    expect(last(await a.send(openA.put, testLock({ owner: 'one', length: allOnes })))).toBe('LOCKT OK');
    expect(last(await b.send(openB.put, testLock({ offset: 30n })))).toBe('LOCKT OK');
  });

  it('split, downgrade and go at CLOSE', async () => {
    const server = await TestServer.start();
    const [a, b] = [await Client41.begin(server, 'a'), await Client41.begin(server, 'b')];
    const [openA, openB] = [await opened(a), await opened(b)];
    const taken = await a.send(openA.put, firstLock(openA.stateid, { length: 30n }));
    let { stateid } = taken.value(lock);
    stateid = (await a.send(openA.put, unlock(stateid, 10n, 10n))).value(locku).stateid;
    expect(stateid.seqid).toBe(2);
    expect(last(await b.send(openB.put, testLock({ offset: 10n })))).toBe('LOCKT OK');
    const down = nextLock(stateid, { type: LockType.READ, offset: 20n });
    stateid = (await a.send(openA.put, down)).value(lock).stateid;
    expect(last(await b.send(openB.put, testLock({ offset: 20n, type: LockType.READ_BLOCKING })))).toBe('LOCKT OK');
    expect(last(await b.send(openB.put, testLock({ offset: 20n })))).toBe('LOCKT DENIED');
    expect(last(await a.send(openA.put, reading(stateid)))).toBe('READ OK');
    await a.send(openA.put, closing(openA.stateid));
    expect(last(await b.send(openB.put, testLock({ length: allOnes })))).toBe('LOCKT OK');
    expect(last(await a.send(openA.put, reading(stateid)))).toBe('READ BAD_STATEID');
  });

  it('need an open for what they lock, and a range that there is', async () => {
    const server = await TestServer.start();
    const client = await Client41.begin(server, 'a');
    const { put, stateid } = await opened(client, access.read);
    expect(last(await client.send(put, firstLock(stateid, { type: LockType.WRITE })))).toBe('LOCK OPENMODE');
    const reader = { type: LockType.READ };
    expect(last(await client.send(put, firstLock(stateid, { ...reader, length: 0n })))).toBe('LOCK INVAL');
    const beyond = { ...reader, offset: allOnes - 4n, length: 5n };
    expect(last(await client.send(put, firstLock(stateid, beyond)))).toBe('LOCK INVAL');
    expect(last(await client.send(put, firstLock(stateid, { ...beyond, length: 4n })))).toBe('LOCK OK');
    expect(last(await client.send(put, firstLock(stateid, { ...beyond, length: allOnes })))).toBe('LOCK OK');
    expect(last(await client.send(...atData, testLock()))).toBe('LOCKT ISDIR');
  });

  it('have a stateid that is freed when nothing is locked', async () => {
    const server = await TestServer.start();
    const client = await Client41.begin(server, 'a');
    const { put, stateid } = await opened(client);
    const locked = (await client.send(put, firstLock(stateid))).value(lock).stateid;
    const free = call(freeStateid, { stateid: locked });
    expect(last(await client.send(free))).toBe('FREE_STATEID LOCKS_HELD');
    await client.send(put, unlock(locked, 0n, allOnes));
    expect(last(await client.send(free))).toBe('FREE_STATEID OK');
    expect(last(await client.send(free))).toBe('FREE_STATEID BAD_STATEID');
    expect(last(await client.send(call(freeStateid, { stateid })))).toBe('FREE_STATEID LOCKS_HELD');
  });
});

describe('byte-range locks of 4.0', () => {
  async function locking(server: TestServer) {
    const client = await Client40.begin(server, 'a');
    const { handle, stateid } = await client.open('file', { how: unchecked });
    const put = at(handle);
    const first = firstLock(stateid, { openSeqid: client.next(), lockSeqid: 1, clientid: client.clientid });
    const reply = await client.send(put, first);
    return { client, put, stateid, first, reply, locked: reply.value(lock).stateid };
  }

  it('are taken in the turns of both owners, and answered again when repeated', async () => {
    const server = await TestServer.start();
    const { client, put, first, reply, locked } = await locking(server);
    expect((await client.send(put, first)).bytes).toEqual(reply.bytes);
    const again = nextLock(locked, { offset: 20n, seqid: 2 });
    const second = await client.send(put, again);
    expect(last(second)).toBe('LOCK OK');
    expect((await client.send(put, again)).bytes).toEqual(second.bytes);
    expect(last(await client.send(put, unlock(locked, 0n, 1n, 9)))).toBe('LOCKU BAD_SEQID');
    expect(last(await client.send(put, unlock(second.value(lock).stateid, 0n, 1n, 3)))).toBe('LOCKU OK');
  });

  it('are refused again in the same words when a refusal is repeated', async () => {
    const server = await TestServer.start();
    const { stateid, put } = await locking(server);
    expect(stateid.seqid).toBeGreaterThan(0);
    const other = await Client40.begin(server, 'b');
    const { stateid: theirs } = await other.open('file');
    const asking = firstLock(theirs, { openSeqid: other.next(), lockSeqid: 5, clientid: other.clientid });
    const refused = await other.send(put, asking);
    expect(last(refused)).toBe('LOCK DENIED');
    expect((await other.send(put, asking)).bytes).toEqual(refused.bytes);
  });

  it('let macOS go on with the lock stateid of a file it has closed and opened again', async () => {
    const server = await TestServer.start();
    const { client, put, stateid, locked } = await locking(server);
    await client.send(put, closing(stateid, client.next()));
    expect(last(await client.send(put, nextLock(locked, { seqid: 2 })))).toBe('LOCK BAD_STATEID');
    await client.open('file');
    const again = await client.send(put, nextLock(locked, { seqid: 2 }));
    expect(last(again)).toBe('LOCK OK');
    expect(again.value(lock).stateid.other).not.toEqual(locked.other);
    const other = await Client40.begin(server, 'b');
    expect(last(await other.send(put, testLock({ clientid: other.clientid })))).toBe('LOCKT DENIED');
  });

  it('are released with their owner only when nothing is locked', async () => {
    const server = await TestServer.start();
    const { client, put, locked } = await locking(server);
    const release = call(releaseLockowner, { owner: { clientid: client.clientid, owner: Buffer.from('locker') } });
    expect(last(await client.send(release))).toBe('RELEASE_LOCKOWNER LOCKS_HELD');
    await client.send(put, unlock(locked, 0n, allOnes, 2));
    expect(last(await client.send(release))).toBe('RELEASE_LOCKOWNER OK');
    expect(last(await client.send(release))).toBe('RELEASE_LOCKOWNER OK');
  });
});
