import { describe, expect, it } from 'vitest';
import { decode, encode, XdrError, type Codec } from '../../rpc/xdr.ts';
import { bits } from './basic.ts';
import { compoundHeader } from './compound.ts';
import {
  commitArguments,
  createArguments,
  createOk,
  flavors,
  readdirArguments,
  renameArguments,
  renameOk,
  secinfoNoNameArguments,
  setattrArguments,
  setattrSet,
} from './files.ts';
import { isDefined, Opcode, opcodeName } from './opcodes.ts';
import { Nfs4Status, statusName } from './status.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const both = <T>(codec: Codec<T>, value: T, hex: string): void => {
  expect(encode(codec, value).toString('hex')).toBe(bytes(hex).toString('hex'));
  expect(decode(codec, bytes(hex))).toEqual(value);
};
const noAttributes = { mask: 0n, values: Buffer.alloc(0) };

describe('CREATE4args', () => {
  const name = Buffer.from('n');
  it('of a directory has nothing after its type', () => {
    both(
      createArguments,
      { type: { type: 'directory' }, name, attributes: noAttributes },
      '00000002 00000001 6e000000 00000000 00000000',
    );
  });

  it('of a symlink has its target, of a device its numbers', () => {
    const link = { type: 'symlink', target: Buffer.from('to') } as const;
    both(
      createArguments,
      { type: link, name, attributes: noAttributes },
      '00000005 00000002 746f0000 00000001 6e000000 00000000 00000000',
    );
    const device = { type: 'character', device: { major: 1, minor: 3 } } as const;
    both(
      createArguments,
      { type: device, name, attributes: noAttributes },
      '00000004 00000001 00000003 00000001 6e000000 00000000 00000000',
    );
  });

  it('of a regular file, a named attribute and what nobody knows decode, to be BADTYPE', () => {
    for (const type of ['00000001', '00000008', '00000009', 'ffffffff']) {
      expect(decode(createArguments, bytes(`${type} 00000001 6e000000 00000000 00000000`)).type).toEqual({
        type: 'other',
      });
    }
  });
});

it('CREATE4resok is change_info4 and the attributes set', () => {
  both(
    createOk,
    { directory: { before: 1n, after: 2n }, set: bits(33) },
    '00000001 0000000000000001 0000000000000002 00000002 00000000 00000002',
  );
});

it('RENAME4args and RENAME4resok have the source first', () => {
  both(renameArguments, { from: Buffer.from('a'), to: Buffer.from('b') }, '00000001 61000000 00000001 62000000');
  both(
    renameOk,
    { source: { before: 1n, after: 2n }, target: { before: 3n, after: 4n } },
    '00000001 0000000000000001 0000000000000002 00000001 0000000000000003 0000000000000004',
  );
});

it('READDIR4args has dircount before maxcount', () => {
  const verifier = Buffer.from('verifier');
  both(
    readdirArguments,
    { cookie: 3, verifier, directoryCount: 512, maxCount: 4096, asked: bits(11) },
    '0000000000000003 7665726966696572 00000200 00001000 00000001 00000800',
  );
});

it('COMMIT4args keeps offsets up to 2^64-1', () => {
  both(commitArguments, { offset: 0xffff_ffff_ffff_ffffn, count: 7 }, 'ffffffffffffffff 00000007');
});

it('SETATTR4args has the stateid before the attributes, SETATTR4res the bitmap of what was set', () => {
  const stateid = { seqid: 1, other: Buffer.from('0123456789ab') };
  const attributes = { mask: bits(33), values: bytes('000001ff') };
  both(
    setattrArguments,
    { stateid, attributes },
    '00000001 303132333435363738396162 00000002 00000000 00000002 00000004 000001ff',
  );
  expect(encode(setattrSet, undefined).toString('hex')).toBe('00000000');
});

it('SECINFO4resok is a list of flavors without data', () => {
  both(flavors, [1, 0], '00000002 00000001 00000000');
});

it('SECINFO_NO_NAME4args knows two styles', () => {
  both(secinfoNoNameArguments, { style: 1 }, '00000001');
  expect(() => decode(secinfoNoNameArguments, bytes('00000002'))).toThrow(XdrError);
});

it('COMPOUND4args begins with a tag of at most 1,024 bytes, whatever they are', () => {
  both(compoundHeader, { tag: bytes('ff'), minorVersion: 1, count: 2 }, '00000001 ff000000 00000001 00000002');
  expect(() => decode(compoundHeader, Buffer.concat([bytes('00000404'), Buffer.alloc(1036)]))).toThrow(XdrError);
});

it('opcodes and statuses have the RFCs’ numbers and names', () => {
  expect([Opcode.GETATTR, Opcode.SEQUENCE, Opcode.CLONE, Opcode.REMOVEXATTR]).toEqual([9, 53, 71, 75]);
  expect([opcodeName(46), opcodeName(1)]).toEqual(['GET_DIR_DELEGATION', '1']);
  expect([Nfs4Status.DELAY, Nfs4Status.WRONG_TYPE, Nfs4Status.XATTR2BIG]).toEqual([10008, 10083, 10096]);
  expect([statusName(10036), statusName(3)]).toEqual(['BADXDR', '3']);
  expect([
    isDefined(39, 0),
    isDefined(40, 0),
    isDefined(58, 1),
    isDefined(59, 1),
    isDefined(75, 2),
    isDefined(2, 2),
  ]).toEqual([true, false, true, false, true, false]);
});
