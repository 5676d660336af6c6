import { describe, expect, it } from 'vitest';
import { renew } from '../operations/renew.ts';
import { setclientid } from '../operations/setclientid.ts';
import { setclientidConfirm } from '../operations/setclientid-confirm.ts';
import { call } from '../testing/compound-client.ts';
import { access, at, reading, unchecked } from './testing/calls.ts';
import { Client40, naming40 } from './testing/client40.ts';
import { TestServer } from './testing/server.ts';

describe('SETCLIENTID (RFC 7530 §16.33.5)', () => {
  it('gives a new name a clientid that must be confirmed before it is good for anything', async () => {
    const server = await TestServer.start();
    const connection = server.connect(0);
    const { clientid, confirm } = (await connection.compound(naming40('a'))).value(setclientid);
    expect((await connection.compound(call(renew, { clientid }))).summary).toEqual(['RENEW STALE_CLIENTID']);
    const wrong = call(setclientidConfirm, { clientid, confirm: Buffer.alloc(8) });
    expect((await connection.compound(wrong)).summary).toEqual(['SETCLIENTID_CONFIRM STALE_CLIENTID']);
    const right = call(setclientidConfirm, { clientid, confirm });
    expect((await connection.compound(right)).summary).toEqual(['SETCLIENTID_CONFIRM OK']);
    expect((await connection.compound(right)).summary).toEqual(['SETCLIENTID_CONFIRM OK']);
    expect((await connection.compound(call(renew, { clientid }))).summary).toEqual(['RENEW OK']);
  });

  it('of the same instance updates the callback and keeps clientid and state', async () => {
    const server = await TestServer.start();
    const client = await Client40.begin(server, 'a');
    const { handle, stateid } = await client.open('file', { how: unchecked });
    const again = (await client.send(naming40('a', 'boot0001', 77))).value(setclientid);
    expect(again.clientid).toBe(client.clientid);
    const known = server.state.clients40.require(client.clientid);
    expect(server.state.clients40.callbackOf(known)?.callback.program).toBe(0x4000_0000);
    expect((await client.send(call(setclientidConfirm, again))).summary).toEqual(['SETCLIENTID_CONFIRM OK']);
    expect(server.state.clients40.callbackOf(known)?.callback.program).toBe(77);
    expect((await client.send(at(handle), reading(stateid))).summary).toEqual(['PUTFH OK', 'READ OK']);
  });

  it('of a restarted client drops the old state, but only when it is confirmed', async () => {
    const server = await TestServer.start();
    const client = await Client40.begin(server, 'a');
    const { handle, stateid } = await client.open('file', { how: unchecked });
    const restarted = (await client.send(naming40('a', 'boot0002'))).value(setclientid);
    expect(restarted.clientid).not.toBe(client.clientid);
    expect((await client.send(at(handle), reading(stateid))).summary).toEqual(['PUTFH OK', 'READ OK']);
    await client.send(call(setclientidConfirm, restarted));
    expect((await client.send(at(handle), reading(stateid))).summary).toEqual(['PUTFH OK', 'READ EXPIRED']);
    expect((await client.send(call(renew, { clientid: client.clientid }))).summary).toEqual(['RENEW STALE_CLIENTID']);
    expect(server.state.counts().opens).toBe(0);
  });

  it('goes on for others while names are invented by the thousand', async () => {
    const server = await TestServer.start({ clients: 2 });
    const connection = server.connect(0);
    const first = (await connection.compound(naming40('first'))).value(setclientid);
    for (let index = 0; index < 1100; index++) await connection.compound(naming40(`invented ${index}`));
    await Client40.begin(server, 'a');
    const forgotten = await connection.compound(call(setclientidConfirm, first));
    expect(forgotten.summary).toEqual(['SETCLIENTID_CONFIRM STALE_CLIENTID']);
  });

  it('replaces what was not confirmed', async () => {
    const server = await TestServer.start();
    const connection = server.connect(0);
    const first = (await connection.compound(naming40('a'))).value(setclientid);
    const second = (await connection.compound(naming40('a'))).value(setclientid);
    expect(second.clientid).not.toBe(first.clientid);
    const confirm = await connection.compound(call(setclientidConfirm, first));
    expect(confirm.summary).toEqual(['SETCLIENTID_CONFIRM STALE_CLIENTID']);
  });

  it('is refused to another principal while the client has state, telling where that one is', async () => {
    const server = await TestServer.start();
    const client = await Client40.begin(server, 'a', { uid: 1000 });
    await client.open('file', { how: unchecked, access: access.read });
    const other = server.connect(0, 2000);
    const refused = await other.compound(naming40('a'));
    expect(refused.summary).toEqual(['SETCLIENTID CLID_INUSE']);
    expect(refused.results[0]?.value).toEqual({ netid: 'tcp', address: '127.0.0.1.3.232' });
  });
});
