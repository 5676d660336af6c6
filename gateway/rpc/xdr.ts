/**
 * XDR (RFC 4506) as combinators: a codec is declared once, reads like the `.x` file it comes from, and both encodes and
 * decodes. Payloads are never copied: decoding yields views into the received record, encoding keeps large buffers as
 * elements of a list that is written with one gathered write.
 */

import { XdrError, XdrReader, XdrWriter } from './xdr-buffers.ts';

export { XdrError, XdrReader, XdrWriter };

export interface Codec<T> {
  /** @throws XdrError where the bytes are not a T */
  decode(reader: XdrReader): T;
  encode(writer: XdrWriter, value: T): void;
}

/** The value type of a codec. */
export type Decoded<C> = C extends Codec<infer T> ? T : never;

export const voidCodec: Codec<undefined> = { decode: () => undefined, encode: () => undefined };

export const uint32: Codec<number> = { decode: (r) => r.uint32(), encode: (w, v) => w.uint32(v) };

export const int32: Codec<number> = { decode: (r) => r.int32(), encode: (w, v) => w.int32(v) };

export const uint64: Codec<bigint> = { decode: (r) => r.uint64(), encode: (w, v) => w.uint64(v) };

export const int64: Codec<bigint> = { decode: (r) => r.int64(), encode: (w, v) => w.int64(v) };

/**
 * An unsigned 64-bit file offset or size as a number. Values above 2^53-1 decode to Number.MAX_SAFE_INTEGER, which is
 * beyond the largest file, so that operations answer FBIG or EOF rather than failing to decode.
 */
export const size64: Codec<number> = {
  decode(r) {
    const value = r.uint64();
    return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
  },
  encode: (w, v) => w.uint64(BigInt(v)),
};

export const boolean: Codec<boolean> = {
  decode(r) {
    const value = r.uint32();
    if (value > 1) throw new XdrError(`${value} is not a boolean`);
    return value === 1;
  },
  encode: (w, v) => w.uint32(v ? 1 : 0),
};

/** Variable-length opaque data of at most `max` bytes. */
export function opaque(max: number): Codec<Buffer> {
  return {
    decode(r) {
      const length = r.uint32();
      if (length > max) throw new XdrError(`opaque of ${length} bytes, at most ${max} allowed`);
      return r.bytes(length);
    },
    encode(w, v) {
      w.uint32(v.length);
      w.bytes(v);
    },
  };
}

/** Fixed-length opaque data. */
export function fixedOpaque(length: number): Codec<Buffer> {
  return {
    decode: (r) => r.bytes(length),
    encode(w, v) {
      if (v.length !== length) throw new RangeError(`opaque[${length}] given ${v.length} bytes`);
      w.bytes(v);
    },
  };
}

/** A string of at most `max` bytes of UTF-8, for people to read: what is not UTF-8 becomes U+FFFD. Names use `opaque`. */
export function string(max: number): Codec<string> {
  const bytes = opaque(max);
  return {
    decode: (r) => bytes.decode(r).toString('utf8'),
    encode: (w, v) => bytes.encode(w, Buffer.from(v, 'utf8')),
  };
}

/** A variable-length array of at most `max` elements. */
export function array<T>(element: Codec<T>, max: number): Codec<readonly T[]> {
  return {
    decode(r) {
      const length = r.uint32();
      if (length > max) throw new XdrError(`array of ${length} elements, at most ${max} allowed`);
      const values: T[] = [];
      for (let i = 0; i < length; i++) values.push(element.decode(r));
      return values;
    },
    encode(w, values) {
      w.uint32(values.length);
      for (const value of values) element.encode(w, value);
    },
  };
}

/** `T *`: a value or undefined. */
export function optional<T>(value: Codec<T>): Codec<T | undefined> {
  return {
    decode: (r) => (boolean.decode(r) ? value.decode(r) : undefined),
    encode(w, v) {
      boolean.encode(w, v !== undefined);
      if (v !== undefined) value.encode(w, v);
    },
  };
}

/** A linked list `struct { T value; entry *next; } *` read as an array. */
export function list<T>(element: Codec<T>, max: number): Codec<readonly T[]> {
  return {
    decode(r) {
      const values: T[] = [];
      while (boolean.decode(r)) {
        if (values.length === max) throw new XdrError(`list of more than ${max} elements`);
        values.push(element.decode(r));
      }
      return values;
    },
    encode(w, values) {
      for (const value of values) {
        boolean.encode(w, true);
        element.encode(w, value);
      }
      boolean.encode(w, false);
    },
  };
}

type Fields = Readonly<Record<string, Codec<never> | Codec<unknown>>>;
export type Struct<F> = { readonly [K in keyof F]: F[K] extends Codec<infer T> ? T : never };

/** A struct whose fields are coded in the order they are written in. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the one place where field types vary freely; Struct<F> gives each its own
export function struct<F extends Readonly<Record<string, Codec<any>>>>(fields: F): Codec<Struct<F>> {
  const entries = Object.entries(fields as Fields) as [string, Codec<unknown>][];
  return {
    decode(r) {
      const value: Record<string, unknown> = {};
      for (const [name, codec] of entries) value[name] = codec.decode(r);
      return value as Struct<F>;
    },
    encode(w, value) {
      for (const [name, codec] of entries) codec.encode(w, (value as Record<string, unknown>)[name]);
    },
  };
}

/** A 32-bit enumeration of exactly these values. */
export function enumeration<T extends number>(name: string, values: readonly T[]): Codec<T> {
  const known = new Set<number>(values);
  return {
    decode(r) {
      const value = r.uint32();
      if (!known.has(value)) throw new XdrError(`${value} is not a ${name}`);
      return value as T;
    },
    encode: (w, v) => w.uint32(v),
  };
}

/**
 * A union discriminated by a 32-bit value. The value is `{ [tag]: number, value: arm }`; arms that are absent use
 * `fallback`, or do not decode where there is none.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- arms vary freely; the type below gives each its own
export function union<Tag extends string, A extends Readonly<Record<number, Codec<any>>>, D = never>(
  tag: Tag,
  arms: A,
  fallback?: Codec<D>,
): Codec<
  | { [K in keyof A & number]: { readonly [P in Tag]: K } & { readonly value: Decoded<A[K]> } }[keyof A & number]
  | D2<Tag, D>
> {
  type Value = { readonly value: unknown } & Record<string, unknown>;
  const arm = (discriminant: number): Codec<unknown> => {
    const codec = (arms as Readonly<Record<number, Codec<unknown>>>)[discriminant] ?? fallback;
    if (codec === undefined) throw new XdrError(`${discriminant} is not a known ${tag}`);
    return codec;
  };
  return {
    decode(r) {
      const discriminant = r.uint32();
      return { [tag]: discriminant, value: arm(discriminant).decode(r) } as never;
    },
    encode(w, value) {
      const { [tag]: discriminant, value: inner } = value as unknown as Value;
      w.uint32(discriminant as number);
      arm(discriminant as number).encode(w, inner);
    },
  };
}

type D2<Tag extends string, D> = [D] extends [never] ? never : { readonly [P in Tag]: number } & { readonly value: D };

/** Decodes exactly one T from the whole buffer. @throws XdrError */
export function decode<T>(codec: Codec<T>, buffer: Buffer): T {
  const reader = new XdrReader(buffer);
  const value = codec.decode(reader);
  if (reader.remaining > 0) throw new XdrError(`${reader.remaining} bytes too many`);
  return value;
}

export function encode<T>(codec: Codec<T>, value: T): Buffer {
  const writer = new XdrWriter();
  codec.encode(writer, value);
  return writer.concat();
}
