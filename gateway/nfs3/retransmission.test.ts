/** A namespace change that is asked again, by a client that lost the answer, is answered as the first time. */
import { describe, expect, it } from 'vitest';
import type { Procedure } from './procedure.ts';
import { create } from './procedures/create.ts';
import { mkdir } from './procedures/mkdir.ts';
import { mknod } from './procedures/mknod.ts';
import { remove } from './procedures/remove.ts';
import { rename } from './procedures/rename.ts';
import { rmdir } from './procedures/rmdir.ts';
import { symlink } from './procedures/symlink.ts';
import { Nfs3Server, type Nfs3Client } from './testing/nfs3-server.ts';

type Change = (client: Nfs3Client, xid: number) => Promise<{ readonly status: string }>;

function change<Arguments>(procedure: Procedure<Arguments, unknown>, args: (client: Nfs3Client) => Arguments): Change {
  return (client, xid) => client.call(procedure, args(client), xid);
}

const changes: [string, Change, string][] = [
  [
    'CREATE',
    change(create, (c) => ({ where: c.named('new'), how: { mode: 'guarded' as const, attributes: {} } })),
    'EXIST',
  ],
  ['MKDIR', change(mkdir, (c) => ({ where: c.named('new'), attributes: {} })), 'EXIST'],
  ['SYMLINK', change(symlink, (c) => ({ where: c.named('new'), attributes: {}, target: Buffer.from('x') })), 'EXIST'],
  [
    'MKNOD',
    change(mknod, (c) => ({ where: c.named('new'), what: { type: 'fifo' as const, attributes: {} } })),
    'EXIST',
  ],
  ['REMOVE', change(remove, (c) => ({ object: c.named('file') })), 'NOENT'],
  ['RMDIR', change(rmdir, (c) => ({ object: c.named('empty') })), 'NOENT'],
  ['RENAME', change(rename, (c) => ({ from: c.named('file'), to: c.named('other') })), 'NOENT'],
];

const xid = 0xfffe_0123;
const begin = () => Nfs3Server.start({ file: 'file', other: 'other', 'empty/': '' });

describe.each(changes)('%s', (_, perform, refusal) => {
  it('is answered as the first time over a new connection, and a request of its own is not', async () => {
    const server = await begin();
    const client = await server.mount();
    expect((await perform(client, xid)).status).toBe('OK');
    client.rpc.close();
    const again = await server.mount();
    expect((await perform(again, xid)).status).toBe('OK');
    expect((await perform(again, xid + 1)).status).toBe(refusal);
  });

  it.each(['restart', 'kill'] as const)('is answered as the first time after a %s', async (how) => {
    const server = await begin();
    expect((await perform(await server.mount(), xid)).status).toBe('OK');
    await server[how]();
    expect((await perform(await server.mount(), xid)).status).toBe('OK');
  });
});

it('another procedure that happens to have the same xid is carried out', async () => {
  const server = await begin();
  const client = await server.mount();
  const made = await client.call(mkdir, { where: client.named('new'), attributes: {} }, xid);
  expect(made.status).toBe('OK');
  expect((await client.call(rmdir, { object: client.named('new') }, xid)).status).toBe('OK');
  expect((await client.call(rmdir, { object: client.named('new') }, xid + 1)).status).toBe('NOENT');
});
