/** What a client has: its owners, opens and locks. Who may change what is decided in opens.ts and locking.ts. */
import { createHash, randomInt } from 'node:crypto';
import type { Node } from '../../filesystem/file-system.ts';
import type { StateidValue } from '../codec/basic.ts';
import type { LockHolder } from '../../filesystem/locks/lock-tables.ts';
import type { ShareHolder } from '../../filesystem/locks/share-tables.ts';
import type { DelegationKind } from '../../filesystem/locks/delegation-tables.ts';
import { shareBoth, shareRead, type Share } from '../../filesystem/locks/shares.ts';
import { OwnerSequence } from './owner-sequence.ts';
import type { PinnedFile } from './pinned-file.ts';
import type { ShareHistory } from './share-history.ts';
import { nextSeqid } from './stateid.ts';

/** 4.0 and 4.1 have separate clients, even of the same name; 4.2's are 4.1's. */
export type Generation = '4.0' | '4.1';

/** Identifies a client over restarts: its generation and a digest of the name it gives itself. */
export function clientKey(generation: Generation, ownerid: Buffer): string {
  return `${generation} ${createHash('sha256').update(ownerid).digest('base64url')}`;
}

export class Client {
  readonly generation: Generation;
  readonly key: string;
  readonly clientid: bigint;
  /** Changes when the client restarts. */
  readonly verifier: Buffer;
  /** AUTH_SYS uid that the client was made with: the principal, as far as AUTH_SYS has one. */
  readonly uid: number;
  /** In all its stateids, so that those of a client that is gone are known as such; uint32. */
  readonly tag = randomInt(2 ** 32);
  /** 4.0: state was taken away and the client has not been told by RENEW and confirmed itself again since. */
  hasLost = false;
  /** Milliseconds of the Clock. */
  renewedAt: number;
  readonly openOwners = new Map<string, OpenOwner>();
  readonly lockOwners = new Map<string, LockOwner>();
  /** Opens and locks that hold, those that were revoked, and what 4.0 still needs of those that are closed. */
  readonly states = new Set<State>();
  /** Of `states`, those that were taken away and whose loss the client has not acknowledged; oldest first. */
  readonly revoked = new Set<State>();
  /** Closed lock stateids that are still understood, oldest first; see locking.ts. */
  readonly closedLocks = new Set<LockState>();

  constructor(generation: Generation, ownerid: Buffer, clientid: bigint, verifier: Buffer, uid: number, now: number) {
    this.generation = generation;
    this.key = clientKey(generation, ownerid);
    this.clientid = clientid;
    this.verifier = Buffer.from(verifier);
    this.uid = uid;
    this.renewedAt = now;
  }

  get hasState(): boolean {
    for (const state of this.states) if (state.status === 'held') return true;
    return false;
  }

  get hasDelegations(): boolean {
    for (const state of this.states) if (state.type === 'delegation' && state.status === 'held') return true;
    return false;
  }

  openOwner(owner: Buffer): OpenOwner {
    const name = owner.toString('latin1');
    let known = this.openOwners.get(name);
    if (known === undefined) {
      known = new OpenOwner(this, name);
      this.openOwners.set(name, known);
    }
    return known;
  }

  lockOwner(owner: Buffer): LockOwner {
    const name = owner.toString('latin1');
    let known = this.lockOwners.get(name);
    if (known === undefined) {
      known = new LockOwner(this, name, owner);
      this.lockOwners.set(name, known);
    }
    return known;
  }
}

export class OpenOwner {
  readonly client: Client;
  readonly name: string;
  /** 4.0 only. */
  readonly sequence = new OwnerSequence();
  /** RFC 7530 §9.1.11; 4.1 owners need none. */
  confirmed: boolean;
  /** By Node.key. */
  readonly opens = new Map<string, OpenState>();
  /** Its stateid still leads a repeated CLOSE to this owner. */
  lastClosed: OpenState | undefined;
  usedAt: number;

  constructor(client: Client, name: string) {
    this.client = client;
    this.name = name;
    this.confirmed = client.generation === '4.1';
    this.usedAt = client.renewedAt;
  }
}

export class LockOwner implements LockHolder {
  readonly client: Client;
  readonly name: string;
  readonly owner: Buffer;
  readonly svid = 0;
  readonly sequence = new OwnerSequence();
  readonly locks = new Set<LockState>();
  /** Milliseconds of the Clock. */
  usedAt: number;

  constructor(client: Client, name: string, owner: Buffer) {
    this.usedAt = client.renewedAt;
    this.client = client;
    this.name = name;
    this.owner = Buffer.from(owner);
  }

  get clientid(): bigint {
    return this.client.clientid;
  }
}

/** `closed`: given back; `revoked`: taken away. */
export type StateStatus = 'held' | 'closed' | 'revoked';

interface StateBase {
  readonly other: Buffer;
  seqid: number;
  status: StateStatus;
}

export class OpenState implements StateBase, ShareHolder {
  readonly type = 'open';
  readonly other: Buffer;
  readonly owner: OpenOwner;
  readonly node: Node;
  readonly shares: ShareHistory;
  file: PinnedFile;
  /** Who opened it last: for them the stateid is permission enough. */
  uid: number;
  readonly locks = new Set<LockState>();
  seqid = 1;
  status: StateStatus = 'held';

  constructor(other: Buffer, owner: OpenOwner, node: Node, shares: ShareHistory, file: PinnedFile, uid: number) {
    this.uid = uid;
    this.other = other;
    this.owner = owner;
    this.node = node;
    this.shares = shares;
    this.file = file;
  }

  get client(): Client {
    return this.owner.client;
  }

  get share(): Share {
    return this.shares.union;
  }

  /** As LockState.open: the open that READ and WRITE go by. */
  get open(): this {
    return this;
  }
}

export class LockState implements StateBase {
  readonly type = 'lock';
  readonly other: Buffer;
  readonly owner: LockOwner;
  /** The open under which the file was locked. */
  readonly open: OpenState;
  seqid = 0;
  status: StateStatus = 'held';

  constructor(other: Buffer, owner: LockOwner, open: OpenState) {
    this.other = other;
    this.owner = owner;
    this.open = open;
  }

  get client(): Client {
    return this.owner.client;
  }

  get node(): Node {
    return this.open.node;
  }
}

/** What a client may do with a file without asking; see delegations.ts. */
export class DelegationState implements StateBase {
  readonly type = 'delegation';
  readonly other: Buffer;
  readonly client: Client;
  readonly node: Node;
  readonly kind: DelegationKind;
  readonly file: PinnedFile;
  /** Who opened the file for it. */
  readonly uid: number;
  /** Attribute of the file when the delegation was given, which the client goes by to tell whether it has changed it. */
  readonly change: bigint;
  /** Milliseconds of the Clock; undefined: it has not been asked for. */
  recalledAt: number | undefined;
  seqid = 1;
  status: StateStatus = 'held';

  constructor(
    other: Buffer,
    client: Client,
    node: Node,
    kind: DelegationKind,
    { file, uid, change }: { readonly file: PinnedFile; readonly uid: number; readonly change: bigint },
  ) {
    this.other = other;
    this.client = client;
    this.node = node;
    this.kind = kind;
    this.file = file;
    this.uid = uid;
    this.change = change;
  }

  /** What READ and WRITE may do by it. */
  get share(): Share {
    return { access: this.kind === 'write' ? shareBoth : shareRead, deny: 0 };
  }
}

export type State = OpenState | LockState | DelegationState;

export function stateidOf(state: State): StateidValue {
  return { seqid: state.seqid, other: state.other };
}

/** RFC 8881 §8.2.2: every change of what a stateid stands for moves its seqid. */
export function changed(state: State): StateidValue {
  state.seqid = nextSeqid(state.seqid);
  return stateidOf(state);
}
