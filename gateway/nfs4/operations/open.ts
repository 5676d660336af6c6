import type { AttributeChanges } from '../../filesystem/attributes.ts';
import { FileSystemError } from '../../filesystem/errors.ts';
import type { ChangeInfo, Node } from '../../filesystem/file-system.ts';
import { changedAttributes, decodeAttributeChanges } from '../attributes/decode.ts';
import { settable } from '../attributes/supported.ts';
import type { Bitmap, StateidValue } from '../codec/basic.ts';
import {
  Claim,
  CreateMode,
  DelegationType,
  openArguments,
  OpenResultFlag,
  openResult,
  OpenType,
  type OpenArguments,
  type OpenDelegation,
  type OpenResult,
  type WireCreateHow,
} from '../codec/opens.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { entryName } from '../names.ts';
import { Nfs4Error, type CompoundContext, type Operation } from '../operation.ts';
import { stateidOf, type OpenOwner, type OpenState } from '../state/client.ts';
import type { OpenPurpose } from '../state/opens.ts';
import type { DelegationKind } from '../../filesystem/locks/delegation-tables.ts';
import { shareWrite, type Share } from '../../filesystem/locks/shares.ts';
import { delegationOf, noDelegation, requestedShare, wantsDelegation } from './open-arguments.ts';

/** What is to be opened, once it has been found or made. */
interface Target {
  readonly node: Node;
  readonly purpose: OpenPurpose;
  /** Of the directory; zeros where none was named. */
  readonly directory: ChangeInfo;
  readonly attributesSet: Bitmap;
  /** An existing file that is to lose its content. */
  readonly truncate: boolean;
}

interface Opened {
  readonly node: Node;
  readonly result: OpenResult;
}

const noDirectory: ChangeInfo = { before: 0n, after: 0n };

/** RFC 8881 §18.16, RFC 7530 §16.16. */
export const open: Operation<OpenArguments, OpenResult> = {
  opcode: Opcode.OPEN,
  name: 'OPEN',
  minorVersions: [0, 1, 2],
  arguments: openArguments,
  result: openResult,
  async perform(context, args) {
    const share = requestedShare(args, context.minorVersion);
    const client = context.state.clientNamed(args.owner.clientid, context);
    context.actFor(client);
    const owner = client.openOwner(args.owner.owner);
    owner.usedAt = context.state.leases.now;
    const perform = (): Promise<Opened> => openTarget(context, args, owner, share);
    const { node, result } = await (context.minorVersion === 0 ? inTurn(context, args, owner, perform) : perform());
    context.current = node;
    context.currentStateid = result.stateid;
    return result;
  },
};

/** 4.0: by the owner's seqid. An owner that has not confirmed its last OPEN begins anew (RFC 7530 §16.18.5). */
async function inTurn(
  context: CompoundContext,
  args: OpenArguments,
  owner: OpenOwner,
  perform: () => Promise<Opened>,
): Promise<Opened> {
  if (!owner.confirmed && !owner.sequence.isBusy && !owner.sequence.repeats(args.seqid, Opcode.OPEN)) {
    owner.sequence.reset();
    for (const state of [...owner.opens.values()]) await context.state.opens.close(state);
  }
  return owner.sequence.run(args.seqid, Opcode.OPEN, perform);
}

async function openTarget(
  context: CompoundContext,
  args: OpenArguments,
  owner: OpenOwner,
  share: Share,
): Promise<Opened> {
  const { opens } = context.state;
  const target = await targetOf(context, args, owner, share);
  const { node } = target;
  const existed = owner.opens.has(node.key);
  let state;
  try {
    state = await opens.open(owner, node, share, target.purpose, context.caller);
  } catch (error) {
    // RFC 7530 §9.6.2: what cannot be had back was given to another.
    const isConflict = error instanceof Nfs4Error && error.status === Nfs4Status.SHARE_DENIED;
    if (target.purpose === 'reclaim' && isConflict) throw new Nfs4Error(Nfs4Status.RECLAIM_CONFLICT);
    throw error;
  }
  if (target.truncate) {
    try {
      const { caller, fileSystem } = context;
      await state.file.use((file) =>
        fileSystem.setAttributes(node, { size: 0 }, { caller }, (share.access & shareWrite) === 0 ? undefined : file),
      );
    } catch (error) {
      if (!existed) await opens.close(state);
      throw error;
    }
  }
  if (target.purpose === 'reclaim') owner.confirmed = true;
  let flags: number = OpenResultFlag.LOCKTYPE_POSIX;
  if (context.minorVersion > 0) flags |= OpenResultFlag.PRESERVE_UNLINKED;
  if (!owner.confirmed) flags |= OpenResultFlag.CONFIRM;
  if (context.minorVersion > 0) flags |= OpenResultFlag.MAY_NOTIFY_LOCK;
  const delegation = await delegationFor(context, args, state);
  const { directory, attributesSet } = target;
  return { node, result: { stateid: stateidOf(state), directory, flags, attributesSet, delegation } };
}

async function delegationFor(context: CompoundContext, args: OpenArguments, open: OpenState): Promise<OpenDelegation> {
  const { caller, minorVersion, state } = context;
  if (args.claim.type === Claim.PREVIOUS) {
    const kind = reclaimedKind(args.claim.value);
    const given = kind === undefined ? undefined : await state.delegations.reclaim(open, kind, caller);
    return given === undefined ? { type: DelegationType.NONE, value: undefined } : delegationOf(given);
  }
  const isNew = args.claim.type === Claim.NULL || args.claim.type === Claim.FH;
  if (!isNew || !open.owner.confirmed || !wantsDelegation(args, minorVersion)) {
    return noDelegation(args, minorVersion, 'resource');
  }
  const granted = await state.delegations.offer(open, caller);
  return typeof granted === 'string' ? noDelegation(args, minorVersion, granted) : delegationOf(granted);
}

/** What the client says it had been delegated. @throws Nfs4Error INVAL */
function reclaimedKind(type: number): DelegationKind | undefined {
  switch (type) {
    case DelegationType.NONE:
      return undefined;
    case DelegationType.READ:
      return 'read';
    case DelegationType.WRITE:
      return 'write';
    default:
      throw new Nfs4Error(Nfs4Status.INVAL, `${type} is not a delegation`);
  }
}

async function targetOf(
  context: CompoundContext,
  args: OpenArguments,
  owner: OpenOwner,
  share: Share,
): Promise<Target> {
  const { state } = context;
  const { claim, how } = args;
  const current = context.requireCurrent();
  if (how.type === OpenType.CREATE && claim.type !== Claim.NULL) throw new Nfs4Error(Nfs4Status.INVAL);
  const byHandle = { node: current, directory: noDirectory, attributesSet: 0n, truncate: false };
  switch (claim.type) {
    case Claim.NULL:
      state.requireComplete(owner.client);
      return how.type === OpenType.CREATE
        ? create(context, entryName(claim.value), how.value, owner, share)
        : find(context, entryName(claim.value), owner);
    case Claim.PREVIOUS:
      state.recovery.requireReclaimable(owner.client, current.key, share.deny === 0 ? 'open' : 'deny');
      return { ...byHandle, purpose: 'reclaim' };
    case Claim.FH:
      if (context.minorVersion === 0) throw new Nfs4Error(Nfs4Status.INVAL);
      state.requireNoGrace(owner.client, current.key);
      return { ...byHandle, purpose: 'open' };
    case Claim.DELEGATE_CUR: {
      const { file, stateid } = claim.value;
      const node = await context.fileSystem.lookup(current, entryName(file), context.caller);
      requireDelegated(context, stateid, node, share);
      return { ...byHandle, node, purpose: 'reclaim', directory: await unchanged(context, current) };
    }
    case Claim.DELEG_CUR_FH:
      requireDelegated(context, claim.value, current, share);
      return { ...byHandle, purpose: 'reclaim' };
    // No delegation outlives the client's own restart.
    case Claim.DELEGATE_PREV:
    case Claim.DELEG_PREV_FH:
      throw new Nfs4Error(Nfs4Status.NOTSUPP);
  }
}

/** What was opened under a delegation was opened then: it is only told now. @throws Nfs4Error BAD_STATEID, OPENMODE */
function requireDelegated(context: CompoundContext, stateid: StateidValue, node: Node, share: Share): void {
  const state = context.state.io.require(stateid, node, context);
  if (state.type !== 'delegation') throw new Nfs4Error(Nfs4Status.BAD_STATEID, 'not a delegation');
  if ((share.access & ~state.share.access) !== 0) throw new Nfs4Error(Nfs4Status.OPENMODE);
}

async function find(context: CompoundContext, name: string, owner: OpenOwner): Promise<Target> {
  const { caller, fileSystem } = context;
  const directory = context.requireCurrent();
  const node = await fileSystem.lookup(directory, name, caller);
  context.state.requireNoGrace(owner.client, node.key);
  return { node, purpose: 'open', directory: await unchanged(context, directory), attributesSet: 0n, truncate: false };
}

async function create(
  context: CompoundContext,
  name: string,
  how: WireCreateHow,
  owner: OpenOwner,
  share: Share,
): Promise<Target> {
  const { caller, fileSystem, minorVersion } = context;
  const directory = context.requireCurrent();
  switch (how.mode) {
    case CreateMode.UNCHECKED: {
      const attributes = decodeAttributeChanges(how.value, minorVersion);
      // Found first: share reservations and grace are looked at before an existing file is truncated.
      const existing = await found(context, directory, name);
      if (existing !== undefined) return reuse(context, existing, attributes, owner, share);
      const made = await fileSystem.createFile(directory, name, { mode: 'unchecked', attributes }, { caller });
      const purpose = made.created ? 'created' : 'open';
      const attributesSet = made.created ? changedAttributes(attributes) : 0n;
      return { node: made.node, purpose, directory: made.directory, attributesSet, truncate: false };
    }
    case CreateMode.GUARDED: {
      const attributes = decodeAttributeChanges(how.value, minorVersion);
      const made = await fileSystem.createFile(directory, name, { mode: 'guarded', attributes }, { caller });
      const attributesSet = changedAttributes(attributes);
      return { node: made.node, purpose: 'created', directory: made.directory, attributesSet, truncate: false };
    }
    case CreateMode.EXCLUSIVE:
      return exclusive(context, name, how.value, {});
    case CreateMode.EXCLUSIVE_1: {
      // suppattr_exclcreat is all that can be set: RFC 8881 §18.16.3
      const { verifier, attributes } = how.value;
      if (minorVersion === 0 || (attributes.mask & ~settable) !== 0n) throw new Nfs4Error(Nfs4Status.INVAL);
      return exclusive(context, name, verifier, decodeAttributeChanges(attributes, minorVersion));
    }
  }
}

/** The verifier is kept with the inode, in none of its attributes: `attributesSet` is what the client has asked for. */
async function exclusive(
  context: CompoundContext,
  name: string,
  verifier: Buffer,
  attributes: AttributeChanges,
): Promise<Target> {
  const { caller, fileSystem } = context;
  const how = { mode: 'exclusive', verifier: Buffer.from(verifier), attributes } as const;
  const made = await fileSystem.createFile(context.requireCurrent(), name, how, { caller });
  const attributesSet = changedAttributes(attributes);
  return { node: made.node, purpose: 'created', directory: made.directory, attributesSet, truncate: false };
}

async function reuse(
  context: CompoundContext,
  node: Node,
  attributes: AttributeChanges,
  owner: OpenOwner,
  share: Share,
): Promise<Target> {
  const { state } = context;
  state.requireNoGrace(owner.client, node.key);
  const truncate = attributes.size === 0;
  if (truncate) {
    // Truncation is a write, whatever the file is opened for.
    const asWriter: Share = { access: (share.access | shareWrite) as Share['access'], deny: share.deny };
    await state.opens.requireShare(node.key, asWriter, owner.client);
  }
  const attributesSet = truncate ? changedAttributes({ size: 0 }) : 0n;
  const directory = await unchanged(context, context.requireCurrent());
  return { node, purpose: 'open', directory, attributesSet, truncate };
}

async function found(context: CompoundContext, directory: Node, name: string): Promise<Node | undefined> {
  try {
    return await context.fileSystem.lookup(directory, name, context.caller);
  } catch (error) {
    if (error instanceof FileSystemError && error.code === 'NOENT') return undefined;
    throw error;
  }
}

async function unchanged(context: CompoundContext, directory: Node): Promise<ChangeInfo> {
  const { change } = await context.fileSystem.attributes(directory);
  return { before: change, after: change };
}
