/** COMPOUNDs as real clients send them, of every operation there is, as seeds to be damaged. */
import { encode, voidCodec, type Codec } from '../../rpc/xdr.ts';
import { bits, type StateidValue } from '../codec/basic.ts';
import * as clients from '../codec/clients.ts';
import * as copies from '../codec/copies.ts';
import * as xattrs from '../codec/extended-attributes.ts';
import * as files from '../codec/files.ts';
import * as holes from '../codec/holes.ts';
import * as locks from '../codec/locks.ts';
import { Opcode } from '../codec/opcodes.ts';
import * as opens from '../codec/opens.ts';
import * as sessions from '../codec/sessions.ts';
import type { EncodedOperation } from './mutations.ts';

/** What a client has been given that its later requests name. */
export interface Held {
  readonly clientid: bigint;
  readonly sessionid: Buffer;
  /** Name and handle of the open file, in `data`. */
  readonly file: string;
  readonly handle: Buffer;
  readonly open: StateidValue;
  readonly lock: StateidValue;
}

export function operation<T>(opcode: number, codec: Codec<T>, args: T): EncodedOperation {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(opcode);
  return Buffer.concat([head, encode(codec, args)]);
}

const bare = (opcode: number): EncodedOperation => operation(opcode, voidCodec, undefined);
const name = (text: string): Buffer => Buffer.from(text);
const root = bare(Opcode.PUTROOTFH);
const look = (at: string): EncodedOperation => operation(Opcode.LOOKUP, files.lookupArguments, { name: name(at) });
const data = [root, look('data')];
const getfh = bare(Opcode.GETFH);
const save = bare(Opcode.SAVEFH);

const linuxAttributes = bits(1, 3, 4, 8, 20, 33, 35, 36, 37, 41, 45, 47, 52, 53, 55);
const macAttributes = bits(
  0,
  1,
  2,
  3,
  4,
  5,
  6,
  7,
  8,
  9,
  10,
  15,
  16,
  17,
  18,
  19,
  20,
  21,
  22,
  23,
  26,
  27,
  28,
  29,
  30,
  31,
  33,
  34,
  35,
  36,
  37,
  41,
  42,
  43,
  44,
  45,
  47,
  51,
  52,
  53,
  55,
);
const getattr = operation(Opcode.GETATTR, files.getattrArguments, { asked: linuxAttributes });
const mode = { mask: bits(33), values: Buffer.from('000001a4', 'hex') };
const sizeAndTimes = {
  mask: bits(4, 36, 48, 54),
  values: Buffer.from(
    '0000000000001000' + '00000004' + '31303030' + '00000000' + '00000001' + '0000000065000000' + '00000001',
    'hex',
  ),
};
const verifier = Buffer.from('verifier');

/** Of the open-owner in 4.0, after OPEN, OPEN_CONFIRM and LOCK. */
const nextSeqid = 3;

function fileOperations({ file, handle, open }: Held): EncodedOperation[][] {
  const put = operation(Opcode.PUTFH, files.putfhArguments, { handle });
  const create = (at: string, type: files.CreateType): EncodedOperation =>
    operation(Opcode.CREATE, files.createArguments, { type, name: name(at), attributes: mode });
  const readdir = { verifier: Buffer.alloc(8), directoryCount: 8170, maxCount: 32680 };
  return [
    [put, getattr, operation(Opcode.ACCESS, files.accessArguments, { access: 0x3f })],
    [bare(Opcode.PUTPUBFH), operation(Opcode.GETATTR, files.getattrArguments, { asked: macAttributes })],
    [...data, look(file), getfh, getattr, bare(Opcode.LOOKUPP), getfh],
    [...data, create('directory', { type: 'directory' }), getfh, getattr],
    [...data, create('link', { type: 'symlink', target: name('../elsewhere') }), bare(Opcode.READLINK)],
    [...data, create('device', { type: 'block', device: { major: 8, minor: 1 } }), getattr],
    [
      ...data,
      operation(Opcode.READDIR, files.readdirArguments, {
        ...readdir,
        cookie: 0,
        asked: linuxAttributes | bits(11, 19),
      }),
    ],
    [root, operation(Opcode.READDIR, files.readdirArguments, { ...readdir, cookie: 3, asked: bits(11, 55) })],
    [...data, operation(Opcode.REMOVE, files.removeArguments, { name: name('directory') }), getattr],
    [...data, save, operation(Opcode.RENAME, files.renameArguments, { from: name('link'), to: name('renamed') })],
    [
      put,
      save,
      ...data,
      operation(Opcode.LINK, files.linkArguments, { name: name('hard') }),
      bare(Opcode.RESTOREFH),
      getattr,
    ],
    [put, operation(Opcode.SETATTR, files.setattrArguments, { stateid: open, attributes: sizeAndTimes }), getattr],
    [
      ...data,
      operation(Opcode.SETATTR, files.setattrArguments, {
        stateid: { seqid: 0, other: Buffer.alloc(12) },
        attributes: mode,
      }),
    ],
    [put, operation(Opcode.VERIFY, files.verifyArguments, { attributes: mode }), getattr],
    [put, operation(Opcode.NVERIFY, files.verifyArguments, { attributes: sizeAndTimes }), getattr],
    [root, operation(Opcode.SECINFO, files.secinfoArguments, { name: name('data') })],
    [put, operation(Opcode.COMMIT, files.commitArguments, { offset: 0n, count: 0 })],
  ];
}

function openOperations(held: Held, minorVersion: 0 | 1 | 2): EncodedOperation[][] {
  const { clientid, file, handle, open, lock } = held;
  const put = operation(Opcode.PUTFH, files.putfhArguments, { handle });
  const owner = { clientid, owner: name('open owner') };
  const lockOwner = { clientid, owner: name('lock owner') };
  const opened = (how: opens.OpenArguments['how'], claim: opens.OpenArguments['claim']): EncodedOperation =>
    operation(Opcode.OPEN, opens.openArguments, { seqid: nextSeqid, shareAccess: 3, shareDeny: 0, owner, how, claim });
  const existing: opens.OpenArguments['how'] = { type: 0, value: undefined };
  const created: opens.OpenArguments['how'] = { type: 1, value: { mode: 0, value: mode } };
  const exclusive: opens.OpenArguments['how'] = { type: 1, value: { mode: 2, value: verifier } };
  const exclusive41: opens.OpenArguments['how'] = {
    type: 1,
    value: { mode: 3, value: { verifier, attributes: mode } },
  };
  const range = { offset: 0n, length: 0xffff_ffff_ffff_ffffn };
  const newOwner = {
    newOwner: 1,
    value: { openSeqid: nextSeqid, openStateid: open, lockSeqid: 0, owner: lockOwner },
  } as const;
  const knownOwner = { newOwner: 0, value: { stateid: lock, seqid: 1 } } as const;
  const claimFh: EncodedOperation[][] =
    minorVersion === 0 ? [] : [[put, opened(existing, { type: 4, value: undefined }), getattr]];
  return [
    ...claimFh,
    [...data, opened(existing, { type: 0, value: name(file) }), getfh, getattr],
    [...data, opened(created, { type: 0, value: name('created') }), getfh, getattr],
    [...data, opened(minorVersion === 0 ? exclusive : exclusive41, { type: 0, value: name('exclusive') }), getfh],
    [put, opened(existing, { type: 1, value: 0 })],
    [...data, opened(existing, { type: 2, value: { stateid: open, file: name(file) } })],
    [
      put,
      operation(Opcode.OPEN_DOWNGRADE, opens.openDowngradeArguments, {
        stateid: open,
        seqid: nextSeqid,
        shareAccess: 3,
        shareDeny: 0,
      }),
    ],
    [put, operation(Opcode.READ, opens.readArguments, { stateid: open, offset: 0, count: 65536 })],
    [
      put,
      operation(Opcode.WRITE, opens.writeArguments, {
        stateid: open,
        offset: 4096,
        stable: 0,
        data: Buffer.alloc(100, 1),
      }),
      getattr,
    ],
    [put, operation(Opcode.LOCK, locks.lockArguments, { type: 2, reclaim: false, ...range, locker: newOwner })],
    [
      put,
      operation(Opcode.LOCK, locks.lockArguments, {
        type: 1,
        reclaim: false,
        offset: 5n,
        length: 9n,
        locker: knownOwner,
      }),
    ],
    [
      put,
      operation(Opcode.LOCKT, locks.lockTestArguments, {
        type: 2,
        ...range,
        owner: { clientid, owner: name('other') },
      }),
    ],
    [
      put,
      operation(Opcode.LOCKU, locks.lockUnlockArguments, { type: 2, seqid: 1, stateid: lock, offset: 5n, length: 2n }),
    ],
    [put, operation(Opcode.CLOSE, opens.closeArguments, { seqid: nextSeqid, stateid: open })],
    [put, operation(Opcode.DELEGRETURN, opens.delegReturnArguments, { stateid: open })],
    [operation(Opcode.DELEGPURGE, opens.delegPurgeArguments, { clientid })],
  ];
}

function clientOperations40({ clientid, handle, open }: Held): EncodedOperation[][] {
  const put = operation(Opcode.PUTFH, files.putfhArguments, { handle });
  const location = { netid: 'tcp', address: '127.0.0.1.3.9' };
  return [
    [
      operation(Opcode.SETCLIENTID, clients.setClientidArguments, {
        client: { verifier, id: name('another client') },
        callback: { program: 0x4000_0000, location },
        callbackIdent: 1,
      }),
    ],
    [operation(Opcode.SETCLIENTID_CONFIRM, clients.setClientidConfirmArguments, { clientid, confirm: verifier })],
    [operation(Opcode.RENEW, clients.renewArguments, { clientid })],
    [put, operation(Opcode.OPEN_CONFIRM, opens.openConfirmArguments, { stateid: open, seqid: 2 })],
    [
      operation(Opcode.RELEASE_LOCKOWNER, locks.releaseLockOwnerArguments, {
        owner: { clientid, owner: name('lock owner') },
      }),
    ],
  ];
}

/** Operations that stand alone, without SEQUENCE. */
function sessionlessOperations({ clientid, sessionid }: Held): EncodedOperation[][] {
  const channel = {
    headerPadSize: 0,
    maxRequestSize: 1_049_620,
    maxResponseSize: 1_049_480,
    maxResponseSizeCached: 7584,
    maxOperations: 8,
    maxRequests: 64,
    rdmaIrd: [],
  };
  return [
    [
      operation(Opcode.EXCHANGE_ID, clients.exchangeIdArguments, {
        owner: { verifier, ownerid: name('another client') },
        flags: 0x101,
        stateProtect: { how: 0, value: undefined },
        implementation: [{ domain: name('kernel.org'), name: name('Linux'), date: 0n }],
      }),
    ],
    [
      operation(Opcode.CREATE_SESSION, sessions.createSessionArguments, {
        clientid,
        sequence: 2,
        flags: 2,
        foreChannel: channel,
        backChannel: channel,
        callbackProgram: 0x4000_0000,
        callbackSecurity: [
          { flavor: 1, value: { stamp: 1, machine: 'host', uid: 0, gid: 0, gids: [0, 1] } },
          { flavor: 0, value: undefined },
        ],
      }),
    ],
    [
      operation(Opcode.BIND_CONN_TO_SESSION, sessions.bindConnectionArguments, {
        sessionid,
        direction: 7,
        rdmaMode: false,
      }),
    ],
  ];
}

function sessionOperations({ clientid, sessionid, handle, open, lock }: Held): EncodedOperation[][] {
  const put = operation(Opcode.PUTFH, files.putfhArguments, { handle });
  const unlock = operation(Opcode.LOCKU, locks.lockUnlockArguments, {
    type: 1,
    seqid: 0,
    stateid: { ...lock, seqid: 0 },
    offset: 0n,
    length: 0xffff_ffff_ffff_ffffn,
  });
  return [
    [put, operation(Opcode.SECINFO_NO_NAME, files.secinfoNoNameArguments, { style: 0 })],
    [operation(Opcode.RECLAIM_COMPLETE, clients.reclaimCompleteArguments, { oneFileSystem: false })],
    [operation(Opcode.TEST_STATEID, opens.testStateidArguments, { stateids: [open, lock] })],
    [put, unlock, operation(Opcode.FREE_STATEID, opens.freeStateidArguments, { stateid: { ...lock, seqid: 0 } })],
    [
      operation(Opcode.BACKCHANNEL_CTL, sessions.backchannelControlArguments, {
        program: 1,
        security: [{ flavor: 0, value: undefined }],
      }),
    ],
    [operation(Opcode.DESTROY_CLIENTID, clients.destroyClientidArguments, { clientid: clientid + 1n })],
    [operation(Opcode.DESTROY_SESSION, sessions.destroySessionArguments, { sessionid })],
    [put, bare(Opcode.GET_DIR_DELEGATION), bare(Opcode.LAYOUTGET), bare(Opcode.OPENATTR)],
  ];
}

function copyOperations({ file, handle, open }: Held): EncodedOperation[][] {
  const put = operation(Opcode.PUTFH, files.putfhArguments, { handle });
  const anonymous = { seqid: 0, other: Buffer.alloc(12) };
  const range = { sourceOffset: 0, targetOffset: 8192, count: 0 };
  const stateids = { sourceStateid: anonymous, targetStateid: anonymous };
  const copied = { ...stateids, ...range, consecutive: true, synchronous: true, sourceServer: [] };
  const stretch = { stateid: open, offset: 0, length: 4096 };
  const advice = { stateid: open, offset: 0, count: 0, hints: 6n };
  const xattr = { name: name('xattr') };
  const copy = operation(Opcode.COPY, copies.copyArguments, copied);
  return [
    [...data, look(file), save, ...data, look('created'), copy],
    [
      put,
      operation(Opcode.SETXATTR, xattrs.setXattrArguments, { option: 0, ...xattr, value: name('value') }),
      operation(Opcode.LISTXATTRS, xattrs.listXattrsArguments, { cookie: 0, maxCount: 4096 }),
      operation(Opcode.GETXATTR, xattrs.xattrName, xattr),
      operation(Opcode.REMOVEXATTR, xattrs.xattrName, xattr),
    ],
    [...data, look(file), save, ...data, look('created'), operation(Opcode.CLONE, copies.cloneArguments, copied)],
    [
      put,
      operation(Opcode.ALLOCATE, holes.allocateArguments, stretch),
      operation(Opcode.DEALLOCATE, holes.allocateArguments, stretch),
      operation(Opcode.SEEK, holes.seekArguments, { stateid: open, offset: 0, what: 1 }),
      operation(Opcode.READ_PLUS, holes.readPlusArguments, { stateid: open, offset: 0, count: 65536 }),
      operation(Opcode.IO_ADVISE, holes.ioAdviseArguments, advice),
      operation(Opcode.OFFLOAD_STATUS, copies.offloadArguments, { stateid: open }),
    ],
    [
      put,
      operation(Opcode.NVERIFY, files.verifyArguments, { attributes: sizeAndTimes }),
      operation(Opcode.OFFLOAD_CANCEL, copies.offloadArguments, { stateid: open }),
    ],
  ];
}

export interface Seeds {
  /** Each to stand after SEQUENCE in 4.1 and later. */
  readonly ordinary: readonly (readonly EncodedOperation[])[];
  readonly sessionless: readonly (readonly EncodedOperation[])[];
}

export function seeds(held: Held, minorVersion: 0 | 1 | 2): Seeds {
  const both = [...fileOperations(held), ...openOperations(held, minorVersion)];
  if (minorVersion === 0) return { ordinary: [...both, ...clientOperations40(held)], sessionless: [] };
  const since42 = minorVersion === 1 ? [] : copyOperations(held);
  return { ordinary: [...both, ...sessionOperations(held), ...since42], sessionless: sessionlessOperations(held) };
}
