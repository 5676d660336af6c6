/**
 * Who waits for a lock that another has: 4.1 clients that ask with a blocking type are told when it may be had
 * (CB_NOTIFY_LOCK, RFC 8881 §20.11). It is a hint alone: nothing is kept for them, and they go on asking now and then.
 */
import type { Node } from '../../filesystem/file-system.ts';
import type { LockKind, LockRange } from '../../filesystem/locks/byte-range-locks.ts';
import type { LockTables } from '../../filesystem/locks/lock-tables.ts';
import type { Log } from '../../log.ts';
import type { Callbacks } from './callbacks/callbacks.ts';
import type { LockOwner } from './client.ts';
import type { Leases } from './leases.ts';

/** Of all clients together; who comes later has to ask again by itself. */
const maxWaits = 4096;

interface Wait {
  readonly since: number;
  readonly end: () => void;
}

export interface LockWaitsParts {
  readonly callbacks: Callbacks;
  readonly leases: Leases;
  readonly lockTables: LockTables;
  readonly log: Log;
}

export class LockWaits {
  readonly #parts: LockWaitsParts;
  /** An owner waits for one lock at a time. */
  readonly #waits = new Map<LockOwner, Wait>();

  constructor(parts: LockWaitsParts) {
    this.#parts = parts;
  }

  get count(): number {
    return this.#waits.size;
  }

  add(owner: LockOwner, node: Node, kind: LockKind, range: LockRange): void {
    if (owner.client.generation === '4.0') return;
    this.#end(owner);
    if (this.#waits.size >= maxWaits) return;
    const { callbacks, leases, lockTables, log } = this.#parts;
    const end = lockTables.onFreed(node.key, () => {
      if (lockTables.conflict(node.key, owner, kind, range) !== undefined) return;
      this.#end(owner);
      if (leases.isGone(owner.client)) return;
      const { clientid, owner: name } = owner;
      callbacks.notifyLock(owner.client, node, { clientid, owner: name }).catch((error: unknown) => {
        log.debug({ client: owner.client.key, error }, 'a client could not be told of a lock');
      });
    });
    this.#waits.set(owner, { since: leases.now, end });
  }

  /** Who has not asked again for a lease has given up. */
  tidy(): void {
    const { leases } = this.#parts;
    for (const [owner, { since }] of this.#waits) {
      if (leases.now - since > leases.milliseconds || leases.isGone(owner.client)) this.#end(owner);
    }
  }

  #end(owner: LockOwner): void {
    this.#waits.get(owner)?.end();
    this.#waits.delete(owner);
  }
}
