import { describe, expect, it } from 'vitest';
import { OpenResultFlag } from '../codec/opens.ts';
import { close } from '../operations/close.ts';
import { getfh } from '../operations/getfh.ts';
import { open } from '../operations/open.ts';
import { openConfirm } from '../operations/open-confirm.ts';
import { call, type CompoundReply } from '../testing/compound-client.ts';
import {
  access,
  at,
  atData,
  closing,
  exclusive,
  exclusive1,
  guarded,
  handleOf,
  opening,
  reading,
  unchecked,
} from './testing/calls.ts';
import { Client40 } from './testing/client40.ts';
import { TestServer } from './testing/server.ts';

const last = (reply: CompoundReply): string | undefined => reply.summary.at(-1);

describe('OPEN of 4.0', () => {
  it('asks an owner it does not know to confirm, once', async () => {
    const server = await TestServer.start();
    const client = await Client40.begin(server, 'a');
    const { clientid } = client;
    const reply = await client.send(
      ...atData,
      opening({ name: 'file' }, { clientid, seqid: 7, how: unchecked }),
      handleOf,
    );
    const { stateid, flags } = reply.value(open);
    const { handle } = reply.value(getfh);
    expect(flags).toBe(OpenResultFlag.LOCKTYPE_POSIX | OpenResultFlag.CONFIRM);
    expect(last(await client.send(at(handle), reading(stateid)))).toBe('READ BAD_STATEID');
    const confirmed = await client.send(at(handle), call(openConfirm, { stateid, seqid: 8 }));
    expect(last(await client.send(at(handle), reading(confirmed.value(openConfirm))))).toBe('READ OK');
    const next = await client.send(...atData, opening({ name: 'two' }, { clientid, seqid: 9, how: unchecked }));
    expect(next.value(open).flags).toBe(OpenResultFlag.LOCKTYPE_POSIX);
  });

  it('forgets what an owner left unconfirmed when it opens anew', async () => {
    const server = await TestServer.start();
    const client = await Client40.begin(server, 'a');
    const { clientid } = client;
    const deny = access.both;
    await client.send(...atData, opening({ name: 'file' }, { clientid, seqid: 7, how: unchecked, deny }));
    const anew = await client.send(...atData, opening({ name: 'file' }, { clientid, seqid: 99, deny }));
    expect(last(anew)).toBe('OPEN OK');
    expect(server.state.counts().opens).toBe(1);
  });

  it('is answered again byte for byte, with its filehandle, when it is repeated', async () => {
    const server = await TestServer.start();
    const client = await Client40.begin(server, 'a');
    await client.open('first', { how: unchecked });
    const request = [
      ...atData,
      opening({ name: 'file' }, { clientid: client.clientid, seqid: client.next(), how: guarded }),
      handleOf,
    ];
    const before = await client.send(...request);
    expect(last(before)).toBe('GETFH OK');
    expect((await client.send(...request)).bytes).toEqual(before.bytes);
    expect(server.state.counts().opens).toBe(2);
  });

  it('is BAD_SEQID out of turn, and STALE_CLIENTID for nobody', async () => {
    const server = await TestServer.start();
    const client = await Client40.begin(server, 'a');
    await client.open('first', { how: unchecked });
    const far = opening({ name: 'first' }, { clientid: client.clientid, seqid: 50 });
    expect(last(await client.send(...atData, far))).toBe('OPEN BAD_SEQID');
    expect(last(await client.send(...atData, opening({ name: 'first' }, { clientid: 1n })))).toBe(
      'OPEN STALE_CLIENTID',
    );
  });

  it('knows EXCLUSIVE4 and not what 4.1 brought', async () => {
    const server = await TestServer.start();
    const client = await Client40.begin(server, 'a');
    const { stateid, handle } = await client.open('e', { how: exclusive('verify01') });
    await client.send(at(handle), closing(stateid, client.next()));
    const create = async (how: ReturnType<typeof exclusive>): Promise<string | undefined> => {
      const args = { clientid: client.clientid, seqid: client.next(), how };
      return last(await client.send(...atData, opening({ name: 'e' }, args)));
    };
    expect(await create(exclusive('verify01'))).toBe('OPEN OK');
    expect(await create(exclusive('verify02'))).toBe('OPEN EXIST');
    expect(await create(exclusive1('verify01'))).toBe('OPEN INVAL');
  });
});

describe('CLOSE of 4.0', () => {
  it('is answered again though the stateid is gone', async () => {
    const server = await TestServer.start();
    const client = await Client40.begin(server, 'a');
    const { stateid, handle } = await client.open('file', { how: unchecked });
    const seqid = client.next();
    const before = await client.send(at(handle), closing(stateid, seqid));
    expect(before.value(close).seqid).toBe(stateid.seqid + 1);
    expect((await client.send(at(handle), closing(stateid, seqid))).bytes).toEqual(before.bytes);
    expect(last(await client.send(at(handle), reading(stateid)))).toBe('READ BAD_STATEID');
    expect(last(await client.send(at(handle), closing(stateid, seqid + 1)))).toBe('CLOSE BAD_STATEID');
  });

  it('leaves owners to be forgotten when they have had nothing open for a lease', async () => {
    const server = await TestServer.start();
    const client = await Client40.begin(server, 'a');
    const { stateid, handle } = await client.open('file', { how: unchecked });
    await client.send(at(handle), closing(stateid, client.next()));
    server.pass(61);
    server.state.tick();
    expect(server.state.counts().stateids).toBe(0);
  });
});
