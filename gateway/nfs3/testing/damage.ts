/** Damage done to messages: what a broken or hostile client may send. */
import fc from 'fast-check';

export type Damage =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'word'; readonly at: number; readonly value: number }
  | { readonly kind: 'truncate'; readonly at: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array };

const place = fc.nat(1_000_000);

/** Lengths, counts, enumerations and offsets that are one off, largest or negative. */
const word = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 4, 8, 36, 64, 65, 255, 256, 1024, 1025, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff),
  fc.nat(100),
  fc.integer({ min: 0, max: 0xffff_ffff }),
);

export const damage: fc.Arbitrary<Damage> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('flip' as const), at: place, bit: fc.nat(7) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('word' as const), at: place, value: word }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('truncate' as const), at: place }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('insert' as const),
      at: place,
      bytes: fc.uint8Array({ minLength: 1, maxLength: 16 }),
    }),
  },
);

export function damaged(message: Buffer, damages: readonly Damage[]): Buffer {
  let bytes = Buffer.from(message);
  for (const each of damages) {
    if (bytes.length < 4) break;
    const at = each.at % bytes.length;
    switch (each.kind) {
      case 'flip':
        bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << each.bit), at);
        break;
      case 'word':
        if ((at & ~3) + 4 <= bytes.length) bytes.writeUInt32BE(each.value, at & ~3);
        break;
      case 'truncate':
        bytes = bytes.subarray(0, at);
        break;
      case 'insert':
        bytes = Buffer.concat([bytes.subarray(0, at), each.bytes, bytes.subarray(at)]);
        break;
    }
  }
  return bytes;
}
