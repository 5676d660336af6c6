import { describe, expect, it, onTestFinished } from 'vitest';
import { exportConfiguration } from '../configuration.ts';
import { MemoryStore } from '../store/testing/memory-store.ts';
import type { Caller } from './caller.ts';
import { Access } from './file-system.ts';
import { GatewayLife, type LifeOptions } from './testing/gateway-life.ts';

const as = (uid: number): Caller => ({ uid, gid: uid, gids: [], address: '127.0.0.1' });
const root = as(0);
const context = { caller: root };
const refused = (code: string): unknown => expect.objectContaining({ code });

async function begin(options: LifeOptions = {}): Promise<GatewayLife> {
  const life = await GatewayLife.begin(options);
  onTestFinished(() => life.cleanUp());
  return life;
}

describe('an export that is read-only', () => {
  it('refuses every change with ROFS, of root too, and says so to who asks', async () => {
    const life = await begin({ configuration: { readOnly: true } });
    life.store.bucket.write('file', Buffer.from('content'), { user: {} });
    life.store.bucket.write('directory/file', Buffer.from('content'), { user: {} });
    const { fileSystem } = life;
    const top = await life.exported();
    const file = await fileSystem.lookup(top, 'file', root);
    const guarded = { mode: 'guarded', attributes: {} } as const;
    const changes: readonly (() => Promise<unknown>)[] = [
      () => fileSystem.createFile(top, 'new', guarded, context),
      () => fileSystem.makeDirectory(top, 'new', {}, context),
      () => fileSystem.makeSymlink(top, 'new', 'file', {}, context),
      () => fileSystem.makeSpecial(top, 'new', 'fifo', { major: 0, minor: 0 }, {}, context),
      () => fileSystem.remove(top, 'file', undefined, context),
      () => fileSystem.remove(top, 'directory', undefined, context),
      () => fileSystem.rename(top, 'file', top, 'new', context),
      () => fileSystem.setAttributes(file, { mode: 0o600 }, context),
      () => fileSystem.setAttributes(file, { size: 0 }, context),
      () => fileSystem.setAttributes(top, { mtime: 'now' }, context),
      () => fileSystem.open(file, { read: true, write: true }, 'open', root),
      () => fileSystem.write(file, 0, Buffer.from('x'), 'file-sync', root),
    ];
    for (const change of changes) await expect(change(), String(change)).rejects.toEqual(refused('ROFS'));
    expect(await fileSystem.access(file, Access.read | Access.modify | Access.extend, root)).toBe(Access.read);
    expect((await fileSystem.read(file, 0, 100, root)).data.join('')).toBe('content');
    expect(life.store.bucket.objects.size).toBe(2);
  });
});

describe('an export of somebody', () => {
  it('is there for them and root alone, by name, in lists and by handle', async () => {
    const life = await begin();
    const { fileSystem } = life;
    const configuration = exportConfiguration.parse({
      name: 'mine',
      connection: { kind: 'folder' },
      bucket: '/mine',
      uid: 1000,
      gid: 1000,
      squash: 'none',
      metadata: 'listing',
    });
    const store = new MemoryStore({ identity: 'mine' });
    await life.tree.addExport(configuration, store, new Set([1000, 0]));
    const [owner, other] = [as(1000), as(2000)];
    const top = await fileSystem.lookup(fileSystem.root(owner), 'mine', owner);
    await expect(fileSystem.lookup(fileSystem.root(other), 'mine', other)).rejects.toEqual(refused('ACCESS'));
    const names = async (caller: Caller): Promise<readonly string[]> =>
      (await fileSystem.readDirectory(fileSystem.root(caller), 0, 10, caller)).entries.map(({ name }) => name);
    expect(await names(other)).toEqual(['bucket']);
    expect(await names(owner)).toEqual(['bucket', 'mine']);
    expect(() => fileSystem.resolve(top.handle, other)).toThrow(expect.objectContaining({ code: 'ACCESS' }));
    expect(fileSystem.resolve(top.handle, root).key).toBe(top.key);
  });

  it('has no handle any more once it is offered no longer, nor one with the id of another export', async () => {
    const life = await begin();
    const { fileSystem } = life;
    const { handle } = await life.exported();
    const forged = Buffer.from(handle);
    forged.writeUInt32BE(forged.readUInt32BE(4) + 1, 4);
    expect(() => fileSystem.resolve(forged, root)).toThrow(expect.objectContaining({ code: 'STALE' }));
    life.tree.removeExport('bucket');
    expect(() => fileSystem.resolve(handle, root)).toThrow(expect.objectContaining({ code: 'STALE' }));
  });
});
