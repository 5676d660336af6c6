import { describe, expect, it, vi } from 'vitest';
import { endOfFile, type LockRange } from './byte-range-locks.ts';
import { LockTables, type LockHolder } from './lock-tables.ts';
import { Reclaims } from './reclaims.ts';
import { ShareTables } from './share-tables.ts';
import { shareRead, shareWrite } from './shares.ts';

const holder = (name: string): LockHolder => ({ clientid: 0n, owner: Buffer.from(name), svid: 0 });
const whole: LockRange = { start: 0n, end: endOfFile };
const part: LockRange = { start: 0n, end: 10n };

describe('the lock tables', () => {
  it('are told apart by file and holder', () => {
    const tables = new LockTables();
    const [a, b] = [holder('a'), holder('b')];
    tables.lock('1', a, 'write', whole);
    expect(tables.conflict('1', b, 'read', part)).toMatchObject({ owner: a, kind: 'write' });
    expect(tables.conflict('2', b, 'read', part)).toBeUndefined();
    expect(tables.conflict('1', a, 'read', part)).toBeUndefined();
  });

  it('let a silent holder give way, and no other', async () => {
    const tables = new LockTables();
    const [silent, alive, asking] = [holder('silent'), holder('alive'), holder('asking')];
    tables.evictBy((owner, nodeKey) => {
      if (owner === silent) tables.unlockAll(nodeKey, owner);
      return Promise.resolve(owner === silent);
    });
    tables.lock('1', silent, 'write', part);
    expect(await tables.contention('1', asking, 'write', whole)).toBeUndefined();
    tables.lock('1', alive, 'write', part);
    expect(await tables.contention('1', asking, 'write', whole)).toMatchObject({ owner: alive });
  });

  it('tell who waits whenever something is given back, until they no longer listen', async () => {
    const tables = new LockTables();
    const a = holder('a');
    let told = 0;
    const end = tables.onFreed('1', () => told++);
    tables.lock('1', a, 'write', whole);
    tables.unlock('1', a, part);
    await vi.waitFor(() => expect(told).toBe(1));
    tables.lock('1', a, 'read', whole);
    await vi.waitFor(() => expect(told).toBe(2));
    end();
    tables.unlockAll('1', a);
    await new Promise(setImmediate);
    expect(told).toBe(2);
  });
});

describe('the share tables', () => {
  it('let a silent holder give way, but not to itself', async () => {
    const tables = new ShareTables();
    const silent = { share: { access: shareRead, deny: shareWrite } } as const;
    tables.evictBy((one) => {
      tables.remove('1', one);
      return Promise.resolve(true);
    });
    tables.add('1', silent);
    const wanted = { access: shareWrite, deny: 0 } as const;
    expect(await tables.contention('1', wanted, (one) => one === silent)).toBe(silent);
    expect(await tables.contention('1', wanted)).toBeUndefined();
    expect([...tables.holders('1')]).toEqual([]);
  });
});

it('a file is held back for whoever may reclaim it in another protocol', () => {
  const reclaims = new Reclaims();
  const source = { isHeldBack: (nodeKey: string) => nodeKey === '1' };
  const other = { isHeldBack: () => false };
  reclaims.add(source);
  reclaims.add(other);
  expect(reclaims.isHeldBackByOthers('1', other)).toBe(true);
  expect(reclaims.isHeldBackByOthers('1', source)).toBe(false);
  expect(reclaims.isHeldBackByOthers('2', other)).toBe(false);
});
