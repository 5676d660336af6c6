/** Damage done to COMPOUNDs: what a broken or hostile client may send. */
import fc from 'fast-check';

/** One operation, opcode and arguments. */
export type EncodedOperation = Buffer;

export type Mutation =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'word'; readonly at: number; readonly value: number }
  | { readonly kind: 'truncate'; readonly at: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'swap'; readonly at: number; readonly with: number }
  | { readonly kind: 'drop'; readonly at: number }
  | { readonly kind: 'borrow'; readonly at: number; readonly seed: number; readonly operation: number };

const place = fc.nat(1_000_000);

/** Lengths, counts, enumerations and offsets that are one off, largest or negative. */
const word = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 4, 7, 8, 12, 16, 128, 129, 255, 256, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff),
  fc.nat(100),
  fc.integer({ min: 0, max: 0xffff_ffff }),
);

export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
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
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('swap' as const), at: place, with: place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), at: place }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('borrow' as const), at: place, seed: place, operation: place }),
  },
);

/** @param borrowed where `borrow` takes operations from */
export function mutateOperations(
  operations: readonly EncodedOperation[],
  mutations: readonly Mutation[],
  borrowed: readonly (readonly EncodedOperation[])[],
): EncodedOperation[] {
  const mutated = [...operations];
  for (const each of mutations) {
    if (mutated.length === 0) break;
    const at = each.at % mutated.length;
    if (each.kind === 'swap') {
      const other = each.with % mutated.length;
      const moved = mutated[at] as EncodedOperation;
      mutated[at] = mutated[other] as EncodedOperation;
      mutated[other] = moved;
    } else if (each.kind === 'drop') {
      mutated.splice(at, 1);
    } else if (each.kind === 'borrow') {
      const from = borrowed[each.seed % borrowed.length] ?? [];
      const operation = from[each.operation % Math.max(from.length, 1)];
      if (operation !== undefined) mutated.splice(at, 0, operation);
    }
  }
  return mutated;
}

export function mutateBytes(bytes: Buffer, mutations: readonly Mutation[]): Buffer {
  let mutated = Buffer.from(bytes);
  for (const each of mutations) {
    if (mutated.length < 4) break;
    const at = each.at % mutated.length;
    const aligned = at & ~3;
    switch (each.kind) {
      case 'flip':
        mutated.writeUInt8(mutated.readUInt8(at) ^ (1 << each.bit), at);
        break;
      case 'word':
        if (aligned + 4 <= mutated.length) mutated.writeUInt32BE(each.value, aligned);
        break;
      case 'truncate':
        mutated = mutated.subarray(0, at);
        break;
      case 'insert':
        mutated = Buffer.concat([mutated.subarray(0, at), each.bytes, mutated.subarray(at)]);
        break;
      case 'swap':
      case 'drop':
      case 'borrow':
        break;
    }
  }
  return mutated;
}
