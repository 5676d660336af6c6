/** Opens of all clients: share reservations, upgrade and downgrade, close, and revocation. RFC 7530 §9.9, RFC 8881 §9.7. */
import type { Caller } from '../../filesystem/caller.ts';
import type { FileSystem, Node, OpenAccess } from '../../filesystem/file-system.ts';
import type { DelegationKind, DelegationTables } from '../../filesystem/locks/delegation-tables.ts';
import type { LockTables } from '../../filesystem/locks/lock-tables.ts';
import type { ShareHolder, ShareTables } from '../../filesystem/locks/share-tables.ts';
import { shareRead, shareWrite, type Share, type ShareMask } from '../../filesystem/locks/shares.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type MinorVersion } from '../operation.ts';
import { changed, OpenState, type Client, type LockState, type OpenOwner, type State } from './client.ts';
import type { Identifiers } from './identifiers.ts';
import type { Leases } from './leases.ts';
import { PinnedFile } from './pinned-file.ts';
import type { FileHoldings, Recovery } from './recovery.ts';
import { ShareHistory } from './share-history.ts';
import type { Stateids } from './stateids.ts';

/** Closed lock stateids that one client may still name. */
const maxClosedLocks = 64;

export interface OpensParts {
  readonly fileSystem: FileSystem;
  readonly identifiers: Identifiers;
  readonly leases: Leases;
  readonly lockTables: LockTables;
  readonly recovery: Recovery;
  readonly delegations: DelegationTables;
  readonly shareTables: ShareTables;
  readonly stateids: Stateids;
}

export type OpenPurpose = 'open' | 'created' | 'reclaim';

export class Opens {
  readonly #parts: OpensParts;
  #count = 0;

  constructor(parts: OpensParts) {
    this.#parts = parts;
    parts.shareTables.evictBy((holder) => this.#evict(holder));
  }

  /** Opens that hold. */
  get count(): number {
    return this.#count;
  }

  /**
   * Opens the file, or adds to the open that the owner already has of it.
   * @throws Nfs4Error SHARE_DENIED, DELAY; what FileSystem.open throws
   */
  async open(owner: OpenOwner, node: Node, share: Share, purpose: OpenPurpose, caller: Caller): Promise<OpenState> {
    this.#parts.stateids.requireRoom();
    // Who may not open the file at all is told so, and not who else has it open.
    const file = new PinnedFile(await this.#parts.fileSystem.open(node, accessOf(share.access), purpose, caller));
    try {
      while (this.#isContended(node.key, share, owner.client)) {
        await this.requireShare(node.key, share, owner.client);
        await this.#parts.delegations.yielded(node.key, disturbance(share), owner.client);
      }
      this.#requireClient(owner.client);
    } catch (error) {
      await file.close();
      throw error;
    }
    const existing = owner.opens.get(node.key);
    const state =
      existing === undefined
        ? this.#add(owner, node, share, file, caller.uid)
        : await this.#upgrade(existing, share, file, caller.uid);
    this.record(owner.client, node.key);
    // An open that denies is a promise: it is kept over a crash before it is given (recovery.ts).
    if (share.deny !== 0) await this.#parts.recovery.durable();
    return state;
  }

  /**
   * That nobody's share reservation is in the way; a silent client's is taken away.
   * @param client whose own leases are not looked at; undefined for I/O without an open
   * @throws Nfs4Error SHARE_DENIED
   */
  async requireShare(nodeKey: string, share: Share, client: Client | undefined): Promise<void> {
    const isOwn = (holder: ShareHolder): boolean => holder instanceof OpenState && holder.client === client;
    const inTheWay = await this.#parts.shareTables.contention(nodeKey, share, isOwn);
    if (inTheWay !== undefined) throw new Nfs4Error(Nfs4Status.SHARE_DENIED);
  }

  #isContended(nodeKey: string, share: Share, client: Client): boolean {
    const { delegations, shareTables } = this.#parts;
    return (
      shareTables.conflict(nodeKey, share) !== undefined ||
      delegations.conflict(nodeKey, disturbance(share), client) !== undefined
    );
  }

  async #evict(holder: ShareHolder): Promise<boolean> {
    if (!(holder instanceof OpenState) || !this.#parts.leases.isExpired(holder.client)) return false;
    await this.revoke(holder);
    return true;
  }

  /** OPEN_DOWNGRADE. @throws Nfs4Error INVAL */
  async downgrade(state: OpenState, share: Share): Promise<void> {
    if (!state.shares.downgrade(share)) throw new Nfs4Error(Nfs4Status.INVAL);
    changed(state);
    await state.file.use((file) => file.setAccess(accessOf(share.access)));
  }

  /** CLOSE: the locks under the open go with it (RFC 7530 §16.2.4 leaves that to the server). */
  async close(state: OpenState): Promise<void> {
    if (state.status !== 'held') return;
    this.#end(state, 'closed');
    if (state.client.generation === '4.0') {
      // A repeated CLOSE must still find its owner.
      if (state.owner.lastClosed !== undefined) this.#parts.stateids.remove(state.owner.lastClosed);
      state.owner.lastClosed = state;
    } else {
      this.#parts.stateids.remove(state);
    }
    this.record(state.client, state.node.key);
    await state.file.close();
  }

  /** Takes the open and its locks from a silent client, and makes sure that no restart gives them back. */
  async revoke(state: OpenState): Promise<void> {
    if (state.status !== 'held') return;
    this.#end(state, 'revoked');
    this.record(state.client, state.node.key);
    await Promise.all([this.#parts.recovery.durable(), state.file.close()]);
  }

  /** Ends all that a client had, without a trace: the client is gone. */
  async drop(client: Client): Promise<void> {
    const files: Promise<void>[] = [];
    for (const state of [...client.states]) {
      if (state.type === 'open' && state.status === 'held') {
        this.#end(state, 'closed');
        files.push(state.file.close());
      }
    }
    for (const state of [...client.states]) this.#parts.stateids.remove(state);
    client.openOwners.clear();
    client.lockOwners.clear();
    await Promise.all(files);
  }

  /** Ends a lock state, whose locks go unless the owner holds the file by another one. */
  endLock(state: LockState, status: 'closed' | 'revoked'): void {
    if (state.status !== 'held') return;
    state.status = status;
    state.owner.locks.delete(state);
    state.owner.usedAt = this.#parts.leases.now;
    state.open.locks.delete(state);
    const key = state.node.key;
    if (![...state.owner.locks].some((other) => other.node.key === key)) {
      this.#parts.lockTables.unlockAll(key, state.owner);
    }
    if (status === 'revoked') this.#parts.stateids.revoked(state);
    else this.#keepClosed(state);
  }

  /** Keeps the record of what the client has of the file up to date. */
  record(client: Client, nodeKey: string): void {
    this.#parts.recovery.record(client, nodeKey, this.current(client.key, nodeKey));
  }

  /** Forgets owners that have had nothing open for a lease; a repeated request of theirs is not answered any more. */
  tidy(client: Client): void {
    const { now, milliseconds } = this.#parts.leases;
    for (const owner of client.openOwners.values()) {
      if (owner.opens.size > 0 || owner.sequence.isBusy || now - owner.usedAt <= milliseconds) continue;
      if (owner.lastClosed !== undefined) this.#parts.stateids.remove(owner.lastClosed);
      client.openOwners.delete(owner.name);
    }
    const named = new Set([...client.closedLocks].map((state) => state.owner));
    for (const owner of client.lockOwners.values()) {
      if (owner.locks.size > 0 || owner.sequence.isBusy || named.has(owner) || now - owner.usedAt <= milliseconds)
        continue;
      client.lockOwners.delete(owner.name);
    }
  }

  /** What the client has of the file. */
  current(clientKey: string, nodeKey: string): FileHoldings {
    const opens = [...this.#parts.shareTables.holders(nodeKey)].filter(
      (holder): holder is OpenState => holder instanceof OpenState && holder.client.key === clientKey,
    );
    const holders = new Set(opens.flatMap((state) => [...state.locks].map((lock) => lock.owner)));
    let locked = 0n;
    for (const holder of holders) locked += this.#parts.lockTables.lockedBytes(nodeKey, holder);
    return { opens: opens.length, locked };
  }

  /** The client may have been destroyed while the file was being opened. */
  #requireClient(client: Client): void {
    if (this.#parts.leases.isGone(client)) throw new Nfs4Error(Nfs4Status.STALE_CLIENTID);
  }

  #add(owner: OpenOwner, node: Node, share: Share, file: PinnedFile, uid: number): OpenState {
    const state = new OpenState(
      this.#parts.identifiers.stateid(owner.client),
      owner,
      node,
      new ShareHistory(share),
      file,
      uid,
    );
    owner.opens.set(node.key, state);
    this.#parts.stateids.add(state);
    this.#parts.shareTables.add(node.key, state);
    this.#count++;
    return state;
  }

  /** The owner sees from now on what its latest OPEN saw. */
  async #upgrade(state: OpenState, share: Share, file: PinnedFile, uid: number): Promise<OpenState> {
    state.uid = uid;
    const before = state.file;
    state.shares.add(share);
    state.file = file;
    changed(state);
    const { access } = state.share;
    if (access !== share.access) await file.use((one) => one.setAccess(accessOf(access)));
    await before.close();
    return state;
  }

  #end(state: OpenState, status: 'closed' | 'revoked'): void {
    for (const lock of [...state.locks]) this.endLock(lock, status);
    state.status = status;
    changed(state);
    state.owner.opens.delete(state.node.key);
    state.owner.usedAt = this.#parts.leases.now;
    this.#parts.shareTables.remove(state.node.key, state);
    this.#count--;
    if (status === 'revoked') this.#parts.stateids.revoked(state);
  }

  #keepClosed(state: LockState): void {
    const { client } = state;
    if (client.generation === '4.1') {
      this.#parts.stateids.remove(state);
      return;
    }
    client.closedLocks.add(state);
    for (const oldest of client.closedLocks) {
      if (client.closedLocks.size <= maxClosedLocks) break;
      this.#parts.stateids.remove(oldest);
    }
  }
}

/** What an open does to the delegations of others: one that denies something would be denied it by opens nobody knows of. */
function disturbance({ access, deny }: Share): DelegationKind {
  return (access & shareWrite) !== 0 || deny !== 0 ? 'write' : 'read';
}

export function accessOf(mask: ShareMask): OpenAccess {
  return { read: (mask & shareRead) !== 0, write: (mask & shareWrite) !== 0 };
}

/** A state that holds. @throws Nfs4Error EXPIRED, DELEG_REVOKED (which 4.0 does not know), BAD_STATEID */
export function requireHeld(state: State, minorVersion: MinorVersion): void {
  if (state.status === 'revoked') {
    const isDelegation = state.type === 'delegation' && minorVersion > 0;
    throw new Nfs4Error(isDelegation ? Nfs4Status.DELEG_REVOKED : Nfs4Status.EXPIRED);
  }
  if (state.status === 'closed') throw new Nfs4Error(Nfs4Status.BAD_STATEID);
}
