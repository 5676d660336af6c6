import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLog } from '../log.ts';
import { StoreError } from '../store/object-store.ts';
import type { Change, Fileid } from './records.ts';
import { StagingArea } from './testing/staging-area.ts';
import { UploadQueue, type Executor } from './upload-queue.ts';

const times = { settle: 1000, latest: 5000, idle: 3000, hopeless: 60_000 };
const publish = (fileid: number, key: string): Change => ({
  kind: 'publish',
  export: 1,
  fileid: fileid as Fileid,
  keys: [key],
});
const remove = (key: string): Change => ({ kind: 'remove', export: 1, keys: [key], key, etag: '"e"' });

/** Carries changes out by completing them, or fails as it is told. */
class Recorder implements Executor {
  readonly area: StagingArea;
  readonly performed: (readonly number[])[] = [];
  readonly held = new Set<number>();
  failure: StoreError | undefined;
  /** Resolves what is being carried out. */
  finish: (() => void) | undefined;
  waits = false;

  constructor(area: StagingArea) {
    this.area = area;
  }

  isHeld(sequence: number): boolean {
    return this.held.has(sequence);
  }

  async perform(sequences: readonly number[]): Promise<void> {
    this.performed.push(sequences);
    if (this.waits) await new Promise<void>((resolve) => (this.finish = resolve));
    if (this.failure !== undefined) throw this.failure;
    this.area.database.transact(() => sequences.forEach((sequence) => this.area.changes.complete(sequence)));
  }
}

async function queueOf(): Promise<{
  queue: UploadQueue;
  recorder: Recorder;
  append: (...changes: Change[]) => number[];
}> {
  const area = await StagingArea.open();
  const recorder = new Recorder(area);
  const queue = new UploadQueue({ changes: area.changes, executor: recorder, log: silentLog, times });
  queue.start();
  const append = (...changes: Change[]): number[] =>
    area.database.transact(() => changes.map((change) => area.changes.append(change)));
  return { queue, recorder, append };
}

/** Time passes, and whatever it has set off goes on. */
async function pass(milliseconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds);
  for (let i = 0; i < 5; i++) await turn();
}

describe('The upload queue', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('lets a change settle before it is carried out', async () => {
    const { recorder, append } = await queueOf();
    const sequences = append(publish(1, 'a'));
    await pass(times.settle - 1);
    expect(recorder.performed).toEqual([]);
    await pass(1);
    expect(recorder.performed).toEqual([sequences]);
  });

  it('lets it settle anew with every change, but not for ever', async () => {
    const { queue, recorder, append } = await queueOf();
    append(publish(1, 'a'));
    for (let passed = 0; passed < times.latest - 500; passed += 500) {
      await pass(500);
      queue.touchFile(1 as Fileid, false);
    }
    expect(recorder.performed).toEqual([]);
    await pass(500);
    expect(recorder.performed).toHaveLength(1);
  });

  it('waits for a file that is being written until nobody has written for a while', async () => {
    const { queue, recorder, append } = await queueOf();
    append(publish(1, 'a'));
    for (let i = 0; i < 10; i++) {
      queue.touchFile(1 as Fileid, true);
      await pass(times.idle - 1);
    }
    expect(recorder.performed).toEqual([]);
    await pass(1);
    expect(recorder.performed).toHaveLength(1);
  });

  it('sends what has settled though something else settles anew', async () => {
    const { queue, recorder, append } = await queueOf();
    const [first] = append(publish(1, 'a'), publish(2, 'b'));
    await pass(times.settle / 2);
    queue.touchFile(2 as Fileid, false);
    await pass(times.settle / 2);
    expect(recorder.performed).toEqual([[first]]);
  });

  it('deletes together what can be deleted together', async () => {
    const { recorder, append } = await queueOf();
    const sequences = append(remove('a'), remove('b'), remove('c'));
    await pass(times.settle);
    expect(recorder.performed).toEqual([sequences]);
  });

  it('deletes together what is removed one after the other, though not for ever', async () => {
    const { recorder, append } = await queueOf();
    const step = times.settle / 2;
    const sequences: number[] = [];
    for (let removed = 0; removed < 4; removed++) {
      sequences.push(...append(remove(`key ${removed}`)));
      await pass(step);
    }
    expect(recorder.performed).toEqual([]);
    await pass(step);
    expect(recorder.performed).toEqual([sequences]);
    for (let time = 0; time < times.latest + step; time += step) {
      append(remove(`later ${time}`));
      await pass(step);
    }
    expect(recorder.performed.length).toBeGreaterThan(1);
  });

  it('does not wait with a delete for one that fails', async () => {
    const { recorder, append } = await queueOf();
    recorder.failure = new StoreError('AccessDenied', 'no');
    const [refused] = append(remove('refused'));
    await pass(times.settle);
    recorder.failure = undefined;
    const [other] = append(remove('other'));
    await pass(times.settle);
    expect(recorder.performed).toEqual([[refused], [other]]);
  });

  it('deletes no more than a thousand keys with one request', async () => {
    const { recorder, append } = await queueOf();
    append(...Array.from({ length: 1001 }, (_, i) => remove(`key ${i}`)));
    await pass(times.settle);
    expect(recorder.performed.map(({ length }) => length)).toEqual([1000, 1]);
  });

  it('carries out changes of one key in order', async () => {
    const { recorder, append } = await queueOf();
    recorder.waits = true;
    const [first, second] = append(publish(1, 'a'), remove('a'));
    await pass(times.settle);
    expect(recorder.performed).toEqual([[first]]);
    recorder.finish?.();
    await pass(0);
    expect(recorder.performed).toEqual([[first], [second]]);
  });

  it('tries again, later and later, what may heal', async () => {
    const { recorder, append } = await queueOf();
    recorder.failure = new StoreError('Unavailable', 'not now');
    append(publish(1, 'a'));
    vi.spyOn(Math, 'random').mockReturnValue(0.999);
    await pass(times.settle);
    const tries = [recorder.performed.length];
    for (const wait of [500, 1000, 2000]) {
      await pass(wait);
      tries.push(recorder.performed.length);
    }
    expect(tries).toEqual([1, 2, 3, 4]);
    recorder.failure = undefined;
    await pass(4000);
    await pass(60_000);
    expect(recorder.performed).toHaveLength(5);
    vi.restoreAllMocks();
  });

  it('says why a change does not succeed, and tries rarely what cannot heal', async () => {
    const { queue, recorder, append } = await queueOf();
    recorder.failure = new StoreError('AccessDenied', 'not for you');
    const [sequence] = append(publish(1, 'a'));
    await pass(times.settle);
    expect(queue.errorOf(sequence as number)).toMatchObject({ code: 'AccessDenied' });
    await pass(times.hopeless - 1);
    expect(recorder.performed).toHaveLength(1);
    await pass(1);
    expect(recorder.performed).toHaveLength(2);
  });

  it('lets other changes pass one that fails', async () => {
    const { recorder, append } = await queueOf();
    recorder.failure = new StoreError('AccessDenied', 'not for you');
    append(publish(1, 'a'));
    await pass(times.settle);
    recorder.failure = undefined;
    const second = append(publish(2, 'b'));
    await pass(times.settle);
    expect(recorder.performed.at(-1)).toEqual(second);
  });

  it('holds back what is held, until that is released', async () => {
    const { queue, recorder, append } = await queueOf();
    const [sequence] = append(publish(1, 'a')) as [number];
    recorder.held.add(sequence);
    await pass(times.settle * 3);
    expect(recorder.performed).toEqual([]);
    recorder.held.clear();
    queue.release();
    await pass(0);
    expect(recorder.performed).toEqual([[sequence]]);
  });

  it('flushes without letting anything settle, and ends when nothing is left', async () => {
    const { queue, recorder, append } = await queueOf();
    append(publish(1, 'a'), publish(2, 'b'), remove('a'));
    await queue.flush();
    expect(recorder.performed).toHaveLength(3);
  });

  it('does not wait with a flush for what is held or was refused for good', async () => {
    const { queue, recorder, append } = await queueOf();
    const [held] = append(publish(1, 'a')) as [number];
    recorder.held.add(held);
    recorder.failure = new StoreError('AccessDenied', 'not for you');
    append(publish(2, 'b'));
    await queue.flush();
    expect(recorder.performed).toHaveLength(1);
  });

  it('flushes one file, and tells why the store refuses it', async () => {
    const { queue, recorder, append } = await queueOf();
    const [first] = append(publish(1, 'a'), publish(2, 'b'));
    expect(await queue.flushFile(1 as Fileid)).toBeUndefined();
    expect(recorder.performed).toEqual([[first]]);
    recorder.failure = new StoreError('AccessDenied', 'not for you');
    expect(await queue.flushFile(2 as Fileid)).toMatchObject({ code: 'AccessDenied' });
  });

  it('starts nothing more once it is stopped, and waits for what runs', async () => {
    const { queue, recorder, append } = await queueOf();
    recorder.waits = true;
    append(publish(1, 'a'));
    await pass(times.settle);
    let isOver = false;
    const stopping = queue.stop().then(() => (isOver = true));
    append(publish(2, 'b'));
    await pass(times.settle * 2);
    expect(isOver).toBe(false);
    recorder.finish?.();
    await stopping;
    expect(recorder.performed).toHaveLength(1);
  });

  it('goes on with what an earlier run has left', async () => {
    const area = await StagingArea.open();
    area.database.transact(() => area.changes.append(publish(1, 'a')));
    const after = await area.restart();
    const recorder = new Recorder(after);
    new UploadQueue({ changes: after.changes, executor: recorder, log: silentLog, times }).start();
    await pass(times.settle);
    expect(recorder.performed).toEqual([[1]]);
  });
});
