import { describe, expect, it, vi } from 'vitest';
import type { ConnectionLimits } from './connection-limits.ts';
import type { Connection } from './connection.ts';
import { callBytes, RawConnection, record } from './testing/raw-connection.ts';
import { serve } from './testing/serve.ts';
import { echoed, Procedure, TestProgram } from './testing/test-program.ts';
import { encode } from './xdr.ts';

const program3 = { program: 0x2000_0001, version: 3 };
const waitCall = (xid: number): Buffer => record(callBytes({ ...program3, xid, procedure: Procedure.wait }));
const nullCall = (xid: number): Buffer => record(callBytes({ ...program3, xid }));
const xids = (replies: readonly Buffer[]): number[] => replies.map((reply) => reply.readUInt32BE(0));

async function begin(limits: Partial<ConnectionLimits>) {
  const program = new TestProgram();
  const serving = await serve([program], { limits });
  const client = await RawConnection.open(serving.port);
  /** The server's end of the connection. */
  const server = (): Connection => program.calls[0]?.connection as Connection;
  const begun = (count: number): Promise<void> => vi.waitFor(() => expect(program.waiting).toHaveLength(count));
  return { ...serving, program, client, server, begun };
}

describe('requests that are being worked on', () => {
  it('are never more than the limit, though more come in one chunk; the rest follows as they end', async () => {
    const { begun, client, program, server } = await begin({ maxOutstanding: 2 });
    client.send(...[1, 2, 3, 4, 5].map(waitCall));
    await begun(2);
    expect(server().isPaused).toBe(true);
    for (let left = 5; left > 0; left--) {
      await begun(Math.min(left, 2));
      program.release();
    }
    await vi.waitFor(() => expect(client.received).toHaveLength(5));
    expect(program.mostAtOnce).toBe(2);
    expect(server().isPaused).toBe(false);
    expect(server().outstanding).toBe(0);
    client.send(nullCall(6));
    expect(xids(await client.finish())).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('leave what comes later in the socket', async () => {
    const { begun, client, program, server } = await begin({ maxOutstanding: 2 });
    client.send(...[1, 2].map(waitCall));
    await begun(2);
    await vi.waitFor(() => expect(server().isPaused).toBe(true));
    client.send(...[3, 4].map(waitCall));
    for (let begun = 3; begun <= 4; begun++) {
      program.release();
      await vi.waitFor(() => expect(program.calls).toHaveLength(begun));
    }
    program.release();
    program.release();
    expect(xids(await client.finish())).toEqual([1, 2, 3, 4]);
    expect(program.mostAtOnce).toBe(2);
  });

  it('do not have more bytes than the limit and the last of them', async () => {
    const { begun, client, program, server } = await begin({ maxOutstandingBytes: 100 });
    const call = waitCall(1).length - 4;
    expect(call * 2).toBeLessThan(100);
    client.send(...[1, 2, 3, 4].map(waitCall));
    await begun(3);
    expect(server().isPaused).toBe(true);
    program.release();
    await begun(3);
    expect(program.mostAtOnce).toBe(3);
    for (let left = 3; left > 0; left--) program.release();
    expect(xids(await client.finish())).toEqual([1, 2, 3, 4]);
  });

  it('are no more begun while the client does not take the replies', async () => {
    const { client, program, server } = await begin({ maxOutstanding: 4, maxUnsent: 1024 * 1024 });
    program.answer = Buffer.alloc(1024 * 1024, 1);
    client.socket.pause();
    const count = 64;
    const argument = encode(echoed, Buffer.alloc(0));
    client.send(
      ...Array.from({ length: count }, (_, xid) =>
        record(callBytes({ ...program3, xid, procedure: Procedure.echo }, argument)),
      ),
    );
    await vi.waitFor(() => {
      expect(program.calls.length).toBeGreaterThan(0);
      expect(server().isPaused).toBe(true);
      expect(server().outstanding).toBe(count - program.calls.length);
    });
    expect(program.calls.length).toBeLessThan(count);
    client.socket.resume();
    const replies = await client.finish();
    expect(xids(replies)).toEqual(Array.from({ length: count }, (_, xid) => xid));
    expect(replies.every((reply) => reply.length === 28 + 1024 * 1024)).toBe(true);
  });
});

describe('a connection', () => {
  it('is closed when a record is too long', async () => {
    const { client, said } = await begin({ maxRecord: 1000 });
    client.send(nullCall(1), record(Buffer.alloc(1001)));
    await client.closed;
    expect(said).toEqual(['warn: A connection was closed. a record of more than 1000 bytes']);
  });

  it('passes over a record that is no RPC message, and says so', async () => {
    const { client, said } = await begin({});
    client.send(record(Buffer.alloc(8, 7)), record(Buffer.alloc(3)), record(callBytes({ xid: 5 })));
    const [reply] = await client.finish();
    expect(reply?.readUInt32BE(0)).toBe(5);
    expect(said[0]).toBe('warn: A record that is no RPC message was ignored. 117901063 is not a message type');
  });

  const slow = 'a record took more than 250 ms to arrive';
  it('is closed when its first record does not come', async () => {
    const { client, said } = await begin({ recordTimeout: 250 });
    await client.closed;
    expect(said).toEqual([`warn: A connection was closed. ${slow}`]);
  });

  it.each([1, 4, 20])('is closed when no more than %d bytes of a record come', async (length) => {
    const { client, said } = await begin({ recordTimeout: 250 });
    client.send(nullCall(1), nullCall(2).subarray(0, length));
    await client.closed;
    expect(xids(client.received)).toEqual([1]);
    expect(said).toEqual([`warn: A connection was closed. ${slow}`]);
  });

  it('is closed when a record trickles in', async () => {
    const { client, said } = await begin({ recordTimeout: 250 });
    client.send(record(Buffer.alloc(100_000)).subarray(0, 4));
    const drip = setInterval(() => client.send(Buffer.alloc(1)), 1);
    await client.closed;
    clearInterval(drip);
    expect(said).toEqual([`warn: A connection was closed. ${slow}`]);
  });

  it('without a record under way may rest as long as it likes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { client, said } = await begin({ recordTimeout: 60_000 });
      const answered = async (count: number): Promise<void> => {
        while (client.received.length < count) await new Promise((resolve) => setImmediate(resolve));
      };
      client.send(nullCall(1));
      await answered(1);
      vi.advanceTimersByTime(3_600_000);
      client.send(nullCall(2));
      await answered(2);
      expect(xids(client.received)).toEqual([1, 2]);
      expect(said).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('whose replies are not taken is given up', async () => {
    const { client, program, said, server } = await begin({ sendTimeout: 50 });
    program.answer = Buffer.alloc(4 * 1024 * 1024);
    client.socket.pause();
    const argument = encode(echoed, Buffer.alloc(0));
    const call = (xid: number): Buffer => record(callBytes({ ...program3, xid, procedure: Procedure.echo }, argument));
    client.send(...[1, 2, 3, 4, 5].map(call));
    await vi.waitFor(() => expect(program.calls).toHaveLength(5));
    await new Promise<void>((resolve) => server().onClose(resolve));
    expect(said).toEqual(['warn: A connection was closed. replies are not taken']);
  });
});
