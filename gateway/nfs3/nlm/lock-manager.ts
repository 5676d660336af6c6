/** Locks and share reservations of NLM clients, in the tables that all protocols share. */
import { FileSystemError } from '../../filesystem/errors.ts';
import type { HeldLock, LockKind, LockRange } from '../../filesystem/locks/byte-range-locks.ts';
import type { FileLocks } from '../../filesystem/locks/file-locks.ts';
import type { LockHolder } from '../../filesystem/locks/lock-tables.ts';
import type { Share } from '../../filesystem/locks/shares.ts';
import { clientKey, NlmClient, NlmShare, type NlmHolder, type Peer } from './clients.ts';
import { NlmStatus } from './codec.ts';
import type { NlmRecovery } from './recovery.ts';
import { WaitingLocks, type Grant } from './waiting-locks.ts';

export interface LockManagerSettings {
  readonly locks: FileLocks;
  readonly recovery: NlmRecovery;
  /** Tells a client that it has got the lock that it waits for. @returns whether it took it */
  readonly grant: Grant;
  /** Default 1024. */
  readonly maxClients?: number;
}

/** What is asked for. */
export interface Request {
  readonly holder: NlmHolder;
  readonly nodeKey: string;
  readonly kind: LockKind;
  readonly range: LockRange;
  /** As the client sent it: a grant repeats it. */
  readonly handle: Buffer;
}

export class LockManager {
  readonly #locks: FileLocks;
  readonly #recovery: NlmRecovery;
  readonly #clients = new Map<string, NlmClient>();
  readonly #waiting: WaitingLocks;
  readonly #maxClients: number;

  constructor({ locks, recovery, grant, maxClients = 1024 }: LockManagerSettings) {
    this.#locks = locks;
    this.#recovery = recovery;
    this.#maxClients = maxClients;
    locks.reclaims.add(recovery);
    this.#waiting = new WaitingLocks({
      locks,
      take: (request) => this.#take(request),
      giveBack: (request) => this.unlock(request),
      grant,
    });
  }

  /** undefined: there are too many. */
  client(peer: Peer): NlmClient | undefined {
    const key = clientKey(peer);
    const known = this.#clients.get(key);
    if (known !== undefined) return known;
    if (this.#clients.size >= this.#maxClients) this.#tidy();
    if (this.#clients.size >= this.#maxClients) return undefined;
    const client = new NlmClient(peer);
    this.#clients.set(key, client);
    return client;
  }

  /** Somebody else's lock that is in the way; undefined: there is none. 'grace': nobody can say yet. */
  async test({ holder, nodeKey, kind, range }: Request): Promise<HeldLock<LockHolder> | 'grace' | undefined> {
    if (this.#isHeldBack(holder.client, nodeKey) || !(await this.#isUndelegated(nodeKey, kind))) return 'grace';
    return this.#locks.ranges.contention(nodeKey, holder, kind, range);
  }

  /** @param isMonitored whether it is kept over a restart */
  async lock(
    request: Request,
    { block, reclaim, isMonitored = true }: { block: boolean; reclaim: boolean; isMonitored?: boolean },
  ): Promise<NlmStatus> {
    const { holder, nodeKey, kind, range } = request;
    const { ranges } = this.#locks;
    if (reclaim ? !this.#recovery.mayReclaim(holder.client, nodeKey) : this.#isHeldBack(holder.client, nodeKey))
      return NlmStatus.DENIED_GRACE_PERIOD;
    // A client with a delegation keeps its locks to itself: nobody can say before it has given that back.
    if (!(await this.#isUndelegated(nodeKey, kind))) return NlmStatus.DENIED_GRACE_PERIOD;
    this.#waiting.confirm(request);
    while (ranges.conflict(nodeKey, holder, kind, range) !== undefined) {
      if ((await ranges.contention(nodeKey, holder, kind, range)) === undefined) continue;
      if (!block) return NlmStatus.DENIED;
      return this.#waiting.add(request) ? NlmStatus.BLOCKED : NlmStatus.DENIED_NOLOCKS;
    }
    await this.#take(request, isMonitored);
    return NlmStatus.GRANTED;
  }

  /** Resolves when the lock is kept over a restart as well. The caller has asked for conflicts. */
  async #take({ holder, nodeKey, kind, range }: Request, isMonitored = true): Promise<void> {
    this.#locks.ranges.lock(nodeKey, holder, kind, range);
    holder.files.add(nodeKey);
    if (isMonitored && this.#record(holder.client, nodeKey)) await this.#recovery.durable();
  }

  unlock({ holder, nodeKey, range }: Pick<Request, 'holder' | 'nodeKey' | 'range'>): void {
    this.#locks.ranges.unlock(nodeKey, holder, range);
    this.#released(holder, nodeKey);
  }

  /** @returns whether it was waited for */
  cancel(request: Request): boolean {
    return this.#waiting.remove(request);
  }

  /** @returns whether it is granted */
  async share(client: NlmClient, nodeKey: string, owner: Buffer, share: Share): Promise<boolean> {
    const { shares } = this.#locks;
    if (!(await this.#isUndelegated(nodeKey, 'write'))) return false;
    const name = `${nodeKey} ${owner.toString('latin1')}`;
    const own = client.shares.get(name);
    // A holder may change what it has: its own reservation is not in its way.
    if (own !== undefined) shares.remove(nodeKey, own);
    const inTheWay = await shares.contention(nodeKey, share);
    if (inTheWay !== undefined) {
      if (own !== undefined) shares.add(nodeKey, own);
      return false;
    }
    const taken = new NlmShare(nodeKey, client.peer.address, share);
    client.shares.set(name, taken);
    shares.add(nodeKey, taken);
    return true;
  }

  unshare(client: NlmClient, nodeKey: string, owner: Buffer): void {
    const name = `${nodeKey} ${owner.toString('latin1')}`;
    const held = client.shares.get(name);
    if (held === undefined) return;
    this.#locks.shares.remove(nodeKey, held);
    client.shares.delete(name);
  }

  /** FREE_ALL, and NSM's word that the client has restarted. @param state undefined: whatever it last locked with */
  freeAll(isMeant: (peer: Peer) => boolean, state: number | undefined): void {
    for (const client of [...this.#clients.values()]) {
      if (!isMeant(client.peer) || (state !== undefined && client.state === state)) continue;
      this.#waiting.removeAll(client);
      for (const holder of client.holders) {
        for (const nodeKey of holder.files) this.#locks.ranges.unlockAll(nodeKey, holder);
      }
      for (const share of client.shares.values()) this.#locks.shares.remove(share.nodeKey, share);
      this.#clients.delete(client.key);
      this.#recovery.forget(client.key);
    }
    // Those that had locks before this gateway was restarted, and have restarted themselves since.
    for (const key of this.#recovery.missing) {
      const [address = '', ...name] = key.split(' ');
      if (isMeant({ address, name: name.join(' '), localAddress: '' })) this.#recovery.forget(key);
    }
  }

  stop(): void {
    this.#waiting.stop();
  }

  /** Recalls what is in the way. @returns false where it has not been given back yet */
  async #isUndelegated(nodeKey: string, kind: LockKind): Promise<boolean> {
    try {
      await this.#locks.delegations.yielded(nodeKey, kind, undefined);
      return true;
    } catch (error) {
      if (error instanceof FileSystemError && error.code === 'DELAY') return false;
      throw error;
    }
  }

  #isHeldBack(client: NlmClient, nodeKey: string): boolean {
    const { reclaims } = this.#locks;
    return this.#recovery.isHeldBack(nodeKey, client.key) || reclaims.isHeldBackByOthers(nodeKey, this.#recovery);
  }

  #record(client: NlmClient, nodeKey: string): boolean {
    const locked = client.holders.reduce((sum, one) => sum + this.#locks.ranges.lockedBytes(nodeKey, one), 0n);
    return this.#recovery.record(client, nodeKey, locked);
  }

  #released(holder: NlmHolder, nodeKey: string): void {
    if (this.#locks.ranges.held(nodeKey, holder).length === 0) holder.files.delete(nodeKey);
    this.#record(holder.client, nodeKey);
    holder.client.tidy(holder);
  }

  #tidy(): void {
    for (const client of this.#clients.values()) {
      if (client.holders.length === 0 && client.shares.size === 0) this.#clients.delete(client.key);
    }
  }
}
