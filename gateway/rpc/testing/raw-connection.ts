/** A TCP connection that sends whatever bytes a test wants and collects the records that come back. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { encodeCall, type CallHeader } from '../message.ts';
import { RecordDecoder, recordHeader } from '../record-marking.ts';
import { XdrWriter } from '../xdr.ts';

export function record(body: Buffer): Buffer {
  return Buffer.concat([recordHeader(body.length), body]);
}

/** A whole call, AUTH_NONE where nothing else is said. */
export function callBytes(header: Partial<CallHeader>, args: Buffer = Buffer.alloc(0)): Buffer {
  const writer = new XdrWriter();
  encodeCall(writer, { xid: 1, program: 0, version: 0, procedure: 0, credential: { flavor: 'none' }, ...header });
  return Buffer.concat([writer.concat(), args]);
}

export class RawConnection {
  readonly socket: Socket;
  /** Bodies of the records that have come. */
  readonly received: Buffer[] = [];
  readonly closed: Promise<void>;

  private constructor(socket: Socket) {
    this.socket = socket;
    const decoder = new RecordDecoder(64 * 1024 * 1024);
    socket.on('data', (chunk: Buffer) => this.received.push(...decoder.push(chunk)));
    // Closed by the server, however it does it.
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  /** Ends with the test that calls it. */
  static async open(port: number): Promise<RawConnection> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    onTestFinished(() => void socket.destroy());
    return new RawConnection(socket);
  }

  send(...records: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(records));
  }

  /** Says that nothing more comes, and waits for everything that the server still has to say. */
  async finish(): Promise<readonly Buffer[]> {
    this.socket.end();
    await this.closed;
    return this.received;
  }
}
