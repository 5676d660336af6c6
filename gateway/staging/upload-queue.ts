/**
 * Decides when a pending change is carried out: after it has settled, in the log's order for each key, a bounded number
 * at a time, small ones first; again and again where it fails. Carrying it out is the executor's.
 *
 * Each change is in one place at a time: it settles (or waits for its next try), waits for an earlier change or for an
 * inode, is ready, or runs. What a wake costs depends on what moves, not on how much is pending.
 */
import type { Change, Fileid } from './records.ts';
import type { Log } from '../log.ts';
import { persistentRetry, retryDelay } from '../store/retry.ts';
import { StoreError } from '../store/object-store.ts';
import type { ChangeLog } from './change-log.ts';
import { DueTimes } from './due-times.ts';
import type { Executor, Holder, Pending, PendingState, QueueListener } from './pending.ts';
import { defaultTimes, type QueueTimes } from './queue-times.ts';
import { ReadyChanges } from './ready-changes.ts';
import { Waiting } from './waiting.ts';
import { Wake } from './wake.ts';

interface Entry extends Pending {
  state: PendingState;
  at: number;
  error: StoreError | undefined;
  attempts: number;
  /** When it first became due; undefined: held by a writer. */
  dueSince: number | undefined;
  /** The time under which it lies in the heap of due times; undefined: it does not. */
  queuedAt: number | undefined;
}

/** How many times longer markers settle than files. */
const markerPatience = 3;

export class UploadQueue {
  readonly #changes: ChangeLog;
  readonly #executor: Executor;
  readonly #log: Log;
  readonly #times: QueueTimes;
  readonly #concurrency: number;
  readonly #entries = new Map<number, Entry>();
  readonly #due = new DueTimes();
  readonly #ready = new ReadyChanges();
  readonly #blocked = new Waiting<number>();
  readonly #held = new Waiting<Holder>();
  /** What a flush waits for: all but what is blocked, held, or has failed for good. */
  readonly #work = new Set<number>();
  readonly #failed = new Set<number>();
  readonly #settled = new Map<number, (() => void)[]>();
  readonly #listeners = new Set<QueueListener>();
  #running = 0;
  readonly #wake = new Wake(() => this.#pump());
  #stopped = false;
  #paused: boolean;
  #flushes = 0;
  #idle: (() => void)[] = [];
  #flushed: (() => void)[] = [];

  constructor(options: {
    changes: ChangeLog;
    executor: Executor;
    log: Log;
    times?: QueueTimes;
    concurrency?: number;
    paused?: boolean;
  }) {
    this.#changes = options.changes;
    this.#executor = options.executor;
    this.#log = options.log;
    this.#times = options.times ?? defaultTimes;
    this.#concurrency = options.concurrency ?? 16;
    this.#paused = options.paused ?? false;
    this.#changes.onAppend((sequence) => this.touch(sequence));
    this.#changes.onComplete((sequence, change) => this.#leave(sequence, change));
  }

  /** @returns what ends the subscription */
  listen(listener: QueueListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Begins with whatever an earlier run has left. */
  start(): void {
    for (const [sequence] of this.#changes.entries()) this.touch(sequence);
  }

  /** The change is new or has changed: it settles again. @param writing it is being written by somebody who has it open */
  touch(sequence: number, writing = false): void {
    const now = Date.now();
    const entry = this.#entries.get(sequence) ?? this.#enter(sequence);
    if (writing) {
      entry.dueSince = undefined;
      entry.at = now + this.#times.idle;
    } else {
      entry.dueSince ??= now;
      entry.at = Math.min(now + this.#settleTime(sequence), entry.dueSince + this.#times.latest);
    }
    const change = this.#changes.get(sequence);
    if (entry.error === undefined) {
      if (this.#flushes > 0) entry.at = now;
      else if (change?.kind === 'remove') this.#ready.expectRemoval(change.export, entry.at);
    }
    if (entry.state !== 'running') this.#wait(entry);
    // What it kept waiting may have been waiting for keys that it has no longer.
    this.#reconsider(this.#blocked.take(sequence));
    // What is held back from outside must not hold up a directory rename.
    if (change?.kind === 'move-tree') this.release();
  }

  #enter(sequence: number): Entry {
    const entry: Entry = {
      sequence,
      state: 'settling',
      at: 0,
      error: undefined,
      attempts: 0,
      dueSince: undefined,
      queuedAt: undefined,
    };
    this.#entries.set(sequence, entry);
    return entry;
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
    if (writing) for (const listener of this.#listeners) listener.written?.(fileid);
  }

  /** Something that held changes back is gone. */
  release(): void {
    this.#reconsider(this.#held.takeAll());
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  /** Nothing more is started; what runs goes on to its end or to the next part. */
  pause(): void {
    this.#paused = true;
    for (const flushed of this.#flushed.splice(0)) flushed();
  }

  resume(): void {
    this.#paused = false;
    this.#wake.in(0);
  }

  /** Tries at once what has failed, for good or not. */
  retry(): void {
    for (const sequence of [...this.#failed]) {
      const entry = this.#entries.get(sequence);
      if (entry?.state !== 'settling') continue;
      entry.at = Date.now();
      this.#wait(entry);
      this.#work.add(sequence);
    }
  }

  /** undefined: it is not pending. */
  get(sequence: number): Pending | undefined {
    return this.#entries.get(sequence);
  }

  /** Why the change has not succeeded yet. */
  errorOf(sequence: number): StoreError | undefined {
    return this.#entries.get(sequence)?.error;
  }

  /** Numbers of pending changes: all of them, those that run, and those whose last try failed. */
  get counts(): { readonly pending: number; readonly running: number; readonly failed: number } {
    return { pending: this.#entries.size, running: this.#running, failed: this.#failed.size };
  }

  /**
   * Starts everything that can be started without waiting for it to settle, what has failed before too. Resolves once
   * nothing is left but what failed for good or is held, or at once where uploads are paused.
   */
  async flush(): Promise<void> {
    this.#flushes++;
    try {
      const now = Date.now();
      this.#ready.hurry();
      this.#wake.in(0);
      for (const entry of this.#entries.values()) {
        if (entry.state !== 'settling') continue;
        entry.at = now;
        this.#wait(entry);
        this.#work.add(entry.sequence);
      }
      while (this.#work.size > 0 && !this.#stopped && !this.#paused) {
        await new Promise<void>((resolve) => this.#flushed.push(resolve));
      }
    } finally {
      this.#flushes--;
    }
  }

  /** As `flush`, for one inode: resolves once the store has it, with the error where it has refused it. */
  async flushFile(fileid: Fileid): Promise<StoreError | undefined> {
    while (!this.#stopped && this.#changes.isPublishPending(fileid)) {
      const sequences = this.#changes.publishesOf(fileid);
      for (const sequence of sequences) {
        const entry = this.#entries.get(sequence);
        if (entry === undefined) continue;
        if (entry.error?.heals === false) return entry.error;
        if (entry.error !== undefined || entry.state !== 'settling') continue;
        entry.at = Date.now();
        this.#wait(entry);
      }
      await this.settled(sequences[0] as number);
    }
    return undefined;
  }

  /** Resolves when the change has been tried once more, or is not pending any more. */
  async settled(sequence: number): Promise<void> {
    if (this.#stopped || !this.#entries.has(sequence)) return;
    await new Promise<void>((resolve) => {
      const resolvers = this.#settled.get(sequence) ?? [];
      resolvers.push(resolve);
      this.#settled.set(sequence, resolvers);
    });
  }

  /** Starts nothing more. Resolves when what runs has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake.stop();
    for (const flushed of this.#flushed.splice(0)) flushed();
    for (const sequence of [...this.#settled.keys()]) this.#tell(sequence);
    if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Lets an entry wait for its time. */
  #wait(entry: Entry): void {
    const { sequence } = entry;
    this.#ready.delete(sequence);
    this.#blocked.delete(sequence);
    this.#held.delete(sequence);
    entry.state = 'settling';
    if (entry.error?.heals === false) this.#unwork(sequence);
    else this.#work.add(sequence);
    // One that lies there for an earlier time is found then, and put back.
    if (entry.queuedAt === undefined || entry.at < entry.queuedAt) {
      entry.queuedAt = entry.at;
      this.#due.add(entry.at, sequence);
    }
    this.#wake.in(entry.at - Date.now());
  }

  #unwork(sequence: number): void {
    this.#work.delete(sequence);
    if (this.#work.size === 0) for (const flushed of this.#flushed.splice(0)) flushed();
  }

  #reconsider(sequences: Iterable<number>): void {
    for (const sequence of sequences) {
      const entry = this.#entries.get(sequence);
      if (entry !== undefined && (entry.state === 'blocked' || entry.state === 'held')) this.#wait(entry);
    }
  }

  /** It is no longer pending: what waited for it need not wait for it any more. */
  #leave(sequence: number, change: Change): void {
    if (this.#entries.get(sequence)?.state !== 'running') this.#forget(sequence);
    for (const listener of this.#listeners) listener.left?.(sequence, change);
    this.#reconsider(this.#blocked.take(sequence));
    if (change.kind === 'publish') this.#reconsider(this.#held.take(change.fileid));
  }

  #forget(sequence: number): void {
    this.#entries.delete(sequence);
    this.#failed.delete(sequence);
    this.#ready.delete(sequence);
    this.#blocked.delete(sequence);
    this.#held.delete(sequence);
    this.#unwork(sequence);
    this.#tell(sequence);
  }

  #tell(sequence: number): void {
    const resolvers = this.#settled.get(sequence);
    this.#settled.delete(sequence);
    for (const resolve of resolvers ?? []) resolve();
  }

  #pump(): void {
    if (this.#stopped) return;
    const now = Date.now();
    for (let sequence = this.#due.take(now); sequence !== undefined; sequence = this.#due.take(now)) {
      const entry = this.#entries.get(sequence);
      if (entry?.state !== 'settling' || entry.queuedAt === undefined || entry.queuedAt > now) continue;
      entry.queuedAt = undefined;
      if (entry.at > now) {
        entry.queuedAt = entry.at;
        this.#due.add(entry.at, sequence);
      } else this.#settle(entry);
    }
    while (!this.#paused && this.#running < this.#concurrency) {
      const taken = this.#ready.take(now);
      if (taken.length === 0) break;
      const batch = taken.filter((sequence) => this.#mayStart(sequence));
      if (batch.length > 0) void this.#run(batch);
    }
    const next = Math.min(this.#due.next ?? Infinity, this.#running < this.#concurrency ? this.#ready.next : Infinity);
    if (next < Infinity) this.#wake.in(Math.max(1, next - now));
  }

  /** It has settled: it is ready unless something is before it. */
  #settle(entry: Entry): void {
    if (!this.#mayStart(entry.sequence)) return;
    const change = this.#changes.get(entry.sequence) as Change;
    entry.state = 'ready';
    const latest = (entry.dueSince ?? 0) + this.#times.latest;
    this.#ready.add(entry.sequence, change, this.#executor.sizeOf(change), latest);
  }

  /** Where it may not, it waits for what it must wait for. */
  #mayStart(sequence: number): boolean {
    const entry = this.#entries.get(sequence);
    const change = this.#changes.get(sequence);
    if (entry === undefined || change === undefined) return false;
    const blocker = this.#changes.blockerOf(sequence);
    const holder = blocker === undefined ? this.#executor.heldBy(sequence, change) : undefined;
    if (blocker === undefined && holder === undefined) return true;
    if (blocker !== undefined) {
      entry.state = 'blocked';
      this.#blocked.add(blocker, sequence);
    } else if (holder !== undefined) {
      entry.state = 'held';
      this.#held.add(holder, sequence);
    }
    this.#unwork(sequence);
    return false;
  }

  async #run(sequences: readonly number[]): Promise<void> {
    this.#running++;
    const begun = sequences.map((sequence) => [sequence, this.#changes.get(sequence) as Change] as const);
    for (const [sequence, change] of begun) {
      this.#changes.start(sequence);
      (this.#entries.get(sequence) as Entry).state = 'running';
      for (const listener of this.#listeners) listener.started?.(sequence, change);
    }
    let failure: unknown;
    try {
      await this.#executor.perform(sequences);
    } catch (error) {
      failure = error;
    }
    this.#running--;
    for (const [sequence, change] of begun) this.#end(sequence, change, failure);
    if (this.#running === 0) for (const idle of this.#idle.splice(0)) idle();
    this.#wake.in(0);
  }

  #end(sequence: number, change: Change, failure: unknown): void {
    if (this.#changes.get(sequence) === undefined) {
      this.#forget(sequence);
      for (const listener of this.#listeners) listener.done?.(sequence, change);
      return;
    }
    this.#changes.halt(sequence);
    const entry = this.#entries.get(sequence) as Entry;
    if (failure === undefined) {
      // Done in part, or wanted once more.
      entry.attempts = 0;
      entry.error = undefined;
      if (this.#flushes > 0) entry.at = Date.now();
      this.#failed.delete(sequence);
    } else this.#fail(entry, failure);
    this.#wait(entry);
    this.#tell(sequence);
    const { at, error } = entry;
    if (error !== undefined) for (const listener of this.#listeners) listener.failed?.(sequence, change, error, at);
  }

  #fail(entry: Entry, failure: unknown): void {
    const error =
      failure instanceof StoreError
        ? failure
        : new StoreError('Unavailable', 'An upload failed unexpectedly.', { cause: failure });
    if (error.code !== entry.error?.code) {
      this.#log.warn(
        { sequence: entry.sequence, code: error.code, error: error.cause ?? error.message },
        error.message,
      );
    }
    entry.error = error;
    entry.attempts++;
    this.#failed.add(entry.sequence);
    const { hopeless, retry = persistentRetry } = this.#times;
    entry.at = Date.now() + (error.heals ? retryDelay(retry, entry.attempts, Math.random()) : hopeless);
  }
}
