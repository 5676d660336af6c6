import { describe, expect, it } from 'vitest';
import { callBack, Client41 } from './testing/client41.ts';
import { Attribute } from '../attributes/numbers.ts';
import { bits, type StateidValue } from '../codec/basic.ts';
import { LockType } from '../codec/locks.ts';
import { Claim, DelegationType, OpenResultFlag, ShareAccessWant, WhyNoDelegation } from '../codec/opens.ts';
import { SequenceStatus } from '../codec/sessions.ts';
import { Nfs4Status } from '../codec/status.ts';
import { delegreturn } from '../operations/delegreturn.ts';
import { freeStateid } from '../operations/free-stateid.ts';
import { getattr } from '../operations/getattr.ts';
import { getfh } from '../operations/getfh.ts';
import { open } from '../operations/open.ts';
import { putrootfh } from '../operations/putrootfh.ts';
import { read } from '../operations/read.ts';
import { sequence } from '../operations/sequence.ts';
import { testStateid } from '../operations/test-stateid.ts';
import { attributeValues, settableAttributes } from '../testing/attribute-values.ts';
import { call, type CompoundReply } from '../testing/compound-client.ts';
import {
  access,
  at,
  atData,
  closing,
  firstLock,
  handleOf,
  opening,
  reading,
  unchecked,
  writing,
} from './testing/calls.ts';
import type { CallbackReceiver } from './testing/callback-receiver.ts';
import { TestServer } from './testing/server.ts';

const file = { name: 'file' };
const last = (reply: CompoundReply): string | undefined => reply.summary.at(-1);
const returning = (handle: Buffer, stateid: StateidValue) => [at(handle), call(delegreturn, { stateid })] as const;

async function begin(server: TestServer, name: string): Promise<{ client: Client41; calls: CallbackReceiver }> {
  return callBack(await Client41.begin(server, name, { back: true }));
}

async function openedOnce(client: Client41, mask: number, opts: Parameters<typeof opening>[1] = {}) {
  const reply = await client.send(...atData, opening(file, { how: unchecked, access: mask, ...opts }), handleOf);
  return { ...reply.value(open), handle: reply.value(getfh).handle };
}

/** Opens the file as often as it takes, and closes it but for the last time. */
async function delegated(client: Client41, mask: number) {
  const first = await openedOnce(client, mask);
  await client.send(at(first.handle), closing(first.stateid));
  const { delegation, handle, stateid } = await openedOnce(client, mask);
  if (delegation.type !== DelegationType.READ && delegation.type !== DelegationType.WRITE) {
    throw new Error(`no delegation but ${JSON.stringify(delegation)}`);
  }
  return { open: stateid, handle, given: delegation, stateid: delegation.value.stateid };
}

describe('a delegation', () => {
  it('is given to who opens a file again, nobody else having opened it in between', async () => {
    const server = await TestServer.start();
    const [{ client: a }, { client: b }] = [await begin(server, 'a'), await begin(server, 'b')];
    expect((await openedOnce(a, access.read)).delegation.type).toBe(DelegationType.NONE);
    expect((await openedOnce(b, access.read)).delegation.type).toBe(DelegationType.NONE);
    expect((await openedOnce(a, access.read)).delegation.type).toBe(DelegationType.NONE);
    const { delegation } = await openedOnce(a, access.read);
    expect(delegation).toMatchObject({ type: DelegationType.READ, value: { recall: false } });
  });

  it('is not given to who cannot be called, does not want it or would have to ask the store all the same', async () => {
    const server = await TestServer.start();
    const unreachable = await Client41.begin(server, 'u');
    await openedOnce(unreachable, access.read);
    expect((await openedOnce(unreachable, access.read)).delegation.type).toBe(DelegationType.NONE);

    const { client: deaf, calls } = await begin(server, 'deaf');
    calls.isDeaf = true;
    await openedOnce(deaf, access.read);
    expect((await openedOnce(deaf, access.read)).delegation.type).toBe(DelegationType.NONE);

    const { client: unwilling } = await begin(server, 'n');
    await openedOnce(unwilling, access.read | ShareAccessWant.NO_DELEG);
    expect((await openedOnce(unwilling, access.read | ShareAccessWant.NO_DELEG)).delegation).toMatchObject({
      value: { why: WhyNoDelegation.NOT_WANTED },
    });

    server.fileSystem.trusts = 0;
    const { client } = await begin(server, 'a');
    await openedOnce(client, access.read);
    const asked = await openedOnce(client, access.read | ShareAccessWant.READ_DELEG);
    expect(asked.delegation).toMatchObject({ value: { why: WhyNoDelegation.RESOURCE } });
  });

  it('to write is not given while another has the file open, and to read not while another writes', async () => {
    const server = await TestServer.start();
    const [{ client: a }, { client: b }] = [await begin(server, 'a'), await begin(server, 'b')];
    await openedOnce(b, access.read);
    await openedOnce(a, access.both);
    const contended = await openedOnce(a, access.both | ShareAccessWant.WRITE_DELEG);
    expect(contended.delegation).toMatchObject({ value: { why: WhyNoDelegation.CONTENTION } });
  });

  it('is recalled when another opens the file in its way, who waits for it', async () => {
    const server = await TestServer.start();
    const [{ client: a, calls }, { client: b }] = [await begin(server, 'a'), await begin(server, 'b')];
    const { handle, stateid } = await delegated(a, access.read);
    expect((await openedOnce(b, access.read)).flags & OpenResultFlag.CONFIRM).toBe(0);
    expect(calls.received).toEqual([]);

    const writer = openedOnce(b, access.write);
    await calls.until(1);
    expect(calls.received).toEqual([{ type: 'recall', stateid, handle }]);
    expect(last(await a.send(...returning(handle, stateid)))).toBe('DELEGRETURN OK');
    await expect(writer).resolves.toBeDefined();
    expect(last(await a.send(...returning(handle, stateid)))).toBe('DELEGRETURN BAD_STATEID');
    expect(server.state.delegations.count).toBe(0);
  });

  it('is not in the way of its own client', async () => {
    const server = await TestServer.start();
    const { client: a, calls } = await begin(server, 'a');
    await delegated(a, access.read);
    await openedOnce(a, access.write, { owner: 'another' });
    expect(calls.received).toEqual([]);
  });

  it('that does not come back is taken away after a lease, of which its client hears until it acknowledges', async () => {
    const server = await TestServer.start({}, { delegationPatience: 10 });
    const [{ client: a, calls }, { client: b }] = [await begin(server, 'a'), await begin(server, 'b')];
    const { handle, stateid } = await delegated(a, access.both);
    expect(last(await b.send(...atData, opening(file, { access: access.read })))).toBe('OPEN DELAY');
    await calls.until(1);
    server.pass(40);
    await a.send(call(putrootfh, undefined));
    expect(last(await b.send(...atData, opening(file, { access: access.read })))).toBe('OPEN DELAY');
    server.pass(40);
    expect(last(await b.send(...atData, opening(file, { access: access.read })))).toBe('OPEN OK');

    const heard = await a.send(at(handle), reading(stateid));
    expect(last(heard)).toBe('READ DELEG_REVOKED');
    expect(heard.value(sequence).statusFlags).toBe(SequenceStatus.RECALLABLE_STATE_REVOKED);
    const tested = await a.send(call(testStateid, { stateids: [stateid] }));
    expect(tested.value(testStateid).statuses).toEqual([Nfs4Status.DELEG_REVOKED]);
    expect(last(await a.send(call(freeStateid, { stateid })))).toBe('FREE_STATEID OK');
    expect((await a.send(call(putrootfh, undefined))).value(sequence).statusFlags).toBe(0);
  });

  it('of a client that has gone silent is nobody’s loss of time', async () => {
    const server = await TestServer.start();
    const [{ client: a }, { client: b }] = [await begin(server, 'a'), await begin(server, 'b')];
    await delegated(a, access.both);
    server.pass(61);
    expect(last(await b.send(...atData, opening(file, { access: access.read })))).toBe('OPEN OK');
  });

  it('is recalled once what is known of the file is too old to go unasked', async () => {
    const server = await TestServer.start();
    const { client: a, calls } = await begin(server, 'a');
    await delegated(a, access.read);
    server.state.delegations.tick();
    expect(calls.received).toEqual([]);
    server.fileSystem.trusts = 0;
    server.state.delegations.tick();
    await calls.until(1);
    expect(calls.received[0]?.type).toBe('recall');
  });

  it('is a stateid to read and write by, and for opens that were made under it', async () => {
    const server = await TestServer.start();
    const { client: a } = await begin(server, 'a');
    const { given, handle, open: opened, stateid } = await delegated(a, access.both);
    expect(given).toMatchObject({ type: DelegationType.WRITE, value: { spaceLimit: { by: 1, value: 0n } } });
    await a.send(at(handle), closing(opened));
    expect(last(await a.send(at(handle), writing(stateid, 'content')))).toBe('WRITE OK');
    expect(Buffer.concat((await a.send(at(handle), reading(stateid))).value(read).data).toString()).toBe('content');
    expect(last(await a.send(at(handle), opening({ claim: Claim.DELEG_CUR_FH, stateid }, {})))).toBe('OPEN OK');
    expect(last(await a.send(...atData, opening({ claim: Claim.DELEGATE_CUR, stateid, name: 'file' }, {})))).toBe(
      'OPEN OK',
    );
    expect(
      last(await a.send(...atData, opening({ claim: Claim.DELEGATE_CUR, stateid: opened, name: 'file' }, {}))),
    ).toBe('OPEN BAD_STATEID');
    expect(last(await a.send(call(freeStateid, { stateid })))).toBe('FREE_STATEID LOCKS_HELD');
  });

  it('to write: others are told what its client has made of the file, who is asked', async () => {
    const server = await TestServer.start();
    const [{ client: a, calls }, { client: b }] = [await begin(server, 'a'), await begin(server, 'b')];
    const { handle } = await delegated(a, access.both);
    const asked = call(getattr, { asked: bits(Attribute.change, Attribute.size) });
    const attributes = async (client: Client41): Promise<readonly unknown[]> => [
      ...attributeValues((await client.send(at(handle), asked)).value(getattr).attributes).values(),
    ];
    const [change, size] = (await attributes(a)) as [bigint, bigint];
    expect(calls.received).toEqual([]);
    const answer = (changed: bigint, bytes: bigint) =>
      settableAttributes([Attribute.change, (w) => w.uint64(changed)], [Attribute.size, (w) => w.uint64(bytes)]);
    calls.attributes = answer(change, size);
    expect(await attributes(b)).toEqual([change, size]);
    calls.attributes = answer(change + 1n, 5n);
    expect(await attributes(b)).toEqual([change + 1n, 5n]);
    calls.isDeaf = true;
    expect(await attributes(b)).toEqual([change, size]);
  });

  it('from before a restart is given again to be given back at once', async () => {
    const server = await TestServer.start();
    const before = await begin(server, 'a');
    const { handle } = await delegated(before.client, access.read);
    await server.restart();
    await before.client.establish();
    const claim = { claim: Claim.PREVIOUS, delegation: DelegationType.READ } as const;
    const reply = await before.client.send(at(handle), opening(claim, { access: access.read }));
    const { delegation } = reply.value(open);
    expect(delegation).toMatchObject({ type: DelegationType.READ, value: { recall: true } });
    if (delegation.type !== DelegationType.READ) return;
    expect(last(await before.client.send(...returning(handle, delegation.value.stateid)))).toBe('DELEGRETURN OK');
  });

  it('goes with its client', async () => {
    const server = await TestServer.start({ courtesySeconds: 100 });
    const { client } = await begin(server, 'a');
    await delegated(client, access.both);
    server.pass(101);
    server.state.tick();
    expect(server.state.counts()).toMatchObject({ clients: 0, opens: 0, stateids: 0 });
    expect(server.state.delegations.count).toBe(0);
  });
});

describe('the back channel', () => {
  it('counts the requests in its slot, and calls as whom the client has said', async () => {
    const server = await TestServer.start();
    const { client, calls } = await begin(server, 'a');
    await delegated(client, access.read);
    server.fileSystem.trusts = 0;
    server.state.delegations.tick();
    await calls.until(1);
    expect(calls.sequences).toEqual([
      [0, 1],
      [0, 2],
    ]);
    expect(calls.credentials).toEqual([
      { flavor: 'sys', machine: 'client', uid: 17, gid: 19, gids: [] },
      { flavor: 'sys', machine: 'client', uid: 17, gid: 19, gids: [] },
    ]);
  });

  it('tells who waits for a lock that it may be had', async () => {
    const server = await TestServer.start();
    const [{ client: a }, { client: b, calls }] = [await begin(server, 'a'), await begin(server, 'b')];
    const held = await openedOnce(a, access.both);
    const waits = await openedOnce(b, access.both);
    await a.send(at(held.handle), firstLock(held.stateid));
    const blocking = firstLock(waits.stateid, { type: LockType.WRITE_BLOCKING, owner: 'waiter' });
    expect(last(await b.send(at(waits.handle), blocking))).toBe('LOCK DENIED');
    expect(waits.flags & OpenResultFlag.MAY_NOTIFY_LOCK).not.toBe(0);
    await a.send(at(held.handle), closing({ ...held.stateid, seqid: 0 }));
    await calls.until(1);
    expect(calls.received).toEqual([{ type: 'notify lock', handle: waits.handle, owner: 'waiter' }]);
    expect(server.state.lockWaits.count).toBe(0);
  });
});
