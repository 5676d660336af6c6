/** What the store, the database and the staging folder must be once everything has been sent. */
import { expect } from 'vitest';
import type { Change, ExtentRecord, InodeRecord } from '../../staging/records.ts';
import type { GatewayLife } from './gateway-life.ts';
import type { ModelNode, TreeModel } from './tree-model.ts';

const typeBits = { file: 0o100000, directory: 0o040000, symlink: 0o120000, fifo: 0o010000 };

/** Keys, bytes and metadata are those of the model, and nothing else is there. */
export function expectStored(model: TreeModel, { store }: GatewayLife): void {
  const nodes = model.entries().filter(({ type, localOnly, marker }) => (type === 'directory' ? marker : !localOnly));
  expect(store.bucket.keys().sort(), 'keys in the store').toEqual(nodes.map(({ key }) => key).sort());
  for (const node of nodes) {
    const found = store.bucket.objects.get(node.key);
    const body = node.type === 'file' ? node.content : Buffer.from(node.target);
    expect(found?.body.equals(body), `bytes of ${node.key}`).toBe(true);
    const { user, ...system } = found?.metadata ?? { user: {} };
    const { 'windlass-write-id': _, 'windlass-content': __, ...shown } = user;
    if (node.stamped === true) expect(shown, `metadata of ${node.key}`).toMatchObject(attributesOf(node));
    if (node.foreign === undefined) continue;
    expect(system, `headers of ${node.key}`).toMatchObject({ contentType: node.foreign.contentType });
    expect(shown, `metadata of ${node.key}`).toMatchObject(node.foreign.user);
    if (!node.stamped) expect(user, `metadata of ${node.key}`).toEqual(node.foreign.user);
  }
}

function attributesOf({ type, mode, uid, gid, mtime }: ModelNode): Record<string, string> {
  return {
    'file-owner': String(uid),
    'file-group': String(gid),
    'file-permissions': `0${(typeBits[type] | mode).toString(8).padStart(6, '0')}`,
    ...(mtime === undefined ? {} : { 'file-mtime': `${mtime}ns` }),
  };
}

/** Nothing waits to be sent, nothing is staged but what is never sent, and every inode has a name. */
export function expectSettled(model: TreeModel, { database, store }: GatewayLife): void {
  const changes = [...database.table<Change>('changes').range([])];
  expect(changes, 'the change log').toEqual([]);
  const local = new Set(model.entries().flatMap(({ localOnly, node }) => (localOnly ? [node?.fileid] : [])));
  const extents = [...database.table<ExtentRecord>('extents').range([])];
  expect(
    extents.filter(([[fileid]]) => !local.has(fileid as never)),
    'staged extents',
  ).toEqual([]);
  const inodes = [...database.table<InodeRecord>('inodes').range([])];
  const staged = inodes.filter(([[fileid], record]) => record.staged !== undefined && !local.has(fileid as never));
  expect(staged, 'staged inodes').toEqual([]);
  expect(inodes.length, 'inodes').toBe([...model.all()].length);
  expect(store.bucket.uploads.unfinished, 'unfinished uploads').toBe(0);
}
