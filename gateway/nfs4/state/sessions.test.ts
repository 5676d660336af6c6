import { describe, expect, it } from 'vitest';
import { CreateSessionFlag, DirectionFromClient, DirectionFromServer, SequenceStatus } from '../codec/sessions.ts';
import { backchannelCtl } from '../operations/backchannel-ctl.ts';
import { bindConnToSession } from '../operations/bind-conn-to-session.ts';
import { destroySession } from '../operations/destroy-session.ts';
import { putrootfh } from '../operations/putrootfh.ts';
import { reclaimComplete } from '../operations/reclaim-complete.ts';
import { remove } from '../operations/remove.ts';
import { sequence } from '../operations/sequence.ts';
import { call, encodeCompound } from '../testing/compound-client.ts';
import { atData, opening, unchecked } from './testing/calls.ts';
import { Client41 } from './testing/client41.ts';
import { TestServer } from './testing/server.ts';

const root = call(putrootfh, undefined);
const removeFile = call(remove, { name: Buffer.from('file') });

describe('a slot (RFC 8881 §2.10.6.1)', () => {
  it('answers a repetition byte for byte without doing it again', async () => {
    const server = await TestServer.start();
    const client = await Client41.begin(server, 'a');
    await client.send(...atData, opening({ name: 'file' }, { how: unchecked }));
    const request = client.encode([...atData, removeFile], { cacheThis: true });
    const first = await client.connection.send(request);
    expect(first.summary.at(-1)).toBe('REMOVE OK');
    expect((await client.connection.send(request)).bytes).toEqual(first.bytes);
  });

  it('takes its sequences in order, from one', async () => {
    const server = await TestServer.start();
    const client = await Client41.begin(server, 'a');
    for (const wrong of [0, 2]) {
      const reply = await client.connection.send(client.encode([root], { slot: 3, sequence: wrong }));
      expect(reply.summary).toEqual(['SEQUENCE SEQ_MISORDERED']);
    }
    expect((await client.connection.send(client.encode([root], { slot: 3, sequence: 1 }))).status).toBe(0);
    const late = await client.connection.send(client.encode([root], { slot: 3, sequence: 3 }));
    expect(late.summary).toEqual(['SEQUENCE SEQ_MISORDERED']);
  });

  it('tells another request from a repetition', async () => {
    const server = await TestServer.start();
    const client = await Client41.begin(server, 'a');
    await client.connection.send(client.encode([root], { slot: 1, sequence: 1 }));
    const other = await client.connection.send(client.encode([root, root], { slot: 1, sequence: 1 }));
    expect(other.summary).toEqual(['SEQUENCE SEQ_FALSE_RETRY']);
  });

  it('asks the client to wait while the request that is repeated is still being done', async () => {
    const server = await TestServer.start();
    const client = await Client41.begin(server, 'a');
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const lookup = server.fileSystem.lookup.bind(server.fileSystem);
    server.fileSystem.lookup = async (...args) => {
      await promise;
      return lookup(...args);
    };
    const request = client.encode(atData);
    const first = client.connection.send(request);
    expect((await client.connection.send(request)).summary).toEqual(['SEQUENCE DELAY']);
    resolve(undefined);
    expect((await first).status).toBe(0);
    expect((await client.connection.send(request)).status).toBe(0);
  });

  it('is one of those the session has', async () => {
    const server = await TestServer.start();
    const client = await Client41.begin(server, 'a');
    const beyond = await client.connection.send(client.encode([root], { slot: 16, sequence: 1 }));
    expect(beyond.summary).toEqual(['SEQUENCE BADSLOT']);
    const sessionid = client.session?.sessionid ?? Buffer.alloc(16);
    const args = { sessionid, sequence: 1, slot: 1, highestSlot: 16, cacheThis: false };
    const high = await client.connection.send(encodeCompound([call(sequence, args)], 1));
    expect(high.summary).toEqual(['SEQUENCE BAD_HIGH_SLOT']);
  });

  it('is left as it was by a request that is too big or has too many operations', async () => {
    const server = await TestServer.start();
    const client = new Client41(server, 'a');
    await client.establish({ fore: { maxRequestSize: 300, maxOperations: 4 } });
    const many = await client.connection.send(client.encode([root, root, root, root], { sequence: 1 }));
    expect(many.summary).toEqual(['SEQUENCE TOO_MANY_OPS']);
    const name = call(remove, { name: Buffer.alloc(300, 'x') });
    const big = await client.connection.send(client.encode([root, name], { sequence: 1 }));
    expect(big.summary).toEqual(['SEQUENCE REQ_TOO_BIG']);
    expect((await client.connection.send(client.encode([root], { sequence: 1 }))).status).toBe(0);
  });
});

describe('a session', () => {
  it('is unknown once it is destroyed, and busy while a request is under way', async () => {
    const server = await TestServer.start();
    const client = await Client41.begin(server, 'a');
    const sessionid = client.session?.sessionid ?? Buffer.alloc(16);
    const destroy = call(destroySession, { sessionid });
    expect((await client.send(destroy, root)).summary).toEqual(['SEQUENCE OK', 'DESTROY_SESSION NOT_ONLY_OP']);
    expect((await client.send(destroy)).summary).toEqual(['SEQUENCE OK', 'DESTROY_SESSION OK']);
    expect((await client.send(root)).summary).toEqual(['SEQUENCE BADSESSION']);
    expect((await client.connection.compound(destroy)).summary).toEqual(['DESTROY_SESSION BADSESSION']);
  });

  it('lets its client have no more than sixteen of them, dropping the one idle longest', async () => {
    const server = await TestServer.start();
    const client = await Client41.begin(server, 'a');
    const first = client.session?.sessionid ?? Buffer.alloc(16);
    for (let n = 0; n < 16; n++) {
      server.pass(1);
      await client.establish();
    }
    expect(server.state.counts().sessions).toBe(16);
    const gone = await client.connection.compound(call(destroySession, { sessionid: first }));
    expect(gone.summary).toEqual(['DESTROY_SESSION BADSESSION']);
  });

  it('says when its back channel is gone, until a connection is bound', async () => {
    const server = await TestServer.start();
    const client = new Client41(server, 'a');
    await client.establish({ flags: CreateSessionFlag.CONN_BACK_CHAN });
    const flags = async (): Promise<number> => (await client.send(root)).value(sequence).statusFlags;
    expect(await flags()).toBe(0);
    client.connection.connection.close();
    client.connection = server.connect(1);
    expect(await flags()).toBe(SequenceStatus.CB_PATH_DOWN);
    const sessionid = client.session?.sessionid ?? Buffer.alloc(16);
    const direction = DirectionFromClient.FORE_OR_BOTH;
    const bind = call(bindConnToSession, { sessionid, direction, rdmaMode: false });
    const bound = (await client.connection.compound(bind)).value(bindConnToSession);
    expect(bound.direction).toBe(DirectionFromServer.BOTH);
    expect(await flags()).toBe(0);
    const control = call(backchannelCtl, { program: 9, security: [] });
    expect((await client.send(control)).summary).toEqual(['SEQUENCE OK', 'BACKCHANNEL_CTL OK']);
  });

  it('hears RECLAIM_COMPLETE once, and gives nothing new before', async () => {
    const server = await TestServer.start();
    const client = new Client41(server, 'a');
    await client.establish();
    const open = opening({ name: 'file' }, { how: unchecked });
    expect((await client.send(...atData, open)).summary.at(-1)).toBe('OPEN GRACE');
    await client.complete();
    expect((await client.send(...atData, open)).summary.at(-1)).toBe('OPEN OK');
    const again = await client.send(call(reclaimComplete, { oneFileSystem: false }));
    expect(again.summary.at(-1)).toBe('RECLAIM_COMPLETE COMPLETE_ALREADY');
    const moved = await client.send(root, call(reclaimComplete, { oneFileSystem: true }));
    expect(moved.summary.at(-1)).toBe('RECLAIM_COMPLETE OK');
  });
});
