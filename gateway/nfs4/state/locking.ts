/** LOCK, LOCKT, LOCKU and RELEASE_LOCKOWNER on the lock tables. RFC 7530 §9.2 to §9.4, §16.10 to §16.12. */
import { Nfs4Status } from '../codec/status.ts';
import { LockType, type LockDenied } from '../codec/locks.ts';
import { Nfs4Error } from '../operation.ts';
import { endOfFile, type HeldLock, type LockKind, type LockRange } from '../../filesystem/locks/byte-range-locks.ts';
import type { LockHolder, LockTables } from '../../filesystem/locks/lock-tables.ts';
import { shareRead, shareWrite } from '../../filesystem/locks/shares.ts';
import { changed, LockOwner, LockState, type Client, type OpenState } from './client.ts';
import type { Identifiers } from './identifiers.ts';
import type { Leases } from './leases.ts';
import { requireHeld, type Opens } from './opens.ts';
import type { Recovery } from './recovery.ts';
import type { Stateids } from './stateids.ts';

const allOnes = endOfFile - 1n;

export interface LockingParts {
  readonly identifiers: Identifiers;
  readonly leases: Leases;
  readonly lockTables: LockTables;
  readonly opens: Opens;
  readonly recovery: Recovery;
  readonly stateids: Stateids;
}

export class Locking {
  readonly #parts: LockingParts;

  constructor(parts: LockingParts) {
    this.#parts = parts;
    parts.lockTables.evictBy((holder, nodeKey) => this.#evict(holder, nodeKey));
  }

  /**
   * @param by an open by which the owner locks for the first time, or the state of its locks
   * @throws Nfs4Error DENIED (data: LockDenied), OPENMODE, RESOURCE
   */
  async lock(owner: LockOwner, by: OpenState | LockState, kind: LockKind, range: LockRange): Promise<LockState> {
    const { open } = by;
    requireMode(open, kind);
    const key = open.node.key;
    const { lockTables } = this.#parts;
    while (lockTables.conflict(key, owner, kind, range) !== undefined) {
      await this.requireFree(key, owner, kind, range);
    }
    requireHeld(by, owner.client.generation === '4.0' ? 0 : 1);
    const state = by.type === 'lock' ? by : this.#stateFor(owner, open);
    lockTables.lock(key, owner, kind, range);
    changed(state);
    this.#parts.opens.record(owner.client, key);
    // A lock is a promise: it is kept over a crash before it is given (recovery.ts).
    await this.#parts.recovery.promiseLock(owner.client, key);
    return state;
  }

  /**
   * That nobody else's lock is in the way; a silent client's is taken away. LOCKT's question as well.
   * @throws Nfs4Error DENIED (data: LockDenied)
   */
  async requireFree(nodeKey: string, holder: LockHolder, kind: LockKind, range: LockRange): Promise<void> {
    const inTheWay = await this.#parts.lockTables.contention(nodeKey, holder, kind, range);
    if (inTheWay !== undefined) throw new Nfs4Error(Nfs4Status.DENIED, 'locked by another owner', denied(inTheWay));
  }

  async #evict(holder: LockHolder, nodeKey: string): Promise<boolean> {
    if (!(holder instanceof LockOwner) || !this.#parts.leases.isExpired(holder.client)) return false;
    for (const state of [...holder.locks]) {
      if (state.node.key === nodeKey) this.#parts.opens.endLock(state, 'revoked');
    }
    this.#parts.opens.record(holder.client, nodeKey);
    await this.#parts.recovery.durable();
    return true;
  }

  unlock(state: LockState, range: LockRange): void {
    const key = state.node.key;
    this.#parts.lockTables.unlock(key, state.owner, range);
    changed(state);
    this.#parts.opens.record(state.client, key);
  }

  /** RELEASE_LOCKOWNER, RFC 7530 §16.37. @throws Nfs4Error LOCKS_HELD */
  release(client: Client, name: Buffer): void {
    const owner = client.lockOwners.get(name.toString('latin1'));
    if (owner === undefined) return;
    for (const state of owner.locks) this.#requireUnlocked(state);
    for (const state of [...owner.locks]) this.#free(state);
    client.lockOwners.delete(owner.name);
  }

  /** FREE_STATEID of a lock, RFC 8881 §18.38. @throws Nfs4Error LOCKS_HELD */
  free(state: LockState): void {
    this.#requireUnlocked(state);
    this.#free(state);
  }

  #requireUnlocked(state: LockState): void {
    if (this.#parts.lockTables.lockedBytes(state.node.key, state.owner) > 0n) {
      throw new Nfs4Error(Nfs4Status.LOCKS_HELD);
    }
  }

  #free(state: LockState): void {
    this.#parts.opens.endLock(state, 'closed');
    this.#parts.stateids.remove(state);
  }

  #stateFor(owner: LockOwner, open: OpenState): LockState {
    for (const state of open.locks) if (state.owner === owner) return state;
    this.#parts.stateids.requireRoom();
    const state = new LockState(this.#parts.identifiers.stateid(owner.client), owner, open);
    owner.locks.add(state);
    open.locks.add(state);
    this.#parts.stateids.add(state);
    return state;
  }
}

/** POSIX: what is locked for writing is open for writing, and so for reading. */
function requireMode(open: OpenState, kind: LockKind): void {
  const needed = kind === 'write' ? shareWrite : shareRead;
  if ((open.share.access & needed) === 0) throw new Nfs4Error(Nfs4Status.OPENMODE);
}

/** nfs_lock_type4 without its hint that the client is going to ask again. @throws Nfs4Error INVAL */
export function lockKind(type: number): LockKind {
  switch (type) {
    case LockType.READ:
    case LockType.READ_BLOCKING:
      return 'read';
    case LockType.WRITE:
    case LockType.WRITE_BLOCKING:
      return 'write';
    default:
      throw new Nfs4Error(Nfs4Status.INVAL, `${type} is not a lock type`);
  }
}

/** Whether the client is going to ask again until it has the lock. */
export function isBlocking(type: number): boolean {
  return type === LockType.READ_BLOCKING || type === LockType.WRITE_BLOCKING;
}

/** @throws Nfs4Error INVAL: no bytes, or past 64 bits (RFC 7530 §16.10.4) */
export function lockRange(offset: bigint, length: bigint): LockRange {
  if (length === allOnes) return { start: offset, end: endOfFile };
  if (length === 0n || offset + length > allOnes) throw new Nfs4Error(Nfs4Status.INVAL, 'no such range');
  return { start: offset, end: offset + length };
}

function denied(lock: HeldLock<LockHolder>): LockDenied {
  return {
    offset: lock.start,
    length: lock.end === endOfFile ? allOnes : lock.end - lock.start,
    type: lock.kind === 'write' ? LockType.WRITE : LockType.READ,
    owner: { clientid: lock.owner.clientid, owner: lock.owner.owner },
  };
}
