import { describe, expect, it } from 'vitest';
import { RecordDecoder, RecordError, recordHeader } from './record-marking.ts';

function fragment(body: Buffer, isLast: boolean): Buffer {
  const header = recordHeader(body.length);
  if (!isLast) header.writeUInt8(header.readUInt8(0) & 0x7f, 0);
  return Buffer.concat([header, body]);
}

function decodeAll(stream: Buffer, chunkLength: number, maxRecord = 1 << 20): Buffer[] {
  const decoder = new RecordDecoder(maxRecord);
  const records: Buffer[] = [];
  for (let at = 0; at < stream.length; at += chunkLength)
    records.push(...decoder.push(stream.subarray(at, at + chunkLength)));
  expect(decoder.isPartial).toBe(false);
  expect(decoder.held).toBe(0);
  return records;
}

const numbered = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => index % 251));

describe('a record', () => {
  it('has a header of its length with the highest bit set', () => {
    expect(recordHeader(0x1234).toString('hex')).toBe('80001234');
  });

  it('is the same wherever the stream is cut in two', () => {
    const bodies = [numbered(40), Buffer.alloc(0), numbered(7)];
    const stream = Buffer.concat(bodies.map((body) => fragment(body, true)));
    for (let cut = 0; cut <= stream.length; cut++) {
      const decoder = new RecordDecoder(100);
      const records = [...decoder.push(stream.subarray(0, cut)), ...decoder.push(stream.subarray(cut))];
      expect(records).toEqual(bodies);
    }
  });

  it.each([1, 2, 3, 5, 1023, 1024, 1025, 4096, 65_536])('is the same in chunks of %d bytes', (chunkLength) => {
    const bodies = [numbered(10_000), numbered(3), numbered(70_000), numbered(1)];
    const stream = Buffer.concat(bodies.map((body) => fragment(body, true)));
    expect(decodeAll(stream, chunkLength)).toEqual(bodies);
  });

  it.each([1, 4, 333, 2000, 100_000])('is put together from fragments, in chunks of %d bytes', (chunkLength) => {
    const body = numbered(9000);
    const cuts = [0, 1, 1, 700, 4000, 8999];
    const stream = Buffer.concat([
      ...cuts.map((from, index) => fragment(body.subarray(from, cuts[index + 1] ?? body.length), false)),
      fragment(Buffer.alloc(0), true),
      fragment(Buffer.from('next'), true),
    ]);
    expect(decodeAll(stream, chunkLength)).toEqual([body, Buffer.from('next')]);
  });

  it('is a view of the chunk that it lies in', () => {
    const chunk = Buffer.concat([fragment(numbered(2000), true), fragment(numbered(20), true)]);
    for (const record of new RecordDecoder(4000).push(chunk)) expect(record.buffer).toBe(chunk.buffer);
  });

  it('in small pieces does not keep the chunks that they came in', () => {
    const decoder = new RecordDecoder(4000);
    const chunk = fragment(numbered(100), true);
    decoder.push(chunk.subarray(0, 60));
    chunk.fill(0);
    expect(decoder.held).toBe(56);
    expect(decoder.push(numbered(100).subarray(56))).toEqual([numbered(100)]);
  });

  it('is partial from the first byte of its header to its last byte', () => {
    const decoder = new RecordDecoder(100);
    const stream = Buffer.concat([fragment(Buffer.alloc(0), false), fragment(numbered(3), true)]);
    expect(decoder.isPartial).toBe(false);
    for (let at = 0; at < stream.length - 1; at++) {
      decoder.push(stream.subarray(at, at + 1));
      expect(decoder.isPartial).toBe(true);
    }
    decoder.push(stream.subarray(stream.length - 1));
    expect(decoder.isPartial).toBe(false);
  });
});

describe('a stream that cannot be trusted', () => {
  it('announces a record that is too long, and is refused before a byte of it has come', () => {
    expect(() => new RecordDecoder(100).push(recordHeader(101))).toThrow(RecordError);
    expect(new RecordDecoder(100).push(fragment(numbered(100), true))).toHaveLength(1);
  });

  it('announces fragments that are too long together', () => {
    const decoder = new RecordDecoder(100);
    decoder.push(fragment(numbered(60), false));
    expect(() => decoder.push(recordHeader(41))).toThrow(RecordError);
  });

  it('has no end of empty fragments', () => {
    const decoder = new RecordDecoder(100);
    const empty = fragment(Buffer.alloc(0), false);
    for (let sent = 0; sent < 64; sent++) decoder.push(empty);
    expect(() => decoder.push(empty)).toThrow(RecordError);
  });

  it('is not one whose record comes in many fragments that have bytes', () => {
    const body = numbered(5000);
    const stream = Buffer.concat([
      ...Array.from(body, (byte) => fragment(Buffer.of(byte), false)),
      fragment(Buffer.alloc(0), true),
    ]);
    expect(decodeAll(stream, 65_536)).toEqual([body]);
  });

  it('speaks HTTP', () => {
    expect(() => new RecordDecoder(1 << 20).push(Buffer.from('GET / HTTP/1.1\r\n'))).toThrow(RecordError);
  });
});

// The largest record byte by byte: with work per chunk that grows with the record this would not end in time.
it('takes a record of 1 MiB in chunks of one byte', () => {
  const body = Buffer.alloc(1 << 20, 7);
  const [record] = decodeAll(fragment(body, true), 1);
  expect(record?.equals(body)).toBe(true);
});
