/**
 * Whatever bytes arrive, the server lives: record marking, RPC and the decoders of a program, over TCP.
 * WINDLASS_PROPERTY_RUNS sets how many damaged messages are sent, WINDLASS_PROPERTY_SEED repeats a run.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Credential, RpcProgram } from './program.ts';
import { decodeMessage } from './message.ts';
import { callBytes, RawConnection, record } from './testing/raw-connection.ts';
import { serve } from './testing/serve.ts';
import * as xdr from './xdr.ts';

const runs = Number(process.env['WINDLASS_PROPERTY_RUNS'] ?? 30_000);
const seed = Number(process.env['WINDLASS_PROPERTY_SEED'] ?? 20_260_101);
const maxMessages = 20;

const owner = xdr.struct({ clientid: xdr.uint64, owner: xdr.opaque(1024) });
const args = xdr.struct({
  stateid: xdr.struct({ sequence: xdr.uint32, other: xdr.fixedOpaque(12) }),
  offset: xdr.size64,
  length: xdr.uint64,
  how: xdr.enumeration('stability', [0, 1, 2]),
  owner: xdr.union('isNew', { 0: xdr.voidCodec, 1: owner }),
  attributes: xdr.array(xdr.uint32, 8),
  entries: xdr.list(xdr.struct({ name: xdr.string(255), cookie: xdr.int64, isLast: xdr.boolean }), 16),
  verifier: xdr.optional(xdr.fixedOpaque(8)),
  data: xdr.opaque(4096),
});
const value: xdr.Decoded<typeof args> = {
  stateid: { sequence: 1, other: Buffer.from('stateid-byte') },
  offset: 4096,
  length: 2n ** 64n - 1n,
  how: 2,
  owner: { isNew: 1, value: { clientid: 7n, owner: Buffer.from('open id:') } },
  attributes: [0x0010_011a, 0x00b0_a23a],
  entries: ['a', 'Ordner', 'ファイル'].map((name, index) => ({ name, cookie: BigInt(index + 3), isLast: index === 2 })),
  verifier: Buffer.from('verifier'),
  data: Buffer.alloc(600, 0xa5),
};
const mirror: RpcProgram = {
  program: 100003,
  versions: [3, 4],
  async perform(call, results) {
    if (call.procedure > 2) return 'unknown procedure';
    args.encode(results, args.decode(call.arguments));
    return 'done';
  },
};

const sys: Credential = { flavor: 'sys', machine: 'client', uid: 1000, gid: 1000, gids: [4, 24, 27] };
const sentinelXid = 0xfeed_face;
const sentinel = record(callBytes({ xid: sentinelXid, program: 100003, version: 4 }));
const call = (credential: Credential, version: number, procedure: number): Buffer =>
  callBytes({ xid: 1, program: 100003, version, procedure, credential }, xdr.encode(args, value));
const seeds: readonly Buffer[] = [
  call(sys, 4, 1),
  call({ flavor: 'none' }, 3, 2),
  callBytes({ program: 100003, version: 4, credential: sys }),
  // A reply that nobody asked for.
  Buffer.from('00000001000000010000000000000000000000000000000000000005', 'hex'),
];

/** Often in the head of the call: what is damaged behind it is refused in one way only. */
const place = fc.oneof(fc.nat(1_000_000), fc.nat(40));
const word = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 8, 400, 401, 4096, 4097, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff),
  fc.nat(0xffff_ffff),
);
const damage = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('flip' as const), at: place, bit: fc.nat(7) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('word' as const), at: place, value: word }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('truncate' as const), at: place }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('insert' as const), at: place, bytes: fc.uint8Array({ maxLength: 16 }) }),
  },
);
type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

function damaged(bytes: Buffer, damages: readonly Damage[]): Buffer {
  let result = Buffer.from(bytes);
  for (const each of damages) {
    if (result.length < 4) break;
    const at = each.at % result.length;
    const aligned = Math.min(at & ~3, result.length - 4);
    switch (each.kind) {
      case 'flip':
        result.writeUInt8(result.readUInt8(at) ^ (1 << each.bit), at);
        break;
      case 'word':
        result.writeUInt32BE(each.value, aligned);
        break;
      case 'truncate':
        result = result.subarray(0, at);
        break;
      case 'insert':
        result = Buffer.concat([result.subarray(0, at), each.bytes, result.subarray(at)]);
        break;
    }
  }
  return result;
}

/** Cuts the message into fragments of one record. */
function fragments(body: Buffer, places: readonly number[]): Buffer {
  const cuts = [...places.map((at) => at % (body.length + 1)).sort((a, b) => a - b), body.length];
  let from = 0;
  return Buffer.concat(
    cuts.map((to, index) => {
      const fragment = record(body.subarray(from, to));
      if (index < cuts.length - 1) fragment.writeUInt8(fragment.readUInt8(0) & 0x7f, 0);
      from = to;
      return fragment;
    }),
  );
}

const message = fc.record({
  seed: fc.nat(seeds.length - 1),
  damages: fc.array(damage, { minLength: 1, maxLength: 4 }),
  cuts: fc.array(place, { maxLength: 3 }),
  /** Damage to the record's headers too, after which the stream need not make sense any more. */
  framing: fc.oneof(
    { weight: 60, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.array(damage, { minLength: 1, maxLength: 2 }) },
  ),
});

it('decoders survive damaged messages', async () => {
  const { port, said, connect } = await serve([mirror]);
  const outcomes = new Map<string, number>();
  const count = (outcome: string): void => void outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  let sent = 0;
  while (sent < runs) {
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { minLength: 1, maxLength: maxMessages }),
        fc.array(place, { maxLength: 3 }),
        async (messages, places) => {
          sent += messages.length;
          const bodies = messages.map((one) => damaged(seeds[one.seed] ?? Buffer.alloc(0), one.damages));
          const records = messages.map(({ cuts, framing }, index) => {
            const whole = fragments(bodies[index] ?? Buffer.alloc(0), cuts);
            return framing === undefined ? whole : damaged(whole, framing);
          });
          const isFramed = messages.every(({ framing }) => framing === undefined);
          const isRpc = bodies.every((body) => body.length >= 8 && body.readUInt32BE(4) <= 1);
          // What is no RPC message, or is a reply, is passed over where it is clear where the next one begins.
          const calls = bodies.filter((body) => body.length >= 8 && body.readUInt32BE(4) === 0);
          const stream = Buffer.concat([...records, sentinel]);
          const connection = await RawConnection.open(port);
          // Only where the pieces go out by themselves do they arrive so; the decoder's own tests cut everywhere.
          let from = 0;
          for (const at of places.map((one) => one % stream.length).sort((a, b) => a - b)) {
            connection.socket.write(stream.subarray(from, at));
            from = at;
            await new Promise((resolve) => setImmediate(resolve));
          }
          connection.socket.write(stream.subarray(from));
          const xids = (await connection.finish()).map((bytes) => {
            const reply = decodeMessage(bytes);
            if (reply.type !== 'reply' || reply.reply === undefined) throw new Error('not a reply');
            count(reply.reply.status);
            return reply.xid;
          });
          if (isFramed) expect(xids.sort()).toEqual([...calls.map((body) => body.readUInt32BE(0)), sentinelXid].sort());
          if (!isFramed) count('damaged framing');
          else if (!isRpc) count('not RPC');
        },
      ),
      { numRuns: Math.min(200, Math.ceil((runs - sent) / maxMessages)), seed: seed + sent },
    );
    const errors = said.filter((line) => line.startsWith('error'));
    expect(errors).toEqual([]);
  }
  const client = await connect();
  const results = await client.call(100003, 4, 1, sys, (writer) => args.encode(writer, value));
  expect(args.decode(results)).toEqual(value);
  // Damage that is all refused at the door would prove nothing about what is behind it.
  const expected = [
    ...['success', 'garbage arguments', 'program unavailable', 'program mismatch', 'procedure unavailable'],
    ...['RPC mismatch', 'auth error', 'damaged framing', 'not RPC'],
  ];
  expect([...outcomes.keys()].sort()).toEqual(expected.sort());
  for (const [outcome, times] of outcomes) expect([outcome, times >= runs / 2000]).toEqual([outcome, true]);
}, 1_200_000);
