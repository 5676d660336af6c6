/** One call of every procedure of NFSv3, MOUNT, NLM and NSM that succeeds, or nearly, and how its reply reads. */
import { encode, struct, voidCodec, type Codec } from '../../rpc/xdr.ts';
import { postOpAttributes, weakCacheConsistency } from '../codec/basic.ts';
import { directoryPath, exportList, mountList, mountResult } from '../mount/codec.ts';
import {
  cancelArguments,
  freeAllArguments,
  lockArguments,
  nlmProgram,
  NlmProcedure,
  plainResult,
  shareArguments,
  shareResult,
  testArguments,
  testResult,
  unlockArguments,
} from '../nlm/codec.ts';
import { nsmProgram, stateChange, stateResult, statusResult } from '../nsm/codec.ts';
import type { Procedure } from '../procedure.ts';
import { procedures } from '../procedures/index.ts';

export interface SampleCall {
  readonly name: string;
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  readonly body: Buffer;
  /** Whether the bytes are a whole reply to it. @throws XdrError where they are not */
  readonly read: (status: number) => Codec<unknown>;
  readonly hasStatus: boolean;
}

export interface Handles {
  readonly root: Buffer;
  readonly directory: Buffer;
  readonly file: Buffer;
  readonly link: Buffer;
}

const nothing = Buffer.alloc(0);
const verifier = Buffer.alloc(8, 7);

/** Arguments of each procedure by its name. */
function nfsArguments({ root, directory, file, link }: Handles): Readonly<Record<string, unknown>> {
  const named = (name: string, at = root) => ({ directory: at, name: Buffer.from(name) });
  const where = named('new');
  return {
    GETATTR: { object: file },
    SETATTR: { object: file, changes: { mode: 0o640, size: 3, atime: 'now', mtime: 5n }, guard: undefined },
    LOOKUP: { what: named('file') },
    ACCESS: { object: root, access: 0x3f },
    READLINK: { symlink: link },
    READ: { file, offset: 0, count: 100 },
    WRITE: { file, offset: 1, count: 5, stable: 0, data: Buffer.from('hello') },
    CREATE: { where, how: { mode: 'unchecked', attributes: { mode: 0o600 } } },
    MKDIR: { where: named('made'), attributes: { mode: 0o700 } },
    SYMLINK: { where: named('symlink'), attributes: {}, target: Buffer.from('file') },
    MKNOD: { where: named('fifo'), what: { type: 'fifo', attributes: {} } },
    REMOVE: { object: named('new') },
    RMDIR: { object: named('made') },
    RENAME: { from: named('symlink'), to: named('renamed', directory) },
    LINK: { file, link: where },
    READDIR: { directory: root, cookie: 0, verifier, count: 4096 },
    READDIRPLUS: { directory: root, cookie: 3, verifier, directoryCount: 1000, maxCount: 4096 },
    FSSTAT: { object: root },
    FSINFO: { object: root },
    PATHCONF: { object: root },
    COMMIT: { file, offset: 0, count: 0 },
  };
}

function failureOf(procedure: Procedure<unknown, unknown>, args: unknown): Codec<unknown> {
  const told = procedure.told(args);
  return struct(
    Object.fromEntries(
      told.map(({ as }, index) => [String(index), as === 'attributes' ? postOpAttributes : weakCacheConsistency]),
    ),
  );
}

function nfsCalls(handles: Handles): SampleCall[] {
  const samples = nfsArguments(handles);
  return [...procedures.values()].map((procedure) => {
    const args = samples[procedure.name];
    if (args === undefined) throw new Error(`no sample of ${procedure.name}`);
    return {
      ...{ name: procedure.name, program: 100003, version: 3, procedure: procedure.number, hasStatus: true },
      body: encode(procedure.arguments, args),
      read: (status) => (status === 0 ? procedure.result : failureOf(procedure, args)),
    };
  });
}

export function sampleCalls(handles: Handles): readonly SampleCall[] {
  const { file } = handles;
  const others = (
    program: number,
    version: number,
    calls: readonly (readonly [name: string, procedure: number, body: Buffer, reply: Codec<never> | Codec<unknown>])[],
  ): SampleCall[] =>
    calls.map(([name, procedure, body, reply]) => ({
      ...{ name, program, version, procedure, body, hasStatus: false },
      read: () => reply,
    }));
  const cookie = Buffer.from('cookie');
  const owner = Buffer.from('owner');
  const lock = { callerName: 'host', handle: file, owner, svid: 1, range: { start: 0n, end: 10n } };
  const locking = { cookie, block: true, exclusive: true, lock, reclaim: false, state: 1 };
  const share = { cookie, callerName: 'host', handle: file, owner, mode: 1, access: 1, reclaim: false } as const;
  const path = encode(directoryPath, Buffer.from('/bucket/directory'));
  return [
    ...nfsCalls(handles),
    ...others(100005, 3, [
      ['MNT', 1, path, mountResult],
      ['DUMP', 2, nothing, mountList],
      ['UMNT', 3, path, voidCodec],
      ['UMNTALL', 4, nothing, voidCodec],
      ['EXPORT', 5, nothing, exportList],
    ]),
    ...others(nlmProgram, 4, [
      ['TEST', NlmProcedure.TEST, encode(testArguments, { cookie, exclusive: true, lock }), testResult],
      ['LOCK', NlmProcedure.LOCK, encode(lockArguments, locking), plainResult],
      [
        'CANCEL',
        NlmProcedure.CANCEL,
        encode(cancelArguments, { cookie, block: true, exclusive: true, lock }),
        plainResult,
      ],
      ['UNLOCK', NlmProcedure.UNLOCK, encode(unlockArguments, { cookie, lock }), plainResult],
      ['SHARE', NlmProcedure.SHARE, encode(shareArguments, share), shareResult],
      ['UNSHARE', NlmProcedure.UNSHARE, encode(shareArguments, share), shareResult],
      ['NM_LOCK', NlmProcedure.NM_LOCK, encode(lockArguments, locking), plainResult],
      ['FREE_ALL', NlmProcedure.FREE_ALL, encode(freeAllArguments, { callerName: 'host', state: 0 }), voidCodec],
    ]),
    ...others(nsmProgram, 1, [
      ['STAT', 1, nothing, statusResult],
      ['UNMON', 3, nothing, stateResult],
      ['NOTIFY', 6, encode(stateChange, { name: 'host', state: 3 }), voidCodec],
    ]),
  ];
}
