import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeCall, type Message } from './message.ts';
import { encodeRefusal, encodeSuccess, type Refusal } from './reply.ts';
import { XdrError, XdrWriter } from './xdr.ts';

/** Words and bytes in hexadecimal; spaces are for the reader. */
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const none = '00000000 00000000';
const encoded = (write: (writer: XdrWriter) => void): string => {
  const writer = new XdrWriter();
  write(writer);
  return writer.concat().toString('hex');
};

const head = '01020304 00000000 00000002 000186a3 00000004 00000001';
// stamp, "host", uid 1000, gid 1001, gids 7 and 8
const sysBody = '00000005 00000004 686f7374 000003e8 000003e9 00000002 00000007 00000008';
const sys = `00000001 00000020 ${sysBody}`;
const credential = { flavor: 'sys', machine: 'host', uid: 1000, gid: 1001, gids: [7, 8] } as const;

function refusalOf(message: Message): Refusal {
  if (message.type !== 'unacceptable call') throw new Error(message.type);
  expect(message.xid).toBe(0x01020304);
  return message.refusal;
}

describe('a call', () => {
  it('is decoded with an AUTH_SYS credential, and its arguments follow', () => {
    const message = decodeMessage(hex(`${head} ${sys} ${none} 000000aa`));
    if (message.type !== 'call') throw new Error(message.type);
    expect(message.header).toEqual({ xid: 0x01020304, program: 100003, version: 4, procedure: 1, credential });
    expect(message.arguments.uint32()).toBe(0xaa);
    expect(message.arguments.remaining).toBe(0);
  });

  it('is encoded as it is decoded, with stamp 0', () => {
    const bytes = encoded((writer) =>
      encodeCall(writer, { xid: 0x01020304, program: 100003, version: 4, procedure: 1, credential }),
    );
    expect(bytes).toBe(hex(`${head} ${sys.replace('00000005', '00000000')} ${none}`).toString('hex'));
  });

  it('is encoded with AUTH_NONE', () => {
    const bytes = encoded((writer) =>
      encodeCall(writer, {
        xid: 0x01020304,
        program: 100003,
        version: 4,
        procedure: 1,
        credential: { flavor: 'none' },
      }),
    );
    expect(bytes).toBe(hex(`${head} ${none} ${none}`).toString('hex'));
  });

  it('of another version of RPC is refused without looking at the rest', () => {
    const refusal = refusalOf(decodeMessage(hex('01020304 00000000 00000003 ff')));
    expect(refusal).toEqual({ status: 'RPC mismatch', low: 2, high: 2 });
  });

  it('that ends before its credential is garbage', () => {
    for (const length of [8, 11, 12, 23]) {
      expect(refusalOf(decodeMessage(hex(head).subarray(0, length)))).toEqual({ status: 'garbage arguments' });
    }
  });

  it.each([
    ['a credential that is cut off', `${head} 00000001 00000020 00000005`, 1],
    ['a credential of more than 400 bytes', `${head} 00000000 00000194 ${'00'.repeat(404)} ${none}`, 1],
    ['17 groups', `${head} 00000001 00000058 ${'00000000'.repeat(4)} 00000011 ${'00000000'.repeat(17)} ${none}`, 1],
    ['a machine name of 256 bytes', `${head} 00000001 00000114 00000000 00000100 ${'61'.repeat(268)} ${none}`, 1],
    ['AUTH_SYS that ends within its groups', `${head} 00000001 0000001c ${sysBody.slice(0, -9)} ${none}`, 1],
    ['AUTH_SHORT', `${head} 00000002 00000004 00000001 ${none}`, 2],
    ['a verifier that is cut off', `${head} ${none} 00000000`, 3],
    ['a verifier that is not AUTH_NONE', `${head} ${sys} 00000001 00000000`, 3],
    ['RPCSEC_GSS', `${head} 00000006 00000000 ${none}`, 5],
    ['AUTH_TLS in another procedure than NULL', `${head} 00000007 00000000 ${none}`, 1],
  ])('with %s is denied', (_, bytes, reason) => {
    expect(refusalOf(decodeMessage(hex(bytes)))).toEqual({ status: 'auth error', reason });
  });

  it('may ask in NULL for TLS', () => {
    const message = decodeMessage(hex(`${head.slice(0, -8)}00000000 00000007 00000000 ${none}`));
    expect(message).toEqual({ type: 'TLS probe', xid: 0x0102_0304 });
  });
});

describe('a reply', () => {
  it('is encoded before its results', () => {
    expect(encoded((writer) => encodeSuccess(writer, 0x01020304))).toBe(
      hex('01020304 00000001 00000000 00000000 00000000 00000000').toString('hex'),
    );
  });

  it('is decoded, and its results follow', () => {
    const message = decodeMessage(hex('01020304 00000001 00000000 00000000 00000004 aabbccdd 00000000 00000009'));
    if (message.type !== 'reply' || message.reply?.status !== 'success') throw new Error(message.type);
    expect(message.xid).toBe(0x01020304);
    expect(message.reply.results.uint32()).toBe(9);
  });

  const accepted = `01020304 00000001 00000000 ${none}`;
  const denied = '01020304 00000001 00000001';
  it.each<[Refusal, string]>([
    [{ status: 'program unavailable' }, `${accepted} 00000001`],
    [{ status: 'program mismatch', low: 3, high: 4 }, `${accepted} 00000002 00000003 00000004`],
    [{ status: 'procedure unavailable' }, `${accepted} 00000003`],
    [{ status: 'garbage arguments' }, `${accepted} 00000004`],
    [{ status: 'system error' }, `${accepted} 00000005`],
    [{ status: 'RPC mismatch', low: 2, high: 2 }, `${denied} 00000000 00000002 00000002`],
    [{ status: 'auth error', reason: 5 }, `${denied} 00000001 00000005`],
  ])('says %o', (refusal, bytes) => {
    expect(encoded((writer) => encodeRefusal(writer, 0x01020304, refusal))).toBe(hex(bytes).toString('hex'));
    expect(decodeMessage(hex(bytes))).toEqual({ type: 'reply', xid: 0x01020304, reply: refusal });
  });

  it.each([`${accepted} 00000006`, accepted, `${denied} 00000002`, '01020304 00000001 00000007', denied])(
    'that cannot be read still tells which call it is for: %s',
    (bytes) => {
      expect(decodeMessage(hex(bytes))).toEqual({ type: 'reply', xid: 0x01020304, reply: undefined });
    },
  );
});

describe('what is neither', () => {
  it.each(['', '01020304', '01020304 000000', '01020304 00000002 00000002'])('is no message: %s', (bytes) => {
    expect(() => decodeMessage(hex(bytes))).toThrow(XdrError);
  });
});
