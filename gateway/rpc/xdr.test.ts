import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as xdr from './xdr.ts';
import { decode, encode, XdrError, XdrReader, XdrWriter, type Codec } from './xdr.ts';

const hexOf = <T>(codec: Codec<T>, value: T): string => encode(codec, value).toString('hex');
const from = <T>(codec: Codec<T>, hex: string): T => decode(codec, Buffer.from(hex.replaceAll(' ', ''), 'hex'));

describe('RFC 4506', () => {
  it('has integers of 4 and 8 bytes, the highest byte first', () => {
    expect(hexOf(xdr.uint32, 0xfffefdfc)).toBe('fffefdfc');
    expect(hexOf(xdr.int32, -2)).toBe('fffffffe');
    expect(hexOf(xdr.uint64, 2n ** 64n - 2n)).toBe('fffffffffffffffe');
    expect(hexOf(xdr.int64, -2n)).toBe('fffffffffffffffe');
  });

  it('pads opaque data and strings to 4 bytes with zeros', () => {
    expect(hexOf(xdr.opaque(9), Buffer.from('abcde'))).toBe('00000005' + '6162636465000000');
    expect(hexOf(xdr.fixedOpaque(3), Buffer.from('abc'))).toBe('61626300');
    expect(hexOf(xdr.string(9), 'é')).toBe('00000002' + 'c3a90000');
    expect(hexOf(xdr.opaque(9), Buffer.alloc(0))).toBe('00000000');
  });

  it('has counted arrays, optional values and linked lists', () => {
    expect(hexOf(xdr.array(xdr.uint32, 3), [1, 2])).toBe('00000002' + '00000001' + '00000002');
    expect(hexOf(xdr.optional(xdr.uint32), 5)).toBe('00000001' + '00000005');
    expect(hexOf(xdr.optional(xdr.uint32), undefined)).toBe('00000000');
    expect(hexOf(xdr.list(xdr.uint32, 3), [1, 2])).toBe('00000001' + '00000001' + '00000001' + '00000002' + '00000000');
  });

  it('has structs in the order of their fields, and unions with the discriminant first', () => {
    expect(hexOf(xdr.struct({ b: xdr.uint32, a: xdr.boolean }), { a: true, b: 2 })).toBe('00000002' + '00000001');
    const either = xdr.union('kind', { 1: xdr.uint32, 2: xdr.opaque(4) }, xdr.voidCodec);
    expect(hexOf(either, { kind: 1, value: 7 })).toBe('00000001' + '00000007');
    expect(hexOf(either, { kind: 2, value: Buffer.from('z') })).toBe('00000002' + '00000001' + '7a000000');
    expect(hexOf(either, { kind: 9, value: undefined })).toBe('00000009');
  });
});

describe('what is not the value it should be', () => {
  const color = xdr.enumeration('color', [1, 3]);
  it.each<[string, Codec<unknown>, string]>([
    ['a boolean of 2', xdr.boolean, '00000002'],
    ['an integer that ends early', xdr.uint32, '000000'],
    ['a long integer that ends early', xdr.uint64, '00000000 000000'],
    ['more opaque data than allowed', xdr.opaque(4), '00000005 6162636465000000'],
    ['opaque data that ends early', xdr.opaque(4), '00000004 616263'],
    ['opaque data without its padding', xdr.opaque(4), '00000003 616263'],
    ['opaque data of 4 GiB', xdr.opaque(0xffff_ffff), 'ffffffff 61626364'],
    ['more elements than allowed', xdr.array(xdr.uint32, 1), '00000002 00000001 00000002'],
    ['an array that ends early', xdr.array(xdr.uint32, 0xffff_ffff), 'ffffffff 00000001'],
    ['a list of more elements than allowed', xdr.list(xdr.voidCodec, 1), '00000001 00000001 00000000'],
    ['an unknown value of an enumeration', color, '00000002'],
    ['an unknown arm of a union', xdr.union('kind', { 1: xdr.uint32 }), '00000002 00000001'],
    ['bytes after the value', xdr.uint32, '00000001 00'],
  ])('%s is an XdrError', (_, codec, hex) => {
    expect(() => from(codec, hex)).toThrow(XdrError);
  });

  it('is not written either', () => {
    expect(() => encode(xdr.fixedOpaque(8), Buffer.alloc(7))).toThrow(RangeError);
    expect(() => encode(xdr.uint32, -1)).toThrow(RangeError);
    const either: Codec<{ readonly kind: number; readonly value: unknown }> = xdr.union('kind', { 1: xdr.uint32 });
    expect(() => encode(either, { kind: 2, value: 1 })).toThrow(XdrError);
  });
});

describe('size64', () => {
  it('reads what is beyond every file as the largest number', () => {
    expect(from(xdr.size64, 'ffffffffffffffff')).toBe(Number.MAX_SAFE_INTEGER);
    expect(from(xdr.size64, '0020000000000000')).toBe(Number.MAX_SAFE_INTEGER);
    expect(from(xdr.size64, '001fffffffffffff')).toBe(2 ** 53 - 1);
    expect(from(xdr.size64, '001ffffffffffffe')).toBe(2 ** 53 - 2);
  });
});

describe('string', () => {
  it('reads bytes that are not UTF-8 as U+FFFD, and counts bytes', () => {
    expect(from(xdr.string(4), '00000001 ff000000')).toBe('\ufffd');
    expect(() => from(xdr.string(3), '00000004 f09f9880')).toThrow(XdrError);
  });
});

/** Every combinator there is, within each other. */
const everything = xdr.struct({
  word: xdr.uint32,
  signed: xdr.int32,
  long: xdr.uint64,
  signedLong: xdr.int64,
  size: xdr.size64,
  flag: xdr.boolean,
  data: xdr.opaque(5000),
  fixed: xdr.fixedOpaque(7),
  text: xdr.string(400),
  pairs: xdr.array(xdr.struct({ name: xdr.opaque(10), value: xdr.optional(xdr.uint32) }), 20),
  chain: xdr.list(xdr.opaque(700), 5),
  choice: xdr.union('kind', { 0: xdr.voidCodec, 1: xdr.uint64 }, xdr.string(9)),
  color: xdr.enumeration('color', [1, 3, 0x8000_0000]),
});
type Everything = xdr.Decoded<typeof everything>;

const bytes = (maxLength: number, minLength = 0): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));
const values: fc.Arbitrary<Everything> = fc.record({
  word: fc.nat(0xffff_ffff),
  signed: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  long: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  signedLong: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  size: fc.maxSafeNat(),
  flag: fc.boolean(),
  data: fc.oneof(bytes(20), bytes(520, 505), bytes(5000, 4000)),
  fixed: bytes(7, 7),
  text: fc.string({ unit: 'grapheme', maxLength: 20 }),
  pairs: fc.array(fc.record({ name: bytes(10), value: fc.option(fc.nat(0xffff_ffff), { nil: undefined }) }), {
    maxLength: 20,
  }),
  chain: fc.array(bytes(700), { maxLength: 5 }),
  choice: fc.oneof(
    fc.constant({ kind: 0 as const, value: undefined }),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => ({ kind: 1 as const, value })),
    fc.record({ kind: fc.integer({ min: 2, max: 0xffff_ffff }), value: fc.string({ maxLength: 9 }) }),
  ),
  color: fc.constantFrom<1 | 3 | 0x8000_0000>(1, 3, 0x8000_0000),
});

describe('every value', () => {
  it('is read as it was written, in a multiple of 4 bytes of the length that the writer says', () => {
    fc.assert(
      fc.property(values, (value) => {
        const writer = new XdrWriter();
        everything.encode(writer, value);
        const encoded = writer.concat();
        expect(encoded.length % 4).toBe(0);
        expect(writer.length).toBe(encoded.length);
        expect(decode(everything, encoded)).toEqual(value);
      }),
      { numRuns: 300 },
    );
  });

  it('that is cut short anywhere is an XdrError', () => {
    fc.assert(
      fc.property(values, fc.nat(), (value, place) => {
        const encoded = encode(everything, value);
        expect(() => decode(everything, encoded.subarray(0, place % encoded.length))).toThrow(XdrError);
      }),
      { numRuns: 300 },
    );
  });

  it('reads the same through another writer that was appended, at any place', () => {
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 4 }), (all) => {
        const outer = new XdrWriter();
        outer.uint32(1);
        for (const value of all) {
          const inner = new XdrWriter();
          everything.encode(inner, value);
          outer.append(inner);
          outer.uint32(inner.length);
        }
        const reader = new XdrReader(outer.concat());
        expect(reader.uint32()).toBe(1);
        for (const value of all) {
          const start = reader.offset;
          expect(everything.decode(reader)).toEqual(value);
          expect(reader.uint32()).toBe(reader.offset - 4 - start);
        }
        expect(reader.remaining).toBe(0);
        expect(outer.length).toBe(reader.offset);
      }),
      { numRuns: 100 },
    );
  });
});

describe('what was written', () => {
  /** Words and payloads, short and long ones, so that it lies in several buffers. */
  const written = (writer: XdrWriter): void => {
    for (const length of [4, 1500, 8, 700, 600, 12]) {
      writer.uint32(length);
      writer.bytes(Buffer.alloc(length, length));
    }
  };

  it('can be taken back to any length, and goes on from there', () => {
    const whole = new XdrWriter();
    written(whole);
    const bytes = whole.concat();
    for (let length = 0; length <= bytes.length; length += 4) {
      const writer = new XdrWriter();
      written(writer);
      writer.rewind(length);
      expect(writer.length).toBe(length);
      writer.uint32(77);
      expect(writer.concat().equals(Buffer.concat([bytes.subarray(0, length), encode(xdr.uint32, 77)]))).toBe(true);
    }
  });

  it('can be copied in part', () => {
    const writer = new XdrWriter();
    written(writer);
    const bytes = writer.concat();
    for (const [from, to] of [
      [0, bytes.length],
      [2, 3],
      [6, 1600],
      [1512, bytes.length - 1],
    ] as const)
      expect(writer.copy(from, to).equals(bytes.subarray(from, to))).toBe(true);
  });

  it('can have a word written over, wherever that lies by now', () => {
    const writer = new XdrWriter();
    written(writer);
    const last = writer.length - 16;
    writer.setUint32(0, 5);
    writer.setUint32(last, 6);
    const bytes = writer.concat();
    expect([bytes.readUInt32BE(0), bytes.readUInt32BE(last)]).toEqual([5, 6]);
    writer.uint32(0);
    writer.setUint32(last + 16, 7);
    expect(writer.concat().readUInt32BE(last + 16)).toBe(7);
  });
});

describe('a payload', () => {
  it('of 512 bytes and more is passed on by reference, also through append; shorter ones are copied', () => {
    for (const [length, isShared] of [
      [511, false],
      [512, true],
      [1_000_001, true],
    ] as const) {
      const payload = Buffer.alloc(length, 7);
      const inner = new XdrWriter();
      inner.uint32(1);
      inner.bytes(payload);
      const outer = new XdrWriter();
      outer.append(inner);
      expect(outer.buffers().includes(payload)).toBe(isShared);
      expect(outer.length).toBe(4 + length + ((4 - (length % 4)) % 4));
    }
  });

  it('is read as a view of the record', () => {
    const record = encode(xdr.opaque(2000), Buffer.alloc(1500, 7));
    expect(decode(xdr.opaque(2000), record).buffer).toBe(record.buffer);
  });

  it('does not change what is written after its buffers were asked for', () => {
    const writer = new XdrWriter();
    writer.uint32(1);
    expect(writer.concat().toString('hex')).toBe('00000001');
    writer.uint32(2);
    writer.bytes(Buffer.alloc(600));
    writer.uint32(3);
    expect(writer.length).toBe(612);
    expect(writer.concat().readUInt32BE(608)).toBe(3);
    expect(writer.concat().readUInt32BE(4)).toBe(2);
  });
});

it('grows over many chunks', () => {
  const writer = new XdrWriter();
  for (let index = 0; index < 100_000; index++) writer.uint32(index);
  const written = writer.concat();
  expect(written.length).toBe(400_000);
  for (let index = 0; index < 100_000; index += 997) expect(written.readUInt32BE(index * 4)).toBe(index);
});
