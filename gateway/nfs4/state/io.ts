/** READ and WRITE by stateid. RFC 7530 §9.1.4.5 and §9.1.6, RFC 8881 §8.2.5. */
import { Access, type Node, type OpenFile } from '../../filesystem/file-system.ts';
import type { StateidValue } from '../codec/basic.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type CompoundContext } from '../operation.ts';
import type { DelegationState, OpenState, State } from './client.ts';
import type { Leases } from './leases.ts';
import { requireHeld, type Opens } from './opens.ts';
import type { Recovery } from './recovery.ts';
import { shareRead, shareWrite } from '../../filesystem/locks/shares.ts';
import { classify, requireSeqid } from './stateid.ts';
import type { Stateids } from './stateids.ts';

export interface StatefulIoParts {
  readonly leases: Leases;
  readonly opens: Opens;
  readonly recovery: Recovery;
  readonly stateids: Stateids;
}

export class StatefulIo {
  readonly #parts: StatefulIoParts;

  constructor(parts: StatefulIoParts) {
    this.#parts = parts;
  }

  /**
   * The held state of an ordinary or the current stateid.
   * @param node whose it must be; undefined: any
   * @param latest whether the current stateid means the state as it now is, as for I/O
   * @throws Nfs4Error BAD_STATEID, OLD_STATEID, STALE_STATEID, EXPIRED
   */
  require(stateid: StateidValue, node: Node | undefined, context: CompoundContext, latest = false): State {
    const { minorVersion } = context;
    const kind = classify(stateid, minorVersion);
    let named = stateid;
    if (kind === 'current') {
      if (context.currentStateid === undefined) throw new Nfs4Error(Nfs4Status.BAD_STATEID);
      named = latest ? { ...context.currentStateid, seqid: 0 } : context.currentStateid;
    } else if (kind !== 'ordinary') {
      throw new Nfs4Error(Nfs4Status.BAD_STATEID);
    }
    const client = minorVersion === 0 ? undefined : context.slot?.session?.client;
    if (minorVersion > 0 && client === undefined) throw new Nfs4Error(Nfs4Status.BAD_STATEID);
    const state = this.#parts.stateids.find(named, client, minorVersion);
    requireHeld(state, minorVersion);
    if (node !== undefined && state.node.key !== node.key) throw new Nfs4Error(Nfs4Status.BAD_STATEID);
    requireSeqid(named.seqid, state.seqid, minorVersion);
    if (minorVersion === 0) {
      this.#parts.leases.renew(state.client);
      context.actFor(state.client);
    }
    return state;
  }

  /**
   * The open by which the file is read or written; undefined where a special stateid does without one.
   * @throws as `require`, and Nfs4Error OPENMODE, LOCKED, GRACE
   */
  async openState(
    stateid: StateidValue,
    node: Node,
    context: CompoundContext,
    access: 'read' | 'write',
  ): Promise<OpenState | DelegationState | undefined> {
    const mask = access === 'read' ? shareRead : shareWrite;
    const kind = classify(stateid, context.minorVersion);
    if (kind === 'anonymous' || kind === 'bypass') {
      await this.#requireUnheld(node, mask, kind === 'bypass' && access === 'read');
      return undefined;
    }
    const state = this.require(stateid, node, context, true);
    const open = state.type === 'lock' ? state.open : state;
    if (open.type === 'open' && !open.owner.confirmed) throw new Nfs4Error(Nfs4Status.BAD_STATEID);
    if ((open.share.access & mask) === 0) throw new Nfs4Error(Nfs4Status.OPENMODE);
    if (context.caller.uid !== open.uid) await this.#requirePermission(node, context, access);
    return open;
  }

  /** A stateid suffices for whom it was opened; anybody else needs the permission as well (RFC 8881 §8.2.3 of stolen ones). */
  async #requirePermission(
    node: Node,
    { caller, fileSystem }: CompoundContext,
    access: 'read' | 'write',
  ): Promise<void> {
    const sufficient = access === 'read' ? Access.read | Access.execute : Access.modify;
    if ((await fileSystem.access(node, sufficient, caller)) === 0) throw new Nfs4Error(Nfs4Status.ACCESS);
  }

  async openFor(
    stateid: StateidValue,
    node: Node,
    context: CompoundContext,
    access: 'read' | 'write',
  ): Promise<OpenFile | undefined> {
    // A retry from before a restart is answered from the record of the change; its stateid has no state any more.
    if (context.slot !== undefined && context.slot.session === undefined) return undefined;
    const open = await this.openState(stateid, node, context, access);
    return open?.file.use((file) => Promise.resolve(file));
  }

  /** Without an open nothing may be read or written that an open denies, or that somebody may still reclaim. */
  async #requireUnheld(node: Node, mask: typeof shareRead | typeof shareWrite, bypass: boolean): Promise<void> {
    if (this.#parts.recovery.isHeldBack(node.key, undefined)) throw new Nfs4Error(Nfs4Status.GRACE);
    if (bypass) return;
    try {
      await this.#parts.opens.requireShare(node.key, { access: mask, deny: 0 }, undefined);
    } catch (error) {
      const denied = error instanceof Nfs4Error && error.status === Nfs4Status.SHARE_DENIED;
      throw denied ? new Nfs4Error(Nfs4Status.LOCKED) : error;
    }
  }
}
