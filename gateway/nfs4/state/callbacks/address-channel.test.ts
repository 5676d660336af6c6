import { describe, expect, it } from 'vitest';
import type { Credential, RpcProgram } from '../../../rpc/program.ts';
import { serve } from '../../../rpc/testing/serve.ts';
import { DelegationType } from '../../codec/opens.ts';
import { delegreturn } from '../../operations/delegreturn.ts';
import { getfh } from '../../operations/getfh.ts';
import { open } from '../../operations/open.ts';
import { renew } from '../../operations/renew.ts';
import { call } from '../../testing/compound-client.ts';
import { access, at, atData, handleOf, opening, unchecked } from '../testing/calls.ts';
import { CallbackReceiver } from '../testing/callback-receiver.ts';
import { Client40 } from '../testing/client40.ts';
import { TestServer } from '../testing/server.ts';
import { callbackPort } from './address-channel.ts';

const where = { program: 0x4000_0000, ident: 1, netid: 'tcp', address: '127.0.0.1.3.232' };

describe('the address of a 4.0 client', () => {
  it('is its own, and has a port', () => {
    expect(callbackPort(where, '127.0.0.1')).toBe(1000);
    expect(callbackPort({ ...where, netid: 'tcp6', address: 'fe80::1.0.111' }, 'fe80::1')).toBe(111);
  });

  it.each([
    ['of somebody else', where, '127.0.0.2'],
    ['without a port', { ...where, address: '127.0.0.1.0.0' }, '127.0.0.1'],
    ['with a port that is none', { ...where, address: '127.0.0.1.256.1' }, '127.0.0.1'],
    ['that is none', { ...where, address: 'localhost.3.232' }, 'localhost'],
    ['of another transport', { ...where, netid: 'udp' }, '127.0.0.1'],
  ])('is not one %s', (_, named, from) => {
    expect(callbackPort(named, from)).toBeUndefined();
  });
});

/** The callback program of a client, on a port of its own. */
async function listen(): Promise<{ receiver: CallbackReceiver; address: string; credentials: Credential[] }> {
  const receiver = new CallbackReceiver();
  const credentials: Credential[] = [];
  const program: RpcProgram = {
    program: where.program,
    versions: [1],
    perform(request, results) {
      credentials.push(request.credential);
      results.bytes(receiver.answer(request.arguments));
      return Promise.resolve('done');
    },
  };
  const { port } = await serve([program]);
  return { receiver, credentials, address: `127.0.0.1.${port >> 8}.${port & 0xff}` };
}

async function opened(client: Client40) {
  const args = { clientid: client.clientid, seqid: client.next(), how: unchecked, access: access.read };
  const reply = await client.send(...atData, opening({ name: 'file' }, args), handleOf);
  return { ...reply.value(open), handle: reply.value(getfh).handle };
}

describe('a 4.0 client', () => {
  it('is called at the address that it has named: proven first, then asked to give a delegation back', async () => {
    const server = await TestServer.start();
    const { receiver, credentials, address } = await listen();
    const client = await Client40.begin(server, 'a');
    await client.establish(address);
    await client.open('file', { how: unchecked });
    expect((await opened(client)).delegation.type).toBe(DelegationType.NONE);
    const { delegation, handle } = await opened(client);
    if (delegation.type !== DelegationType.WRITE) throw new Error('no delegation');
    server.fileSystem.trusts = 0;
    server.state.delegations.tick();
    await receiver.until(1);
    const { stateid } = delegation.value;
    expect(receiver.received).toEqual([{ type: 'recall', stateid, handle }]);
    expect(credentials).toEqual([{ flavor: 'sys', machine: 'windlass', uid: 0, gid: 0, gids: [] }]);
    const returned = await client.send(at(handle), call(delegreturn, { stateid }));
    expect(returned.summary).toEqual(['PUTFH OK', 'DELEGRETURN OK']);
  });

  it('that nobody answers for gets none, and hears by RENEW when it has one and is not reached any more', async () => {
    const server = await TestServer.start();
    const client = await Client40.begin(server, 'a');
    await client.open('file', { how: unchecked });
    await opened(client);
    expect((await opened(client)).delegation.type).toBe(DelegationType.NONE);
    expect((await client.send(call(renew, { clientid: client.clientid }))).summary).toEqual(['RENEW OK']);
  });
});

describe('RENEW', () => {
  it('says that something was taken, until the client has confirmed itself again', async () => {
    const server = await TestServer.start();
    const client = await Client40.begin(server, 'a');
    await client.open('file', { how: unchecked, deny: access.both });
    server.pass(61);
    const other = await Client40.begin(server, 'b');
    await other.open('file', { access: access.read });
    const renewing = call(renew, { clientid: client.clientid });
    expect((await client.send(renewing)).summary).toEqual(['RENEW EXPIRED']);
    await client.establish();
    expect((await client.send(call(renew, { clientid: client.clientid }))).summary).toEqual(['RENEW OK']);
  });
});
