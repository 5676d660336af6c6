/**
 * Delegations: a client that opens a file again and again may act on it without asking, until somebody else comes. None
 * is ever needed for correctness. RFC 7530 §10.4, RFC 8881 §10.4.
 *
 * When one is given: at the second OPEN of a file by the same client, nobody else having opened it in between, so that
 * what is read once costs no recall. It lasts as long as what is known of the file would go unasked (the export's
 * metadata-ttl) or nobody but this gateway can change it, so a client with a delegation sees what others do to the bucket
 * as soon as one without.
 */
import type { Attributes } from '../../filesystem/attributes.ts';
import type { Caller } from '../../filesystem/caller.ts';
import type { FileSystem, Node } from '../../filesystem/file-system.ts';
import type { DelegationHolder, DelegationKind, DelegationTables } from '../../filesystem/locks/delegation-tables.ts';
import type { LockTables } from '../../filesystem/locks/lock-tables.ts';
import type { ShareTables } from '../../filesystem/locks/share-tables.ts';
import { shareWrite } from '../../filesystem/locks/shares.ts';
import type { Log } from '../../log.ts';
import { size64, XdrReader, type Codec } from '../../rpc/xdr.ts';
import { Attribute } from '../attributes/numbers.ts';
import { bits } from '../codec/basic.ts';
import type { Callbacks } from './callbacks/callbacks.ts';
import { DelegationState, LockOwner, OpenState, stateidOf, type Client } from './client.ts';
import type { Identifiers } from './identifiers.ts';
import type { Leases } from './leases.ts';
import { PinnedFile } from './pinned-file.ts';
import type { Recovery } from './recovery.ts';
import type { Stateids } from './stateids.ts';

/** Files of which it is remembered who opened them last. */
const maxRecent = 10_000;

/** Most delegations at a time: beyond, files are opened as ever. */
const maxDelegations = 20_000;

/** Milliseconds after a recall in which a file is opened as ever, so that two clients do not take it from each other in turn. */
const contendedFor = 30_000;

/** What is known of the file must hold for so many milliseconds at least. */
const leastTrust = 1000;

export interface DelegationsParts {
  readonly callbacks: Callbacks;
  readonly fileSystem: FileSystem;
  readonly identifiers: Identifiers;
  readonly leases: Leases;
  readonly lockTables: LockTables;
  readonly log: Log;
  readonly recovery: Recovery;
  readonly shareTables: ShareTables;
  readonly stateids: Stateids;
  readonly tables: DelegationTables;
}

export type Granted = DelegationState | 'contention' | 'resource';

const writersAttributes = bits(Attribute.change, Attribute.size);

/** The first two values of a fattr4 that has both. */
const changeAndSize: Codec<readonly [bigint, number]> = {
  decode: (reader) => [reader.uint64(), size64.decode(reader)],
  encode: (writer, [change, size]) => {
    writer.uint64(change);
    size64.encode(writer, size);
  },
};

/** A delegation as the other protocols see it. */
class Holder implements DelegationHolder {
  readonly state: DelegationState;
  readonly #recall: (state: DelegationState) => void;

  constructor(state: DelegationState, recall: (state: DelegationState) => void) {
    this.state = state;
    this.#recall = recall;
  }

  get kind(): DelegationKind {
    return this.state.kind;
  }

  get client(): Client {
    return this.state.client;
  }

  recall(): void {
    this.#recall(this.state);
  }
}

export class Delegations {
  readonly #parts: DelegationsParts;
  readonly #held = new Map<DelegationState, Holder>();
  /** Client.key of who opened the file last, by Node.key. */
  readonly #recent = new Map<string, string>();
  /** Until when the file counts as contended, by Node.key; milliseconds of the Clock. */
  readonly #contended = new Map<string, number>();

  constructor(parts: DelegationsParts) {
    this.#parts = parts;
  }

  get count(): number {
    return this.#held.size;
  }

  /** Gives the opener of the file a delegation where that saves something. */
  async offer(open: OpenState, caller: Caller): Promise<Granted> {
    const { client, node } = open;
    const { callbacks, recovery, stateids } = this.#parts;
    const isAgain = this.#recent.get(node.key) === client.key;
    remember(this.#recent, node.key, client.key);
    const kind = (open.share.access & shareWrite) === 0 ? 'read' : 'write';
    if (!isAgain || this.#held.size >= maxDelegations) return 'resource';
    const isProven = await callbacks.prove(client);
    if (!isProven || recovery.inGrace || stateids.isFull) return 'resource';
    if (this.#parts.fileSystem.knownFor(node) < leastTrust) return 'resource';
    if (!this.#isFree(node, client, kind)) return 'contention';
    return this.#grant(open, kind, caller);
  }

  /** A client that had a delegation before the restart gets it and is asked to give it back at once (RFC 8881 §10.2.1). */
  async reclaim(open: OpenState, kind: DelegationKind, caller: Caller): Promise<DelegationState | undefined> {
    if (!this.#isFree(open.node, open.client, kind)) return undefined;
    const granted = await this.#grant(open, kind, caller);
    if (!(granted instanceof DelegationState)) return undefined;
    granted.recalledAt = this.#parts.leases.now;
    return granted;
  }

  /** DELEGRETURN. */
  async giveBack(state: DelegationState): Promise<void> {
    if (state.status !== 'held') return;
    this.#end(state, 'closed');
    this.#parts.stateids.remove(state);
    await state.file.close();
  }

  /** All that the client has goes with it. */
  async drop(client: Client): Promise<void> {
    const own = [...client.states].filter((state) => state.type === 'delegation');
    await Promise.all(own.map((state) => this.giveBack(state)));
  }

  /** What is due: delegations that nobody may trust any more are recalled, and taken where they do not come back. */
  tick(): void {
    const { fileSystem, leases } = this.#parts;
    for (const state of [...this.#held.keys()]) {
      if (state.recalledAt !== undefined) {
        if (leases.now - state.recalledAt > leases.milliseconds) this.#revoke(state);
      } else if (!isTrusted(fileSystem, state.node)) this.#recall(state);
    }
    for (const [key, until] of this.#contended) if (until <= leases.now) this.#contended.delete(key);
  }

  /** As DelegationTables.yielded, for what is not asked of the file system: a lock that may be held by a delegation. */
  async yielded(nodeKey: string, kind: DelegationKind, client: Client): Promise<void> {
    await this.#parts.tables.yielded(nodeKey, kind, client);
  }

  /**
   * What another client has made of a file that it has been delegated for writing and has not written back yet, where it
   * says that it has (RFC 8881 §10.4.3); undefined: nobody has. It has to write back before anybody reads that, so nobody
   * takes it for content.
   */
  seenByWriter(
    node: Node,
    known: Pick<Attributes, 'change' | 'size'>,
    asking: object | undefined,
  ): Promise<Partial<Pick<Attributes, 'change' | 'size'>>> | undefined {
    const holder = this.#parts.tables.conflict(node.key, 'read', asking);
    return holder instanceof Holder ? this.#askWriter(holder.state, known) : undefined;
  }

  async #askWriter(
    { client, node, change: given }: DelegationState,
    known: Pick<Attributes, 'change' | 'size'>,
  ): Promise<Partial<Pick<Attributes, 'change' | 'size'>>> {
    try {
      const { mask, values } = await this.#parts.callbacks.attributes(client, node, writersAttributes);
      if ((mask & writersAttributes) !== writersAttributes) return {};
      const [change, size] = changeAndSize.decode(new XdrReader(values));
      if (change === given || change === known.change) return {};
      return { change: known.change + 1n, size };
    } catch {
      // Who does not answer is not waited for: what has been written back is the file.
      return {};
    }
  }

  /** That others neither have nor use what the delegation would promise. */
  #isFree(node: Node, client: Client, kind: DelegationKind): boolean {
    const { leases, lockTables, shareTables, tables } = this.#parts;
    if ((this.#contended.get(node.key) ?? 0) > leases.now) return false;
    for (const holder of tables.holders(node.key)) {
      // One of its own is enough; those of others may stay beside a reader's.
      if (holder.client === client || kind === 'write' || holder.kind === 'write') return false;
    }
    for (const holder of shareTables.holders(node.key)) {
      const isOwn = holder instanceof OpenState && holder.client === client;
      const isInTheWay = kind === 'write' || (holder.share.access & shareWrite) !== 0 || holder.share.deny !== 0;
      if (!isOwn && isInTheWay) return false;
    }
    for (const holder of lockTables.holders(node.key)) {
      if (!(holder instanceof LockOwner) || holder.client !== client) return false;
    }
    return true;
  }

  async #grant(open: OpenState, kind: DelegationKind, caller: Caller): Promise<Granted> {
    const { fileSystem, identifiers, leases, stateids, tables } = this.#parts;
    const { client, node } = open;
    const { change } = await fileSystem.attributes(node);
    // It reads and writes whatever it is asked to; that it counts as no writer lets uploads begin with the CLOSE.
    const file = new PinnedFile(await fileSystem.open(node, { read: true, write: false }, 'reclaim', caller));
    if (open.status !== 'held' || leases.isGone(client) || !this.#isFree(node, client, kind)) {
      await file.close();
      return 'contention';
    }
    const state = new DelegationState(identifiers.stateid(client), client, node, kind, {
      file,
      uid: caller.uid,
      change,
    });
    const holder = new Holder(state, (one) => this.#recallFor(one));
    this.#held.set(state, holder);
    stateids.add(state);
    tables.add(node.key, holder);
    return state;
  }

  /** Somebody else wants the file. */
  #recallFor(state: DelegationState): void {
    const { leases } = this.#parts;
    remember(this.#contended, state.node.key, leases.now + contendedFor);
    const isOverdue = state.recalledAt !== undefined && leases.now - state.recalledAt > leases.milliseconds;
    if (isOverdue || leases.isExpired(state.client)) this.#revoke(state);
    else this.#recall(state);
  }

  #recall(state: DelegationState): void {
    if (state.status !== 'held' || state.recalledAt !== undefined) return;
    const { callbacks, leases, log } = this.#parts;
    state.recalledAt = leases.now;
    callbacks.recall(state.client, state.node, stateidOf(state)).catch((error: unknown) => {
      if (state.status === 'held') log.info({ client: state.client.key, error }, 'a client did not take a recall');
    });
  }

  /** The client has not given it back in time: it learns of that by its stateid, and in 4.1 by SEQUENCE. */
  #revoke(state: DelegationState): void {
    if (state.status !== 'held') return;
    this.#parts.log.warn({ client: state.client.key }, 'a delegation that was not given back is taken away');
    this.#end(state, 'revoked');
    this.#parts.stateids.revoked(state);
    state.file.close().catch((error: unknown) => {
      this.#parts.log.error({ error }, 'the file of a delegation could not be closed');
    });
  }

  #end(state: DelegationState, status: 'closed' | 'revoked'): void {
    state.status = status;
    const holder = this.#held.get(state);
    this.#held.delete(state);
    if (holder !== undefined) this.#parts.tables.remove(state.node.key, holder);
  }
}

/** Whether what is known of the file still goes unasked. */
function isTrusted(fileSystem: FileSystem, node: Node): boolean {
  try {
    return fileSystem.knownFor(node) > 0;
  } catch {
    // The file is gone.
    return false;
  }
}

/** The oldest are forgotten. */
function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= maxRecent) break;
    map.delete(oldest);
  }
}
