import { describe, expect, it } from 'vitest';
import { decode, encode, XdrError } from '../../rpc/xdr.ts';
import { bitmap, bitNumbers, bits, changeInfo, stateid, text, time } from './basic.ts';

const hex = (buffer: Buffer): string => buffer.toString('hex');

describe('bitmap4', () => {
  it('has attribute 0 in the lowest bit of the first word and leaves trailing zero words out', () => {
    expect(hex(encode(bitmap, bits(0, 33)))).toBe('00000002' + '00000001' + '00000002');
    expect(hex(encode(bitmap, bits(75)))).toBe('00000003' + '00000000' + '00000000' + '00000800');
    expect(hex(encode(bitmap, 0n))).toBe('00000000');
  });

  it('reads words that are zero and attributes that nobody knows', () => {
    expect(decode(bitmap, Buffer.from('000000020000000100000000', 'hex'))).toBe(1n);
    expect(bitNumbers(decode(bitmap, Buffer.from('0000000480000000' + '00'.repeat(8) + '80000000', 'hex')))).toEqual([
      31, 127,
    ]);
  });

  it('knows attributes that nobody has yet, and refuses more words than anybody could ask for', () => {
    expect(decode(bitmap, Buffer.from('00000020' + '00'.repeat(128), 'hex'))).toBe(0n);
    expect(() => decode(bitmap, Buffer.from('00000041' + '00'.repeat(260), 'hex'))).toThrow(XdrError);
  });
});

describe('nfstime4', () => {
  it.each([
    [0n, '0000000000000000' + '00000000'],
    [1_500_000_000n, '0000000000000001' + '1dcd6500'],
    [-1n, 'ffffffffffffffff' + '3b9ac9ff'],
    [-1_000_000_000n, 'ffffffffffffffff' + '00000000'],
  ])('codes %d ns with nanoseconds that are never negative', (nanoseconds, bytes) => {
    expect(hex(encode(time, nanoseconds))).toBe(bytes);
    expect(decode(time, Buffer.from(bytes, 'hex'))).toBe(nanoseconds);
  });

  it('answers INVAL to nanoseconds that make a whole second', () => {
    expect(() => decode(time, Buffer.from('0000000000000000' + '3b9aca00', 'hex'))).toThrow(
      expect.objectContaining({ status: 22 }),
    );
  });
});

describe('component4', () => {
  it('is read as UTF-8, byte order mark and all', () => {
    expect(text(Buffer.from('efbbbf61c3a9', 'hex'))).toBe('\ufeffa\u00e9');
  });

  it.each(['ff', 'c080', 'eda080', 'c3'])('answers INVAL to the bytes %s', (bytes) => {
    expect(() => text(Buffer.from(bytes, 'hex'))).toThrow(expect.objectContaining({ status: 22 }));
  });
});

it('stateid4 is a seqid and 12 bytes', () => {
  const bytes = '00000007' + '0102030405060708090a0b0c';
  const value = decode(stateid, Buffer.from(bytes, 'hex'));
  expect(value).toEqual({ seqid: 7, other: Buffer.from('0102030405060708090a0b0c', 'hex') });
  expect(hex(encode(stateid, value))).toBe(bytes);
});

it('change_info4 is atomic', () => {
  expect(hex(encode(changeInfo, { before: 1n, after: 2n }))).toBe('00000001' + '0000000000000001' + '0000000000000002');
});
