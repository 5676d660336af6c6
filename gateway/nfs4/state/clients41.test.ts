import { describe, expect, it } from 'vitest';
import { ExchangeIdFlag } from '../codec/clients.ts';
import { CreateSessionFlag } from '../codec/sessions.ts';
import { createSession } from '../operations/create-session.ts';
import { destroyClientid } from '../operations/destroy-clientid.ts';
import { destroySession } from '../operations/destroy-session.ts';
import { exchangeId } from '../operations/exchange-id.ts';
import { open } from '../operations/open.ts';
import { putrootfh } from '../operations/putrootfh.ts';
import { call } from '../testing/compound-client.ts';
import { atData, closing, opening, unchecked } from './testing/calls.ts';
import { Client41, naming, sessionOf } from './testing/client41.ts';
import { TestServer } from './testing/server.ts';

const update = ExchangeIdFlag.UPD_CONFIRMED_REC_A | ExchangeIdFlag.USE_NON_PNFS;

describe('EXCHANGE_ID (RFC 8881 §18.35.4)', () => {
  it('names a server that stays the same over restarts, without pNFS', async () => {
    const server = await TestServer.start();
    const ask = async (): Promise<ReturnType<typeof exchangeId.perform>> =>
      (await server.connect(1).compound(naming('a'))).value(exchangeId);
    const before = await ask();
    expect(before.flags).toBe(ExchangeIdFlag.USE_NON_PNFS);
    await server.restart();
    const after = await ask();
    expect(after.serverOwner).toEqual(before.serverOwner);
    expect(after.serverScope).toEqual(before.serverScope);
    expect(after.clientid).not.toBe(before.clientid);
  });

  it('knows the flag for fencing in 4.2 and not in 4.1', async () => {
    const server = await TestServer.start();
    const asked = naming('a', { flags: 0x4 | ExchangeIdFlag.USE_NON_PNFS });
    expect((await server.connect(1).compound(asked)).summary).toEqual(['EXCHANGE_ID INVAL']);
    expect((await server.connect(2).compound(asked)).summary).toEqual(['EXCHANGE_ID OK']);
  });

  it('goes on for others while names are invented by the thousand', async () => {
    const server = await TestServer.start({ clients: 2 });
    const connection = server.connect(1);
    const named = (await connection.compound(naming('first'))).value(exchangeId);
    for (let index = 0; index < 1100; index++) await connection.compound(naming(`invented ${index}`));
    await Client41.begin(server, 'a');
    const forgotten = await connection.compound(sessionOf(named.clientid, named.sequence));
    expect(forgotten.summary).toEqual(['CREATE_SESSION STALE_CLIENTID']);
    expect(server.state.counts().clients).toBe(1);
  });

  it('1, 4: makes a new record and replaces an unconfirmed one', async () => {
    const server = await TestServer.start();
    const connection = server.connect(1);
    const first = (await connection.compound(naming('a'))).value(exchangeId);
    const second = (await connection.compound(naming('a'))).value(exchangeId);
    expect(second.clientid).not.toBe(first.clientid);
    const stale = await connection.compound(sessionOf(first.clientid, first.sequence));
    expect(stale.summary).toEqual(['CREATE_SESSION STALE_CLIENTID']);
  });

  it('2: finds the confirmed record of the same instance', async () => {
    const server = await TestServer.start();
    const client = await Client41.begin(server, 'a');
    const again = (await client.connection.compound(naming('a'))).value(exchangeId);
    expect(again.clientid).toBe(client.clientid);
    expect(again.flags).toBe((ExchangeIdFlag.USE_NON_PNFS | ExchangeIdFlag.CONFIRMED_R) >>> 0);
  });

  it('3: refuses another principal while the client lives, and gives the name away when its lease is over', async () => {
    const server = await TestServer.start();
    await Client41.begin(server, 'a', { uid: 1000 });
    const other = server.connect(1, 2000);
    expect((await other.compound(naming('a'))).summary).toEqual(['EXCHANGE_ID CLID_INUSE']);
    server.pass(61);
    expect((await other.compound(naming('a'))).summary).toEqual(['EXCHANGE_ID OK']);
  });

  it('5: keeps the state of the old instance until the new one has a session', async () => {
    const server = await TestServer.start();
    const client = await Client41.begin(server, 'a');
    (await client.send(...atData, opening({ name: 'file' }, { how: unchecked }))).value(open);
    const restarted = new Client41(server, 'a', { verifier: 'boot0002' });
    const named = (await restarted.connection.compound(naming('a', { verifier: 'boot0002' }))).value(exchangeId);
    expect((await client.send(call(putrootfh, undefined))).summary).toEqual(['SEQUENCE OK', 'PUTROOTFH OK']);
    expect(server.state.counts().opens).toBe(1);
    await restarted.connection.compound(sessionOf(named.clientid, named.sequence));
    expect(server.state.counts().opens).toBe(0);
    expect((await client.send(call(putrootfh, undefined))).summary).toEqual(['SEQUENCE BADSESSION']);
  });

  it('6 to 9: updates only the confirmed record of the same instance and principal', async () => {
    const server = await TestServer.start();
    const connection = server.connect(1);
    expect((await connection.compound(naming('a', { flags: update }))).summary).toEqual(['EXCHANGE_ID NOENT']);
    const client = await Client41.begin(server, 'a');
    const same = (await client.connection.compound(naming('a', { flags: update }))).value(exchangeId);
    expect(same.clientid).toBe(client.clientid);
    const rebooted = await connection.compound(naming('a', { flags: update, verifier: 'boot0002' }));
    expect(rebooted.summary).toEqual(['EXCHANGE_ID NOT_SAME']);
    const foreign = await server.connect(1, 2000).compound(naming('a', { flags: update }));
    expect(foreign.summary).toEqual(['EXCHANGE_ID PERM']);
  });

  it('knows its flags', async () => {
    const server = await TestServer.start();
    expect((await server.connect(1).compound(naming('a', { flags: 0x10 }))).summary).toEqual(['EXCHANGE_ID INVAL']);
  });
});

describe('CREATE_SESSION (RFC 8881 §18.36.4)', () => {
  it('answers a repetition with the same session, and refuses what is out of order', async () => {
    const server = await TestServer.start();
    const connection = server.connect(1);
    const { clientid, sequence } = (await connection.compound(naming('a'))).value(exchangeId);
    for (const wrong of [sequence - 1, sequence + 1]) {
      const refused = await connection.compound(sessionOf(clientid, wrong >>> 0));
      expect(refused.summary).toEqual(['CREATE_SESSION SEQ_MISORDERED']);
    }
    const first = (await connection.compound(sessionOf(clientid, sequence))).value(createSession);
    const again = (await connection.compound(sessionOf(clientid, sequence))).value(createSession);
    expect(again).toEqual(first);
    const second = (await connection.compound(sessionOf(clientid, sequence + 1))).value(createSession);
    expect(second.sessionid).not.toEqual(first.sessionid);
  });

  it('takes what the client asks for as far as it goes, and sets no flag that was not asked for', async () => {
    const server = await TestServer.start();
    const client = new Client41(server, 'a');
    const plain = await client.establish({ fore: { maxRequests: 1000, maxRequestSize: 0xffff_ffff } });
    expect(plain.flags).toBe(0);
    expect(plain.foreChannel.maxRequests).toBe(64);
    expect(plain.foreChannel.maxRequestSize).toBeGreaterThan(1024 * 1024);
    const withBack = await client.establish({ flags: CreateSessionFlag.PERSIST | CreateSessionFlag.CONN_BACK_CHAN });
    expect(withBack.flags).toBe(CreateSessionFlag.CONN_BACK_CHAN);
    expect(withBack.foreChannel.maxResponseSize).toBe(1_049_480);
  });

  it('refuses channels that nothing fits through', async () => {
    const server = await TestServer.start();
    const connection = server.connect(1);
    const { clientid, sequence } = (await connection.compound(naming('a'))).value(exchangeId);
    const small = await connection.compound(sessionOf(clientid, sequence, { fore: { maxRequestSize: 20 } }));
    expect(small.summary).toEqual(['CREATE_SESSION TOOSMALL']);
    const none = await connection.compound(sessionOf(clientid, sequence, { fore: { maxRequests: 0 } }));
    expect(none.summary).toEqual(['CREATE_SESSION INVAL']);
    const narrow = await connection.compound(sessionOf(clientid, sequence, { back: { maxRequestSize: 20 } }));
    expect(narrow.summary).toEqual(['CREATE_SESSION TOOSMALL']);
    // None of them has taken a place in the sequence (§18.36.4).
    expect((await connection.compound(sessionOf(clientid, sequence))).summary).toEqual(['CREATE_SESSION OK']);
  });

  it('is for the principal of EXCHANGE_ID', async () => {
    const server = await TestServer.start();
    const { clientid, sequence } = (await server.connect(1, 1000).compound(naming('a'))).value(exchangeId);
    const refused = await server.connect(1, 2000).compound(sessionOf(clientid, sequence));
    expect(refused.summary).toEqual(['CREATE_SESSION CLID_INUSE']);
  });
});

describe('the end of a 4.1 client', () => {
  it('comes only when sessions and opens are gone', async () => {
    const server = await TestServer.start();
    const client = await Client41.begin(server, 'a');
    const { connection, clientid, session } = client;
    const destroy = call(destroyClientid, { clientid });
    const { stateid } = (await client.send(...atData, opening({ name: 'file' }, { how: unchecked }))).value(open);
    expect((await connection.compound(destroy)).summary).toEqual(['DESTROY_CLIENTID CLIENTID_BUSY']);
    const reply = await client.send(...atData, opening({ name: 'file' }), closing(stateid));
    expect(reply.summary.at(-1)).toBe('CLOSE OLD_STATEID');
    await client.send(...atData, opening({ name: 'file' }), closing({ ...stateid, seqid: 0 }));
    expect((await connection.compound(destroy)).summary).toEqual(['DESTROY_CLIENTID CLIENTID_BUSY']);
    const sessionid = session?.sessionid ?? Buffer.alloc(16);
    expect((await connection.compound(call(destroySession, { sessionid }))).summary).toEqual(['DESTROY_SESSION OK']);
    expect((await connection.compound(destroy)).summary).toEqual(['DESTROY_CLIENTID OK']);
    expect((await connection.compound(destroy)).summary).toEqual(['DESTROY_CLIENTID STALE_CLIENTID']);
    expect(server.state.counts()).toMatchObject({ clients: 0, sessions: 0, opens: 0, stateids: 0 });
  });
});
