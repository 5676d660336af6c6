import { describe, expect, it, vi } from 'vitest';
import { CallRefusedError, CallTimeoutError, ConnectionClosedError } from './errors.ts';
import type { RpcClient } from './client.ts';
import { decodeMessage } from './message.ts';
import type { Credential } from './program.ts';
import type { Refusal } from './reply.ts';
import { callBytes, RawConnection, record } from './testing/raw-connection.ts';
import { serve, type Serving } from './testing/serve.ts';
import { echoed, Procedure, TestProgram } from './testing/test-program.ts';

const anonymous: Credential = { flavor: 'none' };
const nothing = (): void => undefined;
const begin = async (options: Parameters<typeof serve>[1] = {}): Promise<Serving & { program: TestProgram }> => {
  const program = new TestProgram();
  return { ...(await serve([program], options)), program };
};
const call = (client: RpcClient, procedure: number, program = 0x2000_0001, version = 3): Promise<unknown> =>
  client.call(program, version, procedure, anonymous, nothing);
const refusal = async (answer: Promise<unknown>): Promise<Refusal> => {
  const error = await answer.then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason,
  );
  if (error instanceof CallRefusedError) return error.refusal;
  throw error;
};
const refusalIn = (reply: Buffer | undefined): unknown => {
  const message = decodeMessage(reply ?? Buffer.alloc(0));
  return message.type === 'reply' ? message.reply : message;
};

describe('a call', () => {
  it('of NULL is answered without the program', async () => {
    const { connect, program } = await begin();
    const client = await connect();
    const results = await client.call(program.program, 4, Procedure.null, anonymous, nothing);
    expect(results.remaining).toBe(0);
    expect(program.calls).toEqual([]);
  });

  it('reaches the program with who makes it and how long it is', async () => {
    const { connect, program } = await begin();
    const credential = { flavor: 'sys', machine: 'host', uid: 5, gid: 6, gids: [7] } as const;
    const client = await connect();
    const results = await client.call(
      program.program,
      4,
      Procedure.echo,
      credential,
      (writer) => echoed.encode(writer, Buffer.from('hello')),
      77,
    );
    expect(echoed.decode(results).toString()).toBe('hello');
    expect(program.calls[0]).toMatchObject({ xid: 77, version: 4, procedure: 1, credential, recordSize: 80 });
    expect(program.calls[0]?.connection.remoteAddress).toBe('127.0.0.1');
  });

  it('of a program, version or procedure that is not served says which', async () => {
    const { connect, program } = await begin();
    const client = await connect();
    expect(await refusal(call(client, 1, 99))).toEqual({ status: 'program unavailable' });
    for (const version of [2, 5]) {
      const mismatch = { status: 'program mismatch', low: 3, high: 4 };
      expect(await refusal(call(client, 0, program.program, version))).toEqual(mismatch);
    }
    expect(await refusal(call(client, 99))).toEqual({ status: 'procedure unavailable' });
  });

  it('whose arguments cannot be read, or that fails, is told so, and the connection lives on', async () => {
    const { connect, said } = await begin();
    const client = await connect();
    expect(await refusal(call(client, Procedure.echo))).toEqual({ status: 'garbage arguments' });
    expect(await refusal(call(client, Procedure.fail))).toEqual({ status: 'system error' });
    await call(client, Procedure.null);
    expect(said).toEqual([
      'warn: A request could not be decoded. needs 4 bytes, 0 left',
      'error: A request failed unexpectedly. TypeError: a mistake in the program',
    ]);
  });

  it('with another version of RPC, or a credential that is not taken, is denied and the connection lives on', async () => {
    const { port } = await begin();
    const connection = await RawConnection.open(port);
    const otherRpc = callBytes({});
    otherRpc.writeUInt32BE(3, 8);
    const gss = callBytes({});
    gss.writeUInt32BE(6, 24);
    connection.send(record(otherRpc), record(gss), record(callBytes({ program: 0x2000_0001, version: 3 })));
    const replies = await connection.finish();
    expect(replies.map(refusalIn)).toEqual([
      { status: 'RPC mismatch', low: 2, high: 2 },
      { status: 'auth error', reason: 5 },
      expect.objectContaining({ status: 'success' }),
    ]);
  });

  it('that is to be dropped gets no reply', async () => {
    const { port } = await begin();
    const connection = await RawConnection.open(port);
    const header = { program: 0x2000_0001, version: 3 };
    connection.send(
      record(callBytes({ ...header, xid: 1, procedure: Procedure.drop })),
      record(callBytes({ ...header, xid: 2 })),
    );
    const replies = await connection.finish();
    expect(replies.map((reply) => reply.readUInt32BE(0))).toEqual([2]);
  });

  it('is answered as soon as it is done, not in the order of the calls', async () => {
    const { connect, program } = await begin();
    const client = await connect();
    const answered: number[] = [];
    const calls = [1, 2, 3].map(async (number) => {
      await call(client, Procedure.wait);
      answered.push(number);
    });
    await vi.waitFor(() => expect(program.waiting).toHaveLength(3));
    await call(client, Procedure.null);
    for (const one of [2, 0, 0]) program.waiting.splice(one, 1)[0]?.release();
    await Promise.all(calls);
    expect(answered).toEqual([3, 1, 2]);
  });

  it('whose client has closed its end is still answered, and then the connection ends', async () => {
    const { port, program } = await begin();
    const connection = await RawConnection.open(port);
    const header = { program: 0x2000_0001, version: 3, procedure: Procedure.wait };
    connection.send(record(callBytes({ ...header, xid: 7 })), record(callBytes({ ...header, xid: 8 })));
    const replies = connection.finish();
    await vi.waitFor(() => expect(program.waiting).toHaveLength(2));
    program.release();
    program.release();
    expect((await replies).map((reply) => reply.readUInt32BE(0))).toEqual([7, 8]);
  });

  it('whose connection is gone ends without a reply and without harm', async () => {
    const { connect, program, said, server } = await begin();
    const client = await connect();
    const answer = call(client, Procedure.wait);
    await vi.waitFor(() => expect(program.waiting).toHaveLength(1));
    client.close();
    await expect(answer).rejects.toThrow(ConnectionClosedError);
    await call(await connect(), Procedure.null);
    program.release();
    await vi.waitFor(() => expect(server.connections).toBe(1));
    expect(said).toEqual([]);
  });
});

describe('a call of the server to its client', () => {
  it('goes over the connection of the client, and the results come back', async () => {
    const { connect } = await begin();
    const client = await connect({
      onCall: (header, args, results) => {
        expect(header).toMatchObject({ program: 7, version: 1, procedure: 2, credential: { flavor: 'none' } });
        results.uint32(args.uint32() + 1);
        return true;
      },
    });
    const results = await client.call(0x2000_0001, 3, Procedure.callBack, anonymous, nothing);
    expect(results.uint32()).toBe(42);
  });

  it('is answered also while no more calls of that client are begun', async () => {
    const { connect, program } = await begin({ limits: { maxOutstanding: 1 } });
    const later: Promise<unknown>[] = [];
    const client = await connect({
      onCall: (_header, args, results) => {
        // It goes out before the reply.
        later.push(call(client, Procedure.wait));
        results.uint32(args.uint32());
        return true;
      },
    });
    const results = await client.call(program.program, 3, Procedure.callBack, anonymous, nothing);
    expect(results.uint32()).toBe(41);
    await vi.waitFor(() => expect(program.waiting).toHaveLength(1));
    program.release();
    await Promise.all(later);
  });

  it('fails with what the client answers', async () => {
    const { connect, said } = await begin();
    expect(await refusal(call(await connect(), Procedure.callBack))).toEqual({ status: 'system error' });
    expect(said).toEqual([
      'error: A request failed unexpectedly. CallRefusedError: the call was refused: program unavailable',
    ]);
  });

  it('is given up when the client does not answer', async () => {
    const { connect, said } = await begin({ limits: { callTimeout: 20 } });
    const client = await connect({ onCall: () => new Promise(() => undefined) });
    expect(await refusal(call(client, Procedure.callBack))).toEqual({ status: 'system error' });
    expect(said).toEqual([`error: A request failed unexpectedly. ${String(new CallTimeoutError(20))}`]);
  });

  it('fails when the connection is closed, and so does one that is made afterwards', async () => {
    const { connect, program } = await begin();
    const client = await connect();
    const answer = call(client, Procedure.wait);
    await vi.waitFor(() => expect(program.waiting).toHaveLength(1));
    const connection = program.waiting[0]?.call.connection;
    const before = connection?.call(7, 1, 2, nothing);
    // It leaves at the end of this turn.
    await new Promise((resolve) => setImmediate(resolve));
    client.close();
    await Promise.all([expect(before).rejects.toThrow(), expect(answer).rejects.toThrow(ConnectionClosedError)]);
    await new Promise<void>((resolve) => connection?.onClose(resolve));
    await expect(connection?.call(7, 1, 2, nothing)).rejects.toThrow(ConnectionClosedError);
  });
});

describe('who may connect', () => {
  it('is who has a port below 1024, unless others are allowed', async () => {
    const { port, said } = await begin({ insecurePorts: false });
    const connection = await RawConnection.open(port);
    await connection.closed;
    expect(said[0]).toMatch(/--insecure-ports/);
  });

  it.skipIf(process.getuid?.() !== 0)('is root from a reserved port', async () => {
    const { connect, program } = await begin({ insecurePorts: false });
    await call(await connect({ reservedPort: true }), Procedure.null);
    const results = await (
      await connect({ reservedPort: true })
    ).call(program.program, 3, Procedure.echo, anonymous, (writer) => echoed.encode(writer, Buffer.of(1)));
    expect(echoed.decode(results)).toEqual(Buffer.of(1));
    expect(program.calls[0]?.connection.remotePort).toBeLessThan(1024);
  });

  it('is not one more than there may be', async () => {
    const { connect, said, server } = await begin({ maxConnections: 2 });
    const clients = await Promise.all([connect(), connect()]);
    await Promise.all(clients.map((client) => call(client, Procedure.null)));
    const third = await connect();
    await expect(call(third, Procedure.null)).rejects.toThrow(ConnectionClosedError);
    expect(said).toEqual(['warn: A connection was refused: there are too many.']);
    clients[0].close();
    await vi.waitFor(() => expect(server.connections).toBe(1));
    await call(await connect(), Procedure.null);
  });
});

describe('close', () => {
  it('lets requests end and their replies be taken, and begins no more', async () => {
    const { connect, program, server } = await begin();
    const client = await connect();
    const answer = call(client, Procedure.wait);
    await vi.waitFor(() => expect(program.waiting).toHaveLength(1));
    const closing = server.close(60_000);
    const late = call(client, Procedure.wait);
    await expect(connect()).rejects.toThrow('ECONNREFUSED');
    program.release();
    await answer;
    await expect(late).rejects.toThrow(ConnectionClosedError);
    await closing;
    expect(program.calls).toHaveLength(1);
    expect(server.connections).toBe(0);
  });

  it('waits for a request no longer than it is told', async () => {
    const { connect, program, server } = await begin();
    const answer = call(await connect(), Procedure.wait);
    await vi.waitFor(() => expect(program.waiting).toHaveLength(1));
    await Promise.all([server.close(10), expect(answer).rejects.toThrow(ConnectionClosedError)]);
    expect(server.connections).toBe(0);
    program.release();
  });

  it('may be called twice, and after stopAccepting', async () => {
    const { server } = await begin();
    server.stopAccepting();
    await server.close(0);
    await server.close(0);
  });
});

it('says at once when its port is taken', async () => {
  const { port } = await begin();
  const { RpcServer } = await import('./server.ts');
  const { silentLog } = await import('../log.ts');
  const other = new RpcServer({ programs: [], log: silentLog, insecurePorts: true, allow: [] });
  await expect(other.listen('127.0.0.1', port)).rejects.toMatchObject({ code: 'EADDRINUSE', syscall: 'listen' });
});
