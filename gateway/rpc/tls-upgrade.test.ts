import { once } from 'node:events';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RecordDecoder } from './record-marking.ts';
import { encodeRefusal, encodeStartTls, encodeSuccess } from './reply.ts';
import { callBytes, RawConnection, record } from './testing/raw-connection.ts';
import { authority, clientCertificate, clientKey, serverCertificate, serverKey } from './testing/certificates.ts';
import { serve, type Serving } from './testing/serve.ts';
import { TestProgram } from './testing/test-program.ts';
import { TlsConfigurationError, TlsUpgrade } from './tls-upgrade.ts';
import { XdrWriter } from './xdr.ts';

const tls = { certificate: serverCertificate, key: serverKey, required: false };
const { program, versions } = new TestProgram();
const calling = { program, version: versions[0] ?? 0 };

/** A NULL call with AUTH_TLS: RFC 9289 §4.1. */
function probe(xid: number): Buffer {
  const call = callBytes({ ...calling, xid });
  // The flavor of the credential follows xid, CALL, version, program, version and procedure.
  call.writeUInt32BE(7, 24);
  return record(call);
}

function bytesOf(encode: (writer: XdrWriter) => void): string {
  const writer = new XdrWriter();
  encode(writer);
  return writer.concat().toString('hex');
}

const startTls = (xid: number): string => bytesOf((writer) => encodeStartTls(writer, xid));
const success = (xid: number): string => bytesOf((writer) => encodeSuccess(writer, xid));
const tooWeak = (xid: number): string =>
  bytesOf((writer) => encodeRefusal(writer, xid, { status: 'auth error', reason: 5 }));

async function next(connection: RawConnection): Promise<string> {
  while (connection.received.length === 0) await once(connection.socket, 'data');
  return connection.received.shift()?.toString('hex') ?? '';
}

/** Asks for TLS and begins it. Rejects where the handshake fails. */
async function secured(serving: Serving, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const connection = await RawConnection.open(serving.port);
  connection.send(probe(1));
  expect(await next(connection)).toBe(startTls(1));
  connection.socket.removeAllListeners('data');
  const socket = connectTls({ socket: connection.socket, ca: authority, ALPNProtocols: ['sunrpc'], ...options });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

/** The reply to a NULL call in TLS; where the server closes instead, an error. */
async function ask(socket: TLSSocket, call = record(callBytes({ ...calling, xid: 2 }))): Promise<string> {
  const decoder = new RecordDecoder(1024);
  const answered = new Promise<string>((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => {
      const [first] = decoder.push(chunk);
      if (first !== undefined) resolve(first.toString('hex'));
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed')));
  });
  socket.write(call);
  return answered;
}

describe('RPC-with-TLS (RFC 9289)', () => {
  it('begins on the connection that asked for it', async () => {
    const serving = await serve([new TestProgram()], { tls });
    const socket = await secured(serving);
    expect(socket.getProtocol()).toBe('TLSv1.3');
    expect(socket.alpnProtocol).toBe('sunrpc');
    expect(await ask(socket)).toBe(success(2));
    expect(serving.server.connections).toBe(1);
  });

  it('is answered as an ordinary NULL call where there is none, and inside of itself', async () => {
    const plain = await RawConnection.open((await serve([new TestProgram()])).port);
    plain.send(probe(1));
    expect(await next(plain)).toBe(success(1));
    const socket = await secured(await serve([new TestProgram()], { tls }));
    expect(await ask(socket, probe(2))).toBe(success(2));
  });

  it('leaves those alone who do not ask for it', async () => {
    const connection = await RawConnection.open((await serve([new TestProgram()], { tls })).port);
    connection.send(record(callBytes({ ...calling, xid: 3 })));
    expect(await next(connection)).toBe(success(3));
  });

  it('is demanded of everybody where it is required, with an error that tells clients to try it', async () => {
    const serving = await serve([new TestProgram()], { tls: { ...tls, required: true } });
    const connection = await RawConnection.open(serving.port);
    connection.send(record(callBytes({ ...calling, xid: 3 })));
    expect(await next(connection)).toBe(tooWeak(3));
    expect(serving.said).toEqual(['warn: A request was refused: without TLS none is taken.']);
    expect(await ask(await secured(serving))).toBe(success(2));
  });

  it('takes only clients whose certificate the authority has signed, where there is one', async () => {
    const serving = await serve([new TestProgram()], { tls: { ...tls, clientCa: authority } });
    expect(await ask(await secured(serving, { cert: clientCertificate, key: clientKey }))).toBe(success(2));
    const stranger = await secured(serving);
    await expect(ask(stranger)).rejects.toThrow();
    expect(serving.server.connections).toBe(1);
  });

  it('takes only who says that it is about RPC', async () => {
    const serving = await serve([new TestProgram()], { tls });
    const other = await secured(serving, { ALPNProtocols: [] });
    await expect(ask(other)).rejects.toThrow();
    await expect(secured(serving, { ALPNProtocols: ['http/1.1'] })).rejects.toThrow();
  });

  it('ends a connection whose probe does not stand alone, or behind whose probe comes no TLS', async () => {
    const serving = await serve([new TestProgram()], { tls });
    const crowded = await RawConnection.open(serving.port);
    crowded.send(Buffer.concat([probe(1), record(callBytes({ ...calling, xid: 2 }))]));
    await crowded.closed;
    expect(crowded.received).toEqual([]);
    const plain = await RawConnection.open(serving.port);
    plain.send(probe(1));
    expect(await next(plain)).toBe(startTls(1));
    plain.send(record(callBytes({ ...calling, xid: 2 })));
    await plain.closed;
    await expect.poll(() => serving.server.connections).toBe(0);
    expect(serving.said[0]).toContain('a probe for TLS came among other messages');
  });

  it('needs a certificate and its own key', () => {
    expect(() => new TlsUpgrade({ ...tls, key: clientKey })).toThrow(TlsConfigurationError);
    expect(() => new TlsUpgrade({ ...tls, certificate: 'none' })).toThrow(TlsConfigurationError);
  });
});
