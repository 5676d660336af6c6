import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLog } from '../log.ts';
import { StoreError } from '../store/object-store.ts';
import type { Executor, Holder } from './pending.ts';
import type { Change, Fileid } from './records.ts';
import { StagingArea } from './testing/staging-area.ts';
import { UploadQueue } from './upload-queue.ts';

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
  readonly sizes = new Map<Fileid, number>();
  failure: StoreError | undefined;
  /** Resolves what is being carried out. */
  finish: (() => void) | undefined;
  waits = false;

  constructor(area: StagingArea) {
    this.area = area;
  }

  heldBy(sequence: number): Holder | undefined {
    return this.held.has(sequence) ? 'export' : undefined;
  }

  sizeOf(change: Change): number {
    return change.kind === 'publish' ? (this.sizes.get(change.fileid) ?? 0) : 0;
  }

  async perform(sequences: readonly number[]): Promise<void> {
    this.performed.push(sequences);
    if (this.waits) await new Promise<void>((resolve) => (this.finish = resolve));
    if (this.failure !== undefined) throw this.failure;
    this.area.database.transact(() => sequences.forEach((sequence) => this.area.changes.complete(sequence)));
  }
}

async function queueOf(options: { concurrency?: number } = {}): Promise<{
  area: StagingArea;
  queue: UploadQueue;
  recorder: Recorder;
  append: (...changes: Change[]) => number[];
}> {
  const area = await StagingArea.open();
  const recorder = new Recorder(area);
  const queue = new UploadQueue({ changes: area.changes, executor: recorder, log: silentLog, times, ...options });
  queue.start();
  const append = (...changes: Change[]): number[] =>
    area.database.transact(() => changes.map((change) => area.changes.append(change)));
  return { area, queue, recorder, append };
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

  it('sends small files before large ones, and large ones all the same while small ones keep coming', async () => {
    const { recorder, append } = await queueOf({ concurrency: 1 });
    const large = 17 * 1024 ** 2;
    recorder.sizes.set(1 as Fileid, large).set(2 as Fileid, large);
    append(...Array.from({ length: 20 }, (_, i) => publish(i + 1, `key ${i + 1}`)));
    await pass(times.settle);
    while (recorder.performed.length < 20) await turn();
    const order = recorder.performed.flat();
    expect(order.slice(0, 8)).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
    expect([order.indexOf(1), order.indexOf(2)]).toEqual([8, 17]);
  });

  it('runs no more at a time than it may', async () => {
    const { recorder, append } = await queueOf({ concurrency: 3 });
    recorder.waits = true;
    append(...Array.from({ length: 10 }, (_, i) => publish(i + 1, `key ${i + 1}`)));
    await pass(times.settle);
    expect(recorder.performed).toHaveLength(3);
  });

  it('starts nothing while it is paused, ends a flush then, and goes on afterwards', async () => {
    const { queue, recorder, append } = await queueOf();
    append(publish(1, 'a'));
    const flushed = queue.flush();
    queue.pause();
    await flushed;
    await pass(times.settle * 2);
    expect(recorder.performed).toEqual([]);
    queue.resume();
    await pass(0);
    expect(recorder.performed).toHaveLength(1);
  });

  it('tries at once what has failed for good when it is asked to', async () => {
    const { queue, recorder, append } = await queueOf();
    recorder.failure = new StoreError('AccessDenied', 'not for you');
    append(publish(1, 'a'));
    await pass(times.settle);
    recorder.failure = undefined;
    queue.retry();
    await pass(0);
    expect(recorder.performed).toHaveLength(2);
    expect(queue.counts).toEqual({ pending: 0, running: 0, failed: 0 });
  });

  it('tells who listens what it starts, what is done, and what failed until when', async () => {
    const { queue, recorder, append } = await queueOf();
    const heard: string[] = [];
    queue.listen({
      started: (sequence) => heard.push(`started ${sequence}`),
      done: (sequence) => heard.push(`done ${sequence}`),
      failed: (sequence, _change, { code }, nextTry) => heard.push(`${code} ${sequence} ${nextTry - Date.now()}`),
    });
    recorder.failure = new StoreError('AccessDenied', 'not for you');
    append(publish(1, 'a'));
    await pass(times.settle);
    recorder.failure = undefined;
    await pass(times.hopeless);
    expect(heard).toEqual(['started 1', 'AccessDenied 1 60000', 'started 1', 'done 1']);
  });

  it('looks at each of very many changes a few times, however often it wakes', async () => {
    const { recorder, append, area } = await queueOf();
    const count = 20_000;
    const looks = vi.spyOn(area.changes, 'blockerOf');
    append(...Array.from({ length: count }, (_, i) => publish(i + 1, `folder/key ${i}`)));
    await pass(times.settle);
    while (recorder.performed.length < count) await turn();
    expect(looks.mock.calls.length).toBeLessThanOrEqual(2 * count);
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
