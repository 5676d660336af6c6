import { describe, expect, it, vi } from 'vitest';
import { CallRefusedError } from '../../rpc/errors.ts';
import { decode, encode, type Decoded } from '../../rpc/xdr.ts';
import { lookup } from '../procedures/lookup.ts';
import { write } from '../procedures/write.ts';
import { nsmNotifyProcedure, nsmProgram, stateChange, statusResult } from '../nsm/codec.ts';
import { Nfs3Server, type Nfs3Client } from '../testing/nfs3-server.ts';
import {
  cancelArguments,
  freeAllArguments,
  lockArguments,
  nlmProgram,
  NlmProcedure,
  NlmStatus,
  plainResult,
  shareArguments,
  shareResult,
  testArguments,
  testResult,
  unlockArguments,
} from './codec.ts';
import { ClientHost } from './testing/client-host.ts';

const cookie = Buffer.from('cookie');
const whole = { start: 0n, end: 1n << 64n };
const bytes = (start: number, end: number) => ({ start: BigInt(start), end: BigInt(end) });
const { GRANTED, DENIED, BLOCKED, DENIED_GRACE_PERIOD, STALE_FH, FAILED } = NlmStatus;

/** A process at a client that locks one file. */
class Process {
  readonly #client: Nfs3Client;
  readonly #handle: Buffer;
  readonly #svid: number;
  readonly #name: string;

  constructor(client: Nfs3Client, handle: Buffer, svid: number, name: string) {
    this.#client = client;
    this.#handle = handle;
    this.#svid = svid;
    this.#name = name;
  }

  #lock(range: { readonly start: bigint; readonly end: bigint }) {
    const owner = Buffer.from(`${this.#svid}@${this.#name}`);
    return { callerName: this.#name, handle: this.#handle, owner, svid: this.#svid, range };
  }

  async lock(
    range = whole,
    asked: Partial<Omit<Decoded<typeof lockArguments>, 'lock'>> & { readonly procedure?: number } = {},
  ): Promise<NlmStatus> {
    const { procedure = NlmProcedure.LOCK, ...rest } = asked;
    const args = { cookie, block: false, exclusive: true, reclaim: false, state: 3, ...rest, lock: this.#lock(range) };
    return this.#plain(procedure, encode(lockArguments, args));
  }

  unlock(range = whole): Promise<NlmStatus> {
    return this.#plain(NlmProcedure.UNLOCK, encode(unlockArguments, { cookie, lock: this.#lock(range) }));
  }

  cancel(range = whole): Promise<NlmStatus> {
    const args = { cookie, block: true, exclusive: true, lock: this.#lock(range) };
    return this.#plain(NlmProcedure.CANCEL, encode(cancelArguments, args));
  }

  testArguments(range = whole): Buffer {
    return encode(testArguments, { cookie, exclusive: true, lock: this.#lock(range) });
  }

  async test(range = whole): Promise<Decoded<typeof testResult>['result']> {
    const reply = await this.#client.raw(nlmProgram, 4, NlmProcedure.TEST, this.testArguments(range));
    return decode(testResult, reply).result;
  }

  async share(procedure: number, access: 0 | 1 | 2 | 3, mode: 0 | 1 | 2 | 3): Promise<NlmStatus> {
    const owner = Buffer.from(String(this.#svid));
    const args = { cookie, callerName: this.#name, handle: this.#handle, owner, mode, access, reclaim: false };
    return decode(shareResult, await this.#client.raw(nlmProgram, 4, procedure, encode(shareArguments, args))).status;
  }

  async #plain(procedure: number, args: Buffer): Promise<NlmStatus> {
    const result = decode(plainResult, await this.#client.raw(nlmProgram, 4, procedure, args));
    expect(result.cookie).toEqual(cookie);
    return result.status;
  }
}

async function begin() {
  const host = await ClientHost.start();
  const server = await Nfs3Server.start({ file: 'x', other: 'x' }, { portmapperPort: host.portmapperPort });
  const client = await server.mount();
  const { object: handle } = await client.ok(lookup, { what: client.named('file') });
  const process = (svid: number, name = 'client', from = client): Process => new Process(from, handle, svid, name);
  return { host, server, client, handle, process };
}

describe('LOCK, TEST and UNLOCK', () => {
  it('keep processes of one client and of others apart, to the byte', async () => {
    const { process } = await begin();
    const [a, b, c] = [process(1), process(2), process(1, 'another')];
    expect(await a.lock(bytes(10, 20))).toBe(GRANTED);
    for (const other of [b, c]) {
      expect(await other.lock(bytes(19, 30))).toBe(DENIED);
      expect(await other.lock(bytes(0, 10))).toBe(other === b ? GRANTED : DENIED);
    }
    expect(await a.lock(bytes(0, 10), { exclusive: false })).toBe(DENIED);
    expect(await a.unlock(bytes(15, 20))).toBe(GRANTED);
    expect(await c.lock(bytes(15, 20))).toBe(GRANTED);
  });

  it('tell who holds what is in the way', async () => {
    const { process } = await begin();
    await process(1).lock({ start: 5n, end: whole.end });
    expect(await process(2).test()).toEqual({
      status: DENIED,
      value: { exclusive: true, svid: 1, owner: Buffer.from('1@client'), range: { start: 5n, end: whole.end } },
    });
    expect(await process(2).test(bytes(0, 5))).toEqual({ status: GRANTED, value: undefined });
  });

  it('share the table with the other protocols', async () => {
    const { process, server, handle } = await begin();
    const { key } = server.life.fileSystem.resolve(handle, { uid: 0, gid: 0, gids: [], address: '' });
    const holder = { clientid: 7n, owner: Buffer.from('v4'), svid: 0 };
    server.locks.ranges.lock(key, holder, 'write', bytes(0, 10));
    expect(await process(1).lock()).toBe(DENIED);
    expect(await process(1).test()).toMatchObject({ value: { svid: 0, owner: Buffer.from('v4') } });
    server.locks.ranges.unlockAll(key, holder);
    expect(await process(1).lock()).toBe(GRANTED);
    expect(server.locks.ranges.conflict(key, holder, 'read', bytes(0, 1))).toBeDefined();
  });

  it('recall a delegation, whose client may have locked without saying so', async () => {
    const { process, server, handle } = await begin();
    const { key } = server.life.fileSystem.resolve(handle, { uid: 0, gid: 0, gids: [], address: '' });
    const { delegations } = server.locks;
    let recalls = 0;
    const holder = {
      kind: 'write' as const,
      client: {},
      recall() {
        recalls++;
        setImmediate(() => delegations.remove(key, holder));
      },
    };
    delegations.add(key, holder);
    expect(await process(1).lock()).toBe(GRANTED);
    expect(recalls).toBe(1);
  });

  it('refuse handles of what is gone, or no file', async () => {
    const { client, handle } = await begin();
    const forged = Buffer.from(handle);
    forged.writeUInt8(forged.readUInt8(35) ^ 1, 35);
    expect(await new Process(client, forged, 1, 'client').lock()).toBe(STALE_FH);
    expect(await new Process(client, client.root, 1, 'client').lock()).toBe(FAILED);
  });

  it('know no versions but 4', async () => {
    const { client } = await begin();
    for (const version of [1, 3]) {
      const mismatch = new CallRefusedError({ status: 'program mismatch', low: 4, high: 4 });
      await expect(client.raw(nlmProgram, version, 0, Buffer.alloc(0))).rejects.toThrow(mismatch);
    }
  });
});

describe('a lock that is waited for', () => {
  it('is granted by a call back, in the order of asking', async () => {
    const { host, process } = await begin();
    const [a, b, c] = [process(1), process(2), process(3)];
    await a.lock();
    expect(await b.lock(whole, { block: true })).toBe(BLOCKED);
    expect(await b.lock(whole, { block: true })).toBe(BLOCKED);
    expect(await c.lock(whole, { block: true })).toBe(BLOCKED);
    await a.unlock();
    await vi.waitFor(() => expect(host.grants.length).toBe(1));
    expect(host.grants[0]).toMatchObject({ exclusive: true, lock: { callerName: 'client', svid: 2, range: whole } });
    expect(await c.lock()).toBe(DENIED);
    await b.unlock();
    await vi.waitFor(() => expect(host.grants[1]?.lock.svid).toBe(3));
  });

  it('is not given to who has cancelled', async () => {
    const { host, process } = await begin();
    const [a, b] = [process(1), process(2)];
    await a.lock();
    await b.lock(whole, { block: true });
    expect(await b.cancel()).toBe(GRANTED);
    expect(await b.cancel()).toBe(DENIED);
    await a.unlock();
    expect(await a.lock()).toBe(GRANTED);
    expect(host.grants).toEqual([]);
  });

  it('goes on to the next where the client does not take it', async () => {
    const { host, process } = await begin();
    const [a, b] = [process(1), process(2)];
    host.answer = DENIED;
    await a.lock();
    await b.lock(whole, { block: true });
    await a.unlock();
    await vi.waitFor(async () => expect(await a.lock()).toBe(GRANTED));
    expect(host.grants.length).toBe(1);
  });

  it('stays with a client that asks again while the call back is lost', async () => {
    const { host, process } = await begin();
    const [a, b] = [process(1), process(2)];
    let fail = (): void => undefined;
    host.waits = new Promise((_, reject) => (fail = () => reject(new Error('lost'))));
    await a.lock();
    await b.lock(whole, { block: true });
    await a.unlock();
    await vi.waitFor(() => expect(host.grants.length).toBe(1));
    expect(await b.lock(whole, { block: true })).toBe(GRANTED);
    fail();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await a.lock()).toBe(DENIED);
  });
});

describe('SHARE', () => {
  it('keeps others out until UNSHARE, and the holder not even of its own I/O', async () => {
    const { client, handle, process } = await begin();
    const [a, b] = [process(1), process(2)];
    expect(await a.share(NlmProcedure.SHARE, 3, 2)).toBe(GRANTED);
    expect(await b.share(NlmProcedure.SHARE, 1, 0)).toBe(GRANTED);
    expect(await b.share(NlmProcedure.SHARE, 2, 0)).toBe(DENIED);
    const writing = { file: handle, offset: 0, count: 1, stable: 0, data: Buffer.from('y') } as const;
    expect((await client.call(write, writing)).status).toBe('OK');
    expect(await a.share(NlmProcedure.UNSHARE, 0, 0)).toBe(GRANTED);
    expect(await b.share(NlmProcedure.SHARE, 2, 0)).toBe(GRANTED);
  });
});

describe('a client that restarts', () => {
  const notify = (client: Nfs3Client, name: string, state: number) =>
    client.raw(nsmProgram, 1, nsmNotifyProcedure, encode(stateChange, { name, state }));

  it('loses its locks, once it says so by NSM', async () => {
    const { client, process } = await begin();
    const [a, b] = [process(1, 'client'), process(2, 'another')];
    await a.lock();
    await notify(client, 'another', 5);
    await notify(client, 'client', 3);
    expect(await b.lock()).toBe(DENIED);
    await notify(client, 'client.example.org', 5);
    expect(await b.lock()).toBe(GRANTED);
  });

  it('or by FREE_ALL', async () => {
    const { client, process } = await begin();
    await process(1).lock();
    await process(1).share(NlmProcedure.SHARE, 1, 1);
    const args = encode(freeAllArguments, { callerName: 'client', state: 0 });
    await client.raw(nlmProgram, 4, NlmProcedure.FREE_ALL, args);
    expect(await process(2, 'another').lock()).toBe(GRANTED);
    expect(await process(2, 'another').share(NlmProcedure.SHARE, 1, 0)).toBe(GRANTED);
  });

  it('finds that nobody can be watched by NSM', async () => {
    const { client } = await begin();
    const reply = await client.raw(nsmProgram, 1, 1, Buffer.alloc(0));
    expect(decode(statusResult, reply).state % 2).toBe(1);
  });
});

describe('a restart of the gateway', () => {
  it('is told to clients with locks, which get them back before others come', async () => {
    const { host, server, process } = await begin();
    await process(1).lock(bytes(0, 10));
    await server.kill();
    const client = await server.connect();
    const [a, b] = [process(1, 'client', client), process(2, 'another', client)];
    await vi.waitFor(() => expect(host.restarts).toEqual([{ name: '127.0.0.1', state: expect.any(Number) as number }]));
    expect(await b.lock(bytes(20, 30))).toBe(DENIED_GRACE_PERIOD);
    expect((await b.test()).status).toBe(DENIED_GRACE_PERIOD);
    expect(await b.lock(bytes(20, 30), { reclaim: true })).toBe(DENIED_GRACE_PERIOD);
    expect(await a.lock(bytes(0, 10), { reclaim: true })).toBe(GRANTED);
    expect(await b.lock(bytes(0, 30))).toBe(DENIED);
    expect(await b.lock(bytes(20, 30))).toBe(GRANTED);
    expect(await a.lock(bytes(50, 60), { reclaim: true })).toBe(DENIED_GRACE_PERIOD);
  });

  it('holds nobody back where everything was unlocked, and for no longer than the grace period', async () => {
    const { server, process } = await begin();
    await process(1).lock();
    await process(1).unlock();
    await server.kill();
    const between = process(2, 'another', await server.connect());
    expect(await between.lock()).toBe(GRANTED);
    await server.kill();
    const late = process(3, 'late', await server.connect());
    expect(await late.lock()).toBe(DENIED_GRACE_PERIOD);
    server.pass(100);
    expect(await late.lock()).toBe(GRANTED);
  });
});

it('messages without replies are answered by a call back', async () => {
  const { client, host, process } = await begin();
  expect(await client.raw(nlmProgram, 4, NlmProcedure.TEST_MSG, process(1).testArguments())).toEqual(Buffer.alloc(0));
  await vi.waitFor(() => expect(host.answers.length).toBe(1));
  const [answer] = host.answers;
  expect(answer?.procedure).toBe(NlmProcedure.TEST_RES);
  expect(decode(testResult, answer?.body ?? Buffer.alloc(0)).result.status).toBe(GRANTED);
});
