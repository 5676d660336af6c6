/** Files that go up in parts: what is sent, and what is not sent again. */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StoreError } from '../store/object-store.ts';
import { MemoryStore } from '../store/testing/memory-store.ts';
import { GatewayLife, MemoryBucket, quickTimes, root, type Fate, type RequestKind } from './testing/gateway-life.ts';

const MiB = 1024 ** 2;

/** Five parts. */
const content = randomBytes(36 * MiB);

let life: GatewayLife;
let bucket: MemoryBucket;
let fate: (kind: RequestKind, key: string) => Fate;

beforeEach(async () => {
  bucket = new MemoryBucket();
  fate = () => ({});
  // What is being written is due at its close alone.
  const times = { ...quickTimes, idle: 3_600_000 };
  life = await GatewayLife.begin({ store: { bucket, fate: (kind, key) => fate(kind, key) }, times });
  life.tree.start(Promise.resolve());
});
afterEach(() => life.cleanUp());

async function write(name: string, pieces: readonly (readonly [at: number, bytes: Buffer])[]): Promise<void> {
  const { fileSystem } = life;
  const { node } = await fileSystem.createFile(
    await life.exported(),
    name,
    { mode: 'unchecked', attributes: {} },
    { caller: root },
  );
  const open = await fileSystem.open(node, { read: true, write: true }, 'created', root);
  for (const [at, bytes] of pieces) {
    for (let from = 0; from < bytes.length; from += MiB)
      await open.write(at + from, bytes.subarray(from, from + MiB), 'unstable');
  }
  await open.close();
}

const sent = (): number => life.store.count('upload-part');

function expectStored(expected: Buffer): void {
  expect(bucket.objects.get('large')?.body.equals(expected)).toBe(true);
  expect(bucket.uploads.unfinished).toBe(0);
}

/** The machine may be busy. */
const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 25_000 });

/** Lets so many parts through, and nothing after them. */
function breakAfter(parts: number): void {
  let count = 0;
  fate = (kind) => (kind === 'upload-part' && ++count > parts ? { fails: 'unsent' } : {});
}

describe('An upload in parts', () => {
  it('that broke off goes on with what has not arrived', async () => {
    let count = 0;
    fate = (kind) => (kind === 'upload-part' && [2, 4].includes(++count) ? { fails: 'unsent' } : {});
    await write('large', [[0, content]]);
    await life.tree.flush();
    expectStored(content);
    expect([sent(), life.store.count('create-upload'), life.store.count('abort')]).toEqual([7, 1, 0]);
  });

  it('goes on after a crash, and asks the store what has arrived', async () => {
    await life.tree.transfers.pause(true);
    await write('large', [[0, content]]);
    breakAfter(3);
    await life.tree.transfers.pause(false);
    await eventually(() => expect(sent()).toBeGreaterThan(4));
    fate = () => ({});
    life = await life.kill();
    life.tree.start(Promise.resolve());
    await life.tree.flush();
    expectStored(content);
    expect([sent(), life.store.count('create-upload'), life.store.count('list-parts')]).toEqual([2, 0, 1]);
  });

  it('begins anew where the store has dropped it', async () => {
    await life.tree.transfers.pause(true);
    await write('large', [[0, content]]);
    breakAfter(3);
    await life.tree.transfers.pause(false);
    await eventually(() => expect(sent()).toBeGreaterThan(4));
    const other = new MemoryStore({ bucket });
    for (const { key, uploadId } of await other.multipart.list('')) await other.multipart.abort(key, uploadId);
    fate = () => ({});
    await life.tree.flush();
    expectStored(content);
    expect(life.tree.transfers.notices()).toEqual([]);
  });

  it('begins anew where the credentials do not allow to ask what has arrived', async () => {
    await life.tree.transfers.pause(true);
    await write('large', [[0, content]]);
    breakAfter(3);
    await life.tree.transfers.pause(false);
    await eventually(() => expect(sent()).toBeGreaterThan(4));
    fate = (kind) => {
      if (kind === 'list-parts') throw new StoreError('AccessDenied', 'not for you');
      return {};
    };
    life = await life.kill();
    life.tree.start(Promise.resolve());
    await life.tree.flush();
    expect(sent()).toBe(5);
    await eventually(() => expectStored(content));
  });

  it('sends again what was written after it had been sent, and then sets the time of the last write', async () => {
    await life.tree.transfers.pause(true);
    await write('large', [[0, content]]);
    fate = (kind) => (kind === 'complete' ? { fails: 'unsent' } : {});
    await life.tree.transfers.pause(false);
    await eventually(() => expect(life.store.count('complete')).toBeGreaterThan(0));
    const patch = randomBytes(10);
    await write('large', [[9 * MiB, patch]]);
    fate = () => ({});
    await life.tree.flush();
    const expected = Buffer.from(content);
    patch.copy(expected, 9 * MiB);
    expectStored(expected);
    expect(life.store.count('create-upload')).toBe(1);
    const { mtime } = await life.fileSystem.attributes(
      await life.fileSystem.lookup(await life.exported(), 'large', root),
    );
    expect(bucket.objects.get('large')?.metadata.user['file-mtime']).toBe(`${mtime}ns`);
  });

  it.each(['in one life', 'over a crash'])('whose end was not heard of is not sent again, %s', async (how) => {
    fate = (kind) => (kind === 'complete' ? { fails: 'lost' } : {});
    await life.tree.transfers.pause(true);
    await write('large', [[0, content]]);
    await life.tree.transfers.pause(false);
    await eventually(() => expect(bucket.objects.has('large')).toBe(true));
    if (how === 'over a crash') {
      life = await life.kill();
      life.tree.start(Promise.resolve());
    }
    fate = () => ({});
    await life.tree.flush();
    expectStored(content);
    expect(bucket.keys()).toEqual(['large']);
    expect(life.tree.transfers.notices()).toEqual([]);
    expect(sent()).toBe(how === 'over a crash' ? 0 : 5);
    expect(life.tree.transfers.file('/bucket/large')?.status).toEqual({ state: 'in-s3' });
  });

  it.each(['at once', 'after a crash'])('of a file that is removed is aborted %s', async (when) => {
    await life.tree.transfers.pause(true);
    await write('large', [[0, content]]);
    breakAfter(3);
    await life.tree.transfers.pause(false);
    await eventually(() => expect(sent()).toBeGreaterThan(4));
    fate = (kind) =>
      kind === 'upload-part' || (kind === 'abort' && when === 'after a crash') ? { fails: 'unsent' } : {};
    await life.tree.transfers.pause(true);
    await life.fileSystem.remove(await life.exported(), 'large', 'file', { caller: root });
    await life.tree.transfers.pause(false);
    await life.tree.flush();
    if (when === 'after a crash') {
      expect(bucket.uploads.unfinished).toBe(1);
      life = await life.kill();
      fate = () => ({});
      life.tree.start(Promise.resolve());
    }
    await eventually(() => expect(bucket.uploads.unfinished).toBe(0));
    expect(bucket.keys()).toEqual([]);
  });
});

describe('Uploads that are not wanted any more', () => {
  it('are aborted, though another one may not be', async () => {
    await life.tree.transfers.pause(true);
    await write('first', [[0, content]]);
    await write('second', [[0, content]]);
    fate = (kind) => (kind === 'upload-part' ? { fails: 'unsent' } : {});
    await life.tree.transfers.pause(false);
    await eventually(() => expect(bucket.uploads.unfinished).toBe(2));
    await life.tree.transfers.pause(true);
    fate = (kind, key) => {
      if (kind === 'abort' && key === 'first') throw new StoreError('AccessDenied', 'not for you');
      return kind === 'upload-part' ? { fails: 'unsent' } : {};
    };
    await life.fileSystem.remove(await life.exported(), 'first', 'file', { caller: root });
    await life.fileSystem.remove(await life.exported(), 'second', 'file', { caller: root });
    await life.tree.transfers.pause(false);
    await life.tree.flush();
    await eventually(() => expect(bucket.uploads.unfinished).toBe(1));
  });
});

describe('A large file that is being written', () => {
  interface Writing {
    readonly write: (at: number, bytes: Buffer) => Promise<void>;
    readonly sync: () => Promise<void>;
    readonly close: () => Promise<void>;
  }

  async function begin(name: string): Promise<Writing> {
    const { fileSystem } = life;
    // So that it is not sent empty before its first bytes are written.
    await life.tree.transfers.pause(true);
    const { node } = await fileSystem.createFile(
      await life.exported(),
      name,
      { mode: 'unchecked', attributes: {} },
      { caller: root },
    );
    const open = await fileSystem.open(node, { read: true, write: true }, 'created', root);
    await open.write(0, content.subarray(0, 1), 'unstable');
    await life.tree.transfers.pause(false);
    return {
      write: async (at, bytes) => {
        for (let from = 0; from < bytes.length; from += MiB)
          await open.write(at + from, bytes.subarray(from, from + MiB), 'unstable');
      },
      sync: async () => {
        await open.write(content.length - 1, content.subarray(-1), 'file-sync');
      },
      close: () => open.close(),
    };
  }

  it('goes up part by part, and is not to be seen before it is closed', async () => {
    const { write, close } = await begin('large');
    await write(0, content);
    await eventually(() => expect(sent()).toBe(4));
    expect(bucket.keys()).toEqual([]);
    await close();
    await life.tree.flush();
    expectStored(content);
    expect([sent(), life.store.count('create-upload'), life.store.count('copy')]).toEqual([5, 1, 1]);
    const { mtime } = await life.fileSystem.attributes(
      await life.fileSystem.lookup(await life.exported(), 'large', root),
    );
    expect(bucket.objects.get('large')?.metadata.user).toMatchObject({ 'file-mtime': `${mtime}ns` });
  });

  it('has the bytes that were written last, also where the part had gone up', async () => {
    const { write, close } = await begin('large');
    await write(0, content);
    await eventually(() => expect(sent()).toBe(4));
    const expected = Buffer.from(content);
    for (const at of [0, 17 * MiB + 5]) {
      const patch = randomBytes(11);
      patch.copy(expected, at);
      await write(at, patch);
    }
    await close();
    await life.tree.flush();
    expectStored(expected);
    expect(sent()).toBeLessThanOrEqual(9);
  });

  it('that is cut short before it is closed has only what is left', async () => {
    const { write, close } = await begin('large');
    await write(0, content);
    await eventually(() => expect(sent()).toBe(4));
    await life.fileSystem.setAttributes(
      await life.fileSystem.lookup(await life.exported(), 'large', root),
      { size: 3 * MiB },
      { caller: root },
    );
    await close();
    await life.tree.flush();
    await eventually(() => expectStored(content.subarray(0, 3 * MiB)));
  });

  it('keeps what has gone up over a crash', async () => {
    const { write, sync } = await begin('large');
    await write(0, content);
    await sync();
    await eventually(() => expect(sent()).toBeGreaterThanOrEqual(4));
    const before = bucket.uploads.unfinished;
    await life.database.durable();
    life = await life.kill();
    life.tree.start(Promise.resolve());
    await eventually(() => expectStored(content));
    expect([before, sent()]).toEqual([1, 1]);
  });

  it('is recognized as sent where the answer to its last request was lost', async () => {
    const { write, close } = await begin('large');
    await write(0, content);
    await eventually(() => expect(sent()).toBe(4));
    fate = (kind) => (kind === 'complete' ? { fails: 'lost' } : {});
    await close();
    await eventually(() => expect(bucket.keys()).toEqual(['large']));
    fate = () => ({});
    await life.tree.flush();
    expectStored(content);
    expect([sent(), bucket.keys(), life.tree.transfers.notices()]).toEqual([5, ['large'], []]);
  });

  it.each(['removed', 'renamed'])('leaves nothing under its old name when it is %s', async (how) => {
    const { write, close } = await begin('large');
    await write(0, content);
    await eventually(() => expect(sent()).toBe(4));
    const directory = await life.exported();
    if (how === 'removed') await life.fileSystem.remove(directory, 'large', 'file', { caller: root });
    else await life.fileSystem.rename(directory, 'large', directory, 'other', { caller: root });
    await close();
    await life.tree.flush();
    await eventually(() => expect(bucket.uploads.unfinished).toBe(0));
    expect(bucket.keys()).toEqual(how === 'removed' ? [] : ['other']);
  });

  it('goes up part by part, though the empty file was on its way when its first bytes came', async () => {
    fate = (kind) => (kind === 'put' ? { before: 500 } : {});
    const { fileSystem } = life;
    const how = { mode: 'unchecked', attributes: {} } as const;
    const { node } = await fileSystem.createFile(await life.exported(), 'large', how, { caller: root });
    await eventually(() => expect(life.store.count('put')).toBe(1));
    const open = await fileSystem.open(node, { read: true, write: true }, 'created', root);
    for (let from = 0; from < content.length; from += MiB)
      await open.write(from, content.subarray(from, from + MiB), 'unstable');
    await eventually(() => expect(sent()).toBe(4));
    await open.close();
    await life.tree.flush();
    expectStored(content);
    expect(sent()).toBe(5);
  });

  it('waits for its close where its name says that it will have another, and while uploads are paused', async () => {
    const temporary = await begin('large.part');
    await temporary.write(0, content);
    const large = await begin('large');
    await life.tree.transfers.pause(true);
    await large.write(0, content);
    const other = await begin('other');
    await life.tree.transfers.pause(false);
    await other.write(0, content);
    await eventually(() => expect(sent()).toBe(8));
    const directory = await life.exported();
    await life.fileSystem.rename(directory, 'large.part', directory, 'third', { caller: root });
    for (const one of [temporary, large, other]) await one.close();
    await life.tree.flush();
    expect(bucket.keys()).toEqual(['large', 'other', 'third']);
    expect(sent()).toBe(15);
  });
});
