import { opaque, type Codec } from './xdr.ts';

/** The parts of an opaque<> one after another, passed on without a copy wherever their lengths allow. */
export const gathered: Codec<readonly Buffer[]> = {
  decode: (reader) => [opaque(0xffff_ffff).decode(reader)],
  encode(writer, parts) {
    writer.uint32(parts.reduce((sum, part) => sum + part.length, 0));
    // The writer pads whatever it is given: only the last part may need it.
    const aligned = parts.slice(0, -1).every((part) => (part.length & 3) === 0);
    for (const part of aligned ? parts : [Buffer.concat(parts)]) writer.bytes(part);
  },
};
