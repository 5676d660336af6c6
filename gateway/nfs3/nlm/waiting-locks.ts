/** Locks that clients wait for. They are given in the order in which they were asked for, by a call back to the client. */
import type { FileLocks } from '../../filesystem/locks/file-locks.ts';
import type { NlmClient } from './clients.ts';
import type { Request } from './lock-manager.ts';

/** @returns whether the client took the lock */
export type Grant = (request: Request) => Promise<boolean>;

export interface WaitingLocksParts {
  readonly locks: FileLocks;
  readonly take: (request: Request) => Promise<void>;
  readonly giveBack: (request: Request) => void;
  readonly grant: Grant;
}

/** Requests that may wait, of all clients together. */
const mostWaiting = 10_000;

interface Waiting {
  readonly request: Request;
  /** It has the lock, and is being told. */
  isGranted: boolean;
  /** It knows that it has it. */
  isConfirmed: boolean;
}

export class WaitingLocks {
  readonly #parts: WaitingLocksParts;
  /** By Node.key, in the order in which they came. */
  readonly #files = new Map<string, Waiting[]>();
  readonly #listening = new Map<string, () => void>();
  #count = 0;

  constructor(parts: WaitingLocksParts) {
    this.#parts = parts;
  }

  /** A client that asks again waits once. @returns false: too many wait */
  add(request: Request): boolean {
    const { nodeKey } = request;
    const waiting = this.#files.get(nodeKey) ?? [];
    if (waiting.some((one) => isSame(one.request, request))) return true;
    if (this.#count >= mostWaiting) return false;
    this.#count++;
    request.holder.uses++;
    waiting.push({ request, isGranted: false, isConfirmed: false });
    this.#files.set(nodeKey, waiting);
    if (!this.#listening.has(nodeKey)) {
      this.#listening.set(
        nodeKey,
        this.#parts.locks.ranges.onFreed(nodeKey, () => this.#advance(nodeKey)),
      );
    }
    return true;
  }

  /** The client asks once more for what it is being given: it does not depend on the call back any more. */
  confirm(request: Request): void {
    for (const one of this.#files.get(request.nodeKey) ?? []) {
      if (one.isGranted && isSame(one.request, request)) one.isConfirmed = true;
    }
  }

  /** @returns whether it was waited for and not given yet */
  remove(request: Request): boolean {
    const found = this.#files.get(request.nodeKey)?.find((one) => !one.isGranted && isSame(one.request, request));
    if (found !== undefined) this.#drop(found);
    return found !== undefined;
  }

  removeAll(client: NlmClient): void {
    for (const waiting of [...this.#files.values()]) {
      for (const one of [...waiting]) if (one.request.holder.client === client) this.#drop(one);
    }
  }

  stop(): void {
    for (const end of this.#listening.values()) end();
    this.#listening.clear();
    this.#files.clear();
  }

  #advance(nodeKey: string): void {
    const { ranges } = this.#parts.locks;
    for (const one of [...(this.#files.get(nodeKey) ?? [])]) {
      const { holder, kind, range } = one.request;
      if (one.isGranted || ranges.conflict(nodeKey, holder, kind, range) !== undefined) continue;
      one.isGranted = true;
      void this.#give(one);
    }
  }

  async #give(one: Waiting): Promise<void> {
    const { request } = one;
    // Taken before the first await: whoever comes next finds it held.
    const taken = this.#parts.take(request);
    const isTaken = await taken.then(() => this.#parts.grant(request)).catch(() => false);
    const isWanted = this.#files.get(request.nodeKey)?.includes(one) === true;
    this.#drop(one);
    // A client that cannot be reached asks again by itself; until then nobody is kept waiting for it.
    if (isWanted && !isTaken && !one.isConfirmed) this.#parts.giveBack(request);
  }

  #drop(one: Waiting): void {
    const { nodeKey, holder } = one.request;
    const waiting = this.#files.get(nodeKey);
    const at = waiting?.indexOf(one) ?? -1;
    if (waiting === undefined || at < 0) return;
    waiting.splice(at, 1);
    this.#count--;
    holder.uses--;
    holder.client.tidy(holder);
    if (waiting.length > 0) return;
    this.#files.delete(nodeKey);
    this.#listening.get(nodeKey)?.();
    this.#listening.delete(nodeKey);
  }
}

function isSame(a: Request, b: Request): boolean {
  return (
    a.holder === b.holder &&
    a.nodeKey === b.nodeKey &&
    a.kind === b.kind &&
    a.range.start === b.range.start &&
    a.range.end === b.range.end
  );
}
