/**
 * Decides when a pending change is carried out: after it has settled, in the log's order for each key, a bounded number
 * at a time, small ones first come; again and again where it fails. Carrying it out is the executor's.
 */
import type { Change, Fileid } from './records.ts';
import type { Log } from '../log.ts';
import { persistentRetry, retryDelay, type RetryPolicy } from '../store/retry.ts';
import { StoreError } from '../store/object-store.ts';
import type { ChangeLog } from './change-log.ts';

export interface QueueTimes {
  /** Milliseconds without change before an upload starts. */
  readonly settle: number;
  /** Milliseconds after which it starts in any case once it was due. */
  readonly latest: number;
  /** Milliseconds of silence after which a file that stays open for writing is due. */
  readonly idle: number;
  /** Milliseconds between tries of what cannot heal by itself. */
  readonly hopeless: number;
  /** How long to wait between tries of what can; undefined: as for every upload. */
  readonly retry?: RetryPolicy;
}

export const defaultTimes: QueueTimes = { settle: 1000, latest: 30_000, idle: 30_000, hopeless: 3_600_000 };

export interface Executor {
  /** Carries the changes out and completes them in the log; more than one only of removals from one export. */
  perform(sequences: readonly number[]): Promise<void>;
  /** Whether something outside the log holds the change back (a file that is still open). */
  isHeld(sequence: number, change: Change): boolean;
}

interface Schedule {
  /** Milliseconds of the clock. */
  notBefore: number;
  /** When it first became due; undefined: held by a writer. */
  dueSince: number | undefined;
  attempts: number;
  error: StoreError | undefined;
}

/** How many times longer markers settle than files. */
const markerPatience = 3;

/** Removals that one request may carry. */
const maxBatch = 1000;

/** Removals from one export. Milliseconds of the clock. */
interface Removals {
  /** Those that can be carried out now. */
  readonly due: number[];
  /** When the last of the others has settled. */
  settled: number;
  /** When the first that is due may wait no longer. */
  latest: number;
}

function removalsOf(all: Map<number, Removals>, exportId: number): Removals {
  let found = all.get(exportId);
  if (found === undefined) {
    found = { due: [], settled: 0, latest: Number.POSITIVE_INFINITY };
    all.set(exportId, found);
  }
  return found;
}

export class UploadQueue {
  readonly #changes: ChangeLog;
  readonly #executor: Executor;
  readonly #log: Log;
  readonly #times: QueueTimes;
  readonly #concurrency: number;
  readonly #schedules = new Map<number, Schedule>();
  #running = 0;
  /** Wakes the pump for the earliest change that settles, milliseconds of `performance.now()`. */
  #timer: { readonly at: number; readonly handle: NodeJS.Timeout } | undefined;
  #pumping = false;
  #stopped = false;
  #flushes = 0;
  #idle: (() => void)[] = [];
  #settled: (() => void)[] = [];

  constructor(options: { changes: ChangeLog; executor: Executor; log: Log; times?: QueueTimes; concurrency?: number }) {
    this.#changes = options.changes;
    this.#executor = options.executor;
    this.#log = options.log;
    this.#times = options.times ?? defaultTimes;
    this.#concurrency = options.concurrency ?? 16;
    this.#changes.onAppend((sequence) => this.touch(sequence));
  }

  /** Begins with whatever an earlier run has left. */
  start(): void {
    for (const [sequence] of this.#changes.entries()) this.touch(sequence);
  }

  /** The change is new or has changed: it settles again. @param writing it is being written by somebody who has it open */
  touch(sequence: number, writing = false): void {
    const now = Date.now();
    const schedule = this.#schedules.get(sequence) ?? {
      notBefore: 0,
      dueSince: undefined,
      attempts: 0,
      error: undefined,
    };
    if (writing) {
      schedule.dueSince = undefined;
      schedule.notBefore = now + this.#times.idle;
    } else {
      schedule.dueSince ??= now;
      schedule.notBefore = Math.min(now + this.#settleTime(sequence), schedule.dueSince + this.#times.latest);
    }
    this.#schedules.set(sequence, schedule);
    this.#wake(schedule.notBefore - now);
  }

  /** Markers take longer to settle: copying programs set a directory's times only when everything in it is there. */
  #settleTime(sequence: number): number {
    const change = this.#changes.get(sequence);
    const isMarker = change?.kind === 'publish' && change.keys[0]?.endsWith('/') === true;
    return isMarker ? this.#times.settle * markerPatience : this.#times.settle;
  }

  /** As `touch`, for the publish of an inode that has not been started. */
  touchFile(fileid: Fileid, writing: boolean): void {
    const publish = this.#changes.waitingPublish(fileid);
    if (publish !== undefined) this.touch(publish.sequence, writing);
  }

  /** Something that held changes back is gone. */
  release(): void {
    this.#wake(0);
  }

  /** Why the change has not succeeded yet. */
  errorOf(sequence: number): StoreError | undefined {
    return this.#schedules.get(sequence)?.error;
  }

  /**
   * Starts everything that can be started without waiting for it to settle. Resolves once nothing is left but what
   * failed for good or is held.
   */
  async flush(): Promise<void> {
    this.#flushes++;
    try {
      for (const schedule of this.#schedules.values()) schedule.notBefore = 0;
      while (this.#hasWork()) {
        this.#wake(0);
        await new Promise<void>((resolve) => this.#settled.push(resolve));
      }
    } finally {
      this.#flushes--;
    }
  }

  /** As `flush`, for one inode: resolves once the store has it, with the error where it has refused it. */
  async flushFile(fileid: Fileid): Promise<StoreError | undefined> {
    while (!this.#stopped && this.#changes.isPublishPending(fileid)) {
      for (const sequence of this.#changes.publishesOf(fileid)) {
        const schedule = this.#schedules.get(sequence);
        if (schedule?.error?.heals === false) return schedule.error;
        if (schedule !== undefined && schedule.error === undefined) schedule.notBefore = 0;
      }
      this.#wake(0);
      await new Promise<void>((resolve) => this.#settled.push(resolve));
    }
    return undefined;
  }

  #hasWork(): boolean {
    if (this.#stopped) return false;
    if (this.#running > 0) return true;
    for (const [sequence, change] of this.#changes.entries()) {
      const error = this.#schedules.get(sequence)?.error;
      if (error !== undefined && !error.heals) continue;
      if (!this.#changes.isBlocked(sequence) && !this.#executor.isHeld(sequence, change)) return true;
    }
    return false;
  }

  /** Starts nothing more. Resolves when what runs has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer?.handle);
    for (const settled of this.#settled.splice(0)) settled();
    if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #wake(milliseconds: number): void {
    if (this.#stopped) return;
    if (milliseconds <= 0) {
      if (this.#pumping) return;
      this.#pumping = true;
      setImmediate(() => {
        this.#pumping = false;
        this.#pump();
      });
      return;
    }
    const at = performance.now() + milliseconds;
    if (this.#timer !== undefined && at >= this.#timer.at) return;
    clearTimeout(this.#timer?.handle);
    const handle = setTimeout(() => {
      this.#timer = undefined;
      this.#pump();
    }, milliseconds);
    this.#timer = { at, handle };
  }

  #pump(): void {
    if (this.#stopped) return;
    const now = Date.now();
    let next = Number.POSITIVE_INFINITY;
    const removals = new Map<number, Removals>();
    for (const [sequence, change] of this.#changes.entries()) {
      if (this.#running >= this.#concurrency) break;
      if (this.#changes.isRunning(sequence)) continue;
      const schedule = this.#schedules.get(sequence);
      const notBefore = this.#flushes > 0 && schedule?.error === undefined ? 0 : (schedule?.notBefore ?? 0);
      if (notBefore > now) {
        next = Math.min(next, notBefore);
        if (change.kind === 'remove' && schedule?.error === undefined) {
          const batch = removalsOf(removals, change.export);
          batch.settled = Math.max(batch.settled, notBefore);
        }
        continue;
      }
      if (this.#changes.isBlocked(sequence) || this.#executor.isHeld(sequence, change)) continue;
      if (change.kind === 'remove') {
        const batch = removalsOf(removals, change.export);
        batch.due.push(sequence);
        batch.latest = Math.min(batch.latest, (schedule?.dueSince ?? 0) + this.#times.latest);
      } else void this.#run([sequence]);
    }
    for (const { due, settled, latest } of removals.values()) {
      // More of them are on their way (rm -r): all go in one request, unless the first has waited for long.
      const waitsUntil = Math.min(settled, latest);
      if (due.length > 0 && due.length < maxBatch && waitsUntil > now) {
        next = Math.min(next, waitsUntil);
        continue;
      }
      for (let at = 0; at < due.length; at += maxBatch) void this.#run(due.slice(at, at + maxBatch));
    }
    if (next < Number.POSITIVE_INFINITY) {
      this.#wake(Math.max(1, next - now));
    }
  }

  async #run(sequences: readonly number[]): Promise<void> {
    this.#running++;
    for (const sequence of sequences) this.#changes.start(sequence);
    let failure: unknown;
    try {
      await this.#executor.perform(sequences);
    } catch (error) {
      failure = error;
    } finally {
      this.#running--;
      for (const sequence of sequences) this.#settle(sequence, failure);
      for (const settled of this.#settled.splice(0)) settled();
      if (this.#running === 0) for (const idle of this.#idle.splice(0)) idle();
      this.#wake(0);
    }
  }

  #settle(sequence: number, failure: unknown): void {
    if (this.#changes.get(sequence) === undefined) {
      this.#schedules.delete(sequence);
      return;
    }
    this.#changes.halt(sequence);
    const schedule = this.#schedules.get(sequence) ?? {
      notBefore: 0,
      dueSince: Date.now(),
      attempts: 0,
      error: undefined,
    };
    this.#schedules.set(sequence, schedule);
    if (failure === undefined) {
      // Done in part, or wanted once more.
      schedule.attempts = 0;
      return;
    }
    const error =
      failure instanceof StoreError
        ? failure
        : new StoreError('Unavailable', 'An upload failed unexpectedly.', { cause: failure });
    if (error.code !== schedule.error?.code)
      this.#log.warn({ sequence, code: error.code, error: error.cause ?? error.message }, error.message);
    schedule.error = error;
    schedule.attempts++;
    const { hopeless, retry = persistentRetry } = this.#times;
    schedule.notBefore = Date.now() + (error.heals ? retryDelay(retry, schedule.attempts, Math.random()) : hopeless);
  }
}
