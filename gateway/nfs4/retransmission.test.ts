/** In 4.0 a namespace change that is asked again, by a client that lost the answer, is answered as the first time. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  GatewayLife,
  MemoryBucket,
  quickTimes,
  type Fate,
  type RequestKind,
} from '../filesystem/testing/gateway-life.ts';
import { silentLog } from '../log.ts';
import type { RpcClient } from '../rpc/client.ts';
import { serve, type Serving } from '../rpc/testing/serve.ts';
import { create } from './operations/create.ts';
import { getfh } from './operations/getfh.ts';
import { operations } from './operations/index.ts';
import { lookup } from './operations/lookup.ts';
import { putrootfh } from './operations/putrootfh.ts';
import { remove } from './operations/remove.ts';
import { rename } from './operations/rename.ts';
import { savefh } from './operations/savefh.ts';
import { Nfs4Program } from './program.ts';
import { ServerState } from './state/server-state.ts';
import { call, decodeReply, encodeCompound, type Call, type CompoundReply } from './testing/compound-client.ts';

const name = (text: string): Buffer => Buffer.from(text);
const directory = [call(putrootfh, undefined), call(lookup, { name: name('bucket') })];
const removeOf = (victim: string): Call[] => [...directory, call(remove, { name: name(victim) })];
const renameOf = (from: string, to: string): Call[] => [
  ...directory,
  call(savefh, undefined),
  call(rename, { from: name(from), to: name(to) }),
];
const createOf = (made: string): Call[] => [
  ...directory,
  call(create, { type: { type: 'directory' }, name: name(made), attributes: { mask: 0n, values: Buffer.alloc(0) } }),
  call(getfh, undefined),
];

const changes: [string, Call[], string][] = [
  ['REMOVE of a file', removeOf('file'), 'REMOVE NOENT'],
  ['REMOVE of a directory', removeOf('empty'), 'REMOVE NOENT'],
  ['RENAME of a file', renameOf('file', 'renamed'), 'RENAME NOENT'],
  ['RENAME over another file', renameOf('file', 'other'), 'RENAME NOENT'],
  ['RENAME of a directory over an empty one', renameOf('source', 'empty'), 'RENAME NOENT'],
  ['CREATE of a directory', createOf('made'), 'CREATE EXIST'],
];

const xid = 0xfffe_0123;

/** A bucket with some objects behind a gateway that serves 4.0. */
async function begin(fate: (kind: RequestKind, key: string) => Fate = () => ({})) {
  const bucket = new MemoryBucket();
  for (const key of ['file', 'other', 'empty/', 'source/', 'source/inner'])
    bucket.write(key, Buffer.from(key.endsWith('/') ? '' : key), { user: {} });
  // Nothing is uploaded: uploads wait for the disk as well.
  const times = { ...quickTimes, settle: 600_000, latest: 600_000 };
  let life = await GatewayLife.begin({ store: { bucket, fate }, times });
  const states: ServerState[] = [];
  onTestFinished(async () => {
    for (const state of states) state.stop();
    await life.cleanUp();
  });
  const start = (): Promise<Serving> => {
    const { fileSystem, database } = life;
    const clock = (): number => performance.now();
    const state = new ServerState({ database, fileSystem, leaseSeconds: 60, clock, log: silentLog });
    state.start();
    states.push(state);
    return serve([new Nfs4Program({ fileSystem, state, log: silentLog })]);
  };
  let serving = await start();
  return {
    database: () => life.database,
    connect: () => serving.connect(),
    restart: async () => {
      await serving.server.close(1000);
      states.pop()?.stop();
      life = await life.restart();
      serving = await start();
    },
  };
}

async function send(client: RpcClient, calls: readonly Call[], id: number): Promise<CompoundReply> {
  const credential = { flavor: 'sys', machine: 'client', uid: 0, gid: 0, gids: [] } as const;
  const results = await client.call(100003, 4, 1, credential, (writer) => writer.bytes(encodeCompound(calls, 0)), id);
  return decodeReply(results.bytes(results.remaining), operations);
}

describe.each(changes)('%s', (_, calls, refusal) => {
  it('is answered as the first time when it comes again over a new connection', async () => {
    const { connect } = await begin();
    const client = await connect();
    const first = await send(client, calls, xid);
    expect(first.status).toBe(0);
    client.close();
    const again = await send(await connect(), calls, xid);
    expect(again.summary).toEqual(first.summary);
    expect(again.bytes).toEqual(first.bytes);
    // As a request of its own it is refused: the answer before was the one kept.
    expect((await send(await connect(), calls, xid + 1)).summary).toContain(refusal);
  });

  it('is answered as the first time also while that one is still being worked on', async () => {
    const { connect } = await begin(() => ({ before: 20 }));
    const clients = await Promise.all([connect(), connect(), connect()]);
    const replies = await Promise.all(clients.map((client) => send(client, calls, xid)));
    const [first] = replies;
    expect(replies.map(({ summary }) => summary)).toEqual(replies.map(() => first?.summary));
    expect(first?.status).toBe(0);
    for (const reply of replies) expect(reply.bytes).toEqual(first?.bytes);
  });

  it('is not answered before it is on the disk, however often it comes', async () => {
    const { connect, database } = await begin();
    const clients = await Promise.all([connect(), connect()]);
    // What has to be known of the store is known then, and on the disk.
    const look = [...directory, call(lookup, { name: name('empty') }), call(lookup, { name: name('nothing') })];
    await send(await connect(), look, xid - 1);
    let flush = (): void => undefined;
    const flushed = new Promise<void>((resolve) => (flush = resolve));
    const durable = vi.spyOn(database(), 'durable').mockImplementation(() => flushed);
    onTestFinished(() => {
      durable.mockRestore();
      flush();
    });
    const answered: CompoundReply[] = [];
    const replies = clients.map(async (client) => answered.push(await send(client, calls, xid)));
    await vi.waitFor(() => expect(durable).toHaveBeenCalledTimes(2));
    expect(answered).toEqual([]);
    durable.mockRestore();
    flush();
    await Promise.all(replies);
    expect(answered.map(({ status }) => status)).toEqual([0, 0]);
  });

  it('is answered as the first time after a restart', async () => {
    const { connect, restart } = await begin();
    const first = await send(await connect(), calls, xid);
    expect(first.status).toBe(0);
    await restart();
    const again = await send(await connect(), calls, xid);
    expect(again.summary).toEqual(first.summary);
    expect(again.bytes).toEqual(first.bytes);
  });
});

describe.each(changes)('%s', (_, calls) => {
  it('is answered as the first time after a restart, though nothing can be learned of the store', async () => {
    let away = false;
    const { connect, restart } = await begin((): Fate => (away ? { fails: 'unsent' } : {}));
    const first = await send(await connect(), calls, xid);
    expect(first.status).toBe(0);
    away = true;
    await restart();
    // DELAY would be the end of it: a client comes back from that with another xid.
    const again = await send(await connect(), calls, xid);
    expect(again.bytes).toEqual(first.bytes);
  });
});

it('another request that happens to have the same xid is carried out', async () => {
  const { connect } = await begin();
  const client = await connect();
  for (const victim of ['file', 'other']) {
    const reply = await send(client, removeOf(victim), xid);
    expect(reply.summary).toEqual(['PUTROOTFH OK', 'LOOKUP OK', 'REMOVE OK']);
  }
  expect((await send(client, removeOf('other'), xid + 1)).summary).toContain('REMOVE NOENT');
});
