/** NFSv4 without opens and sessions, for tests of what needs neither. */
import type { OpenFile } from '../../filesystem/file-system.ts';
import { silentLog, type Log } from '../../log.ts';
import { voidCodec, type XdrWriter } from '../../rpc/xdr.ts';
import type { RpcCall, RpcOutcome, RpcProgram } from '../../rpc/program.ts';
import { Opcode } from '../codec/opcodes.ts';
import { performCompound } from '../compound.ts';
import type { MinorVersion, Operation, SlotReply } from '../operation.ts';
import { operations as served } from '../operations/index.ts';
import type { ServerState } from '../state/server-state.ts';
import type { SlotUse } from '../state/sessions.ts';
import { call, CompoundClient, type Call } from './compound-client.ts';
import { MemoryFileSystem } from './memory-file-system.ts';

/** A slot without limits that forgets what it is given; `finished` has the replies. */
export class FakeSlot implements SlotReply {
  replay: Buffer | undefined = undefined;
  cacheThis = false;
  maximumReply = 2 ** 30;
  maximumCachedReply = 2 ** 30;
  key = 'session/0';
  sequence = 1;
  readonly finished: Buffer[] = [];

  finish(reply: Buffer): void {
    this.finished.push(reply);
  }
}

/** SEQUENCE without arguments and results, which takes `slot`. */
export function fakeSequence(slot: FakeSlot): Operation<undefined, undefined> {
  return {
    opcode: Opcode.SEQUENCE,
    name: 'SEQUENCE',
    minorVersions: [1, 2],
    arguments: voidCodec,
    result: voidCodec,
    perform(context) {
      context.slot = slot as unknown as SlotUse;
      return undefined;
    },
  };
}

export interface Stateless {
  readonly fileSystem: MemoryFileSystem;
  readonly client: CompoundClient;
  readonly slot: FakeSlot;
  /** First in every COMPOUND of 4.1 and later. */
  readonly sequence: Call;
  readonly operations: ReadonlyMap<number, Operation<unknown, unknown>>;
}

/** @param options `open`: what every stateid stands for */
export function stateless(
  minorVersion: MinorVersion = 0,
  options: { readonly fileSystem?: MemoryFileSystem; readonly log?: Log; readonly open?: OpenFile } = {},
): Stateless {
  const { fileSystem = new MemoryFileSystem(), log = silentLog, open } = options;
  const delegations = { seenByWriter: () => undefined };
  const state = { leaseSeconds: 60, openFor: async () => open, delegations } as unknown as ServerState;
  const slot = new FakeSlot();
  const sequence = fakeSequence(slot);
  const operations = new Map([...served, [sequence.opcode, sequence]]);
  const program: RpcProgram = {
    program: 100003,
    versions: [4],
    async perform(request: RpcCall, results: XdrWriter): Promise<RpcOutcome> {
      await performCompound(request, results, { fileSystem, state, log, operations });
      return 'done';
    },
  };
  const client = new CompoundClient(program, operations, minorVersion);
  return { fileSystem, client, slot, sequence: call(sequence, undefined), operations };
}
