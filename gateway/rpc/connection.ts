/** One TCP connection, on either end: calls in, replies out in any order; and calls of ours the other way. */
import type { Socket } from 'node:net';
import type { ConnectionLimits } from './connection-limits.ts';
import { ConnectionClosedError } from './errors.ts';
import { tlsProbe } from './credential.ts';
import { decodeMessage, encodeCall, type CallMessage, type Message } from './message.ts';
import { OutgoingCalls } from './outgoing-calls.ts';
import type { Credential, RpcConnection } from './program.ts';
import { RecordDecoder, RecordError, recordHeader } from './record-marking.ts';
import { encodeStartTls, encodeSuccess } from './reply.ts';
import type { TlsUpgrade } from './tls-upgrade.ts';
import { XdrWriter, type XdrReader } from './xdr.ts';

/** A call, and the bytes of its record. */
interface Received {
  readonly message: Exclude<Message, { readonly type: 'reply' }>;
  readonly size: number;
}

/** @returns the whole reply; undefined: none is to be sent. Where it fails, the connection is closed. */
export type CallHandler = (
  message: CallMessage,
  connection: Connection,
  recordSize: number,
) => Promise<XdrWriter | undefined> | XdrWriter | undefined;

export interface ConnectionOptions {
  readonly socket: Socket;
  readonly id: number;
  readonly limits: ConnectionLimits;
  readonly handle: CallHandler;
  /** The connection is closed because of what the other side sends or does not take. */
  readonly onBroken: (error: Error) => void;
  /** A record is no RPC message, and nothing comes of it. */
  readonly onIgnored?: (error: Error) => void;
  /** Offers TLS to a client that asks for it. */
  readonly tls?: TlsUpgrade | undefined;
  /** Default 1. */
  readonly firstXid?: number;
}

export interface CallOptions {
  /** Default: AUTH_NONE. */
  readonly credential?: Credential;
  /** Of a call that this one repeats. */
  readonly xid?: number;
}

export class Connection implements RpcConnection {
  readonly id: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  #socket: Socket;
  readonly #tls: TlsUpgrade | undefined;
  #security: 'none' | 'beginning' | 'TLS' = 'none';
  readonly #limits: ConnectionLimits;
  readonly #handle: CallHandler;
  readonly #onBroken: (error: Error) => void;
  readonly #onIgnored: (error: Error) => void;
  readonly #decoder: RecordDecoder;
  readonly #calls: OutgoingCalls;
  readonly #onClose: (() => void)[] = [];
  /** Calls that have been read and not begun: they came in the same chunk as those that reached a limit. */
  #queue: Received[] = [];
  #queuedBytes = 0;
  #outstanding = 0;
  #outstandingBytes = 0;
  #takesCalls = true;
  /** Ends when everything that was begun has been answered. */
  #isEnding = false;
  #recordTimer: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** What is sent waits for the end of this turn of the event loop. */
  #isCorked = false;

  constructor({ socket, id, limits, handle, onBroken, onIgnored, tls, firstXid }: ConnectionOptions) {
    this.id = id;
    this.remoteAddress = plainAddress(socket.remoteAddress ?? '');
    this.remotePort = socket.remotePort ?? 0;
    this.localAddress = plainAddress(socket.localAddress ?? '');
    this.#socket = socket;
    this.#tls = tls;
    this.#limits = limits;
    this.#handle = handle;
    this.#onBroken = onBroken;
    this.#onIgnored = onIgnored ?? (() => undefined);
    this.#decoder = new RecordDecoder(limits.maxRecord);
    this.#calls = new OutgoingCalls(firstXid ?? 1);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    this.#listen(socket);
  }

  #listen(socket: Socket): void {
    socket.setTimeout(this.#limits.sendTimeout);
    socket.on('data', this.#onData);
    socket.on('drain', this.#onDrain);
    socket.on('timeout', this.#onTimeout);
    socket.on('end', this.#onEnd);
    // What is lost with the connection the client asks again.
    socket.on('error', this.#onError);
    socket.on('close', this.#onSocketClose);
  }

  #stopListening(socket: Socket): void {
    socket.pause();
    socket.off('data', this.#onData);
    socket.off('drain', this.#onDrain);
    socket.off('timeout', this.#onTimeout);
    socket.off('end', this.#onEnd);
    socket.off('error', this.#onError);
    socket.off('close', this.#onSocketClose);
    socket.setTimeout(0);
  }

  readonly #onData = (chunk: Buffer): void => this.#receive(chunk);
  readonly #onDrain = (): void => this.#advance();
  readonly #onTimeout = (): void => {
    if (this.#socket.writableLength > 0) this.#break(new Error('replies are not taken'));
  };
  readonly #onEnd = (): void => {
    this.#isEnding = true;
    this.#advance();
  };
  readonly #onError = (): void => void this.#socket.destroy();
  readonly #onSocketClose = (): void => this.#closed();

  /** Whether what is sent and received is protected by TLS. */
  get isSecure(): boolean {
    return this.#security === 'TLS';
  }

  /** Requests that are being worked on or wait for that. */
  get outstanding(): number {
    return this.#outstanding + this.#queue.length;
  }

  /** Whether nothing is read because of the limits. */
  get isPaused(): boolean {
    return this.#socket.isPaused();
  }

  onClose(listener: () => void): void {
    if (this.#isClosed) listener();
    else this.#onClose.push(listener);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Begins no more calls, answers those that are being worked on, then closes. */
  finish(): void {
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#takesCalls = false;
    this.#isEnding = true;
    this.#advance();
  }

  /** The first record has to come within `recordTimeout`, as if it had begun. */
  expectRecord(): void {
    this.#startRecordTimer();
  }

  async call(
    program: number,
    version: number,
    procedure: number,
    encodeArguments: (writer: XdrWriter) => void,
    { credential = { flavor: 'none' }, xid = this.#calls.nextXid() }: CallOptions = {},
  ): Promise<XdrReader> {
    const writer = new XdrWriter();
    encodeCall(writer, { xid, program, version, procedure, credential });
    encodeArguments(writer);
    if (!this.#socket.writable) throw new ConnectionClosedError();
    this.#send(writer);
    const results = this.#calls.wait(xid, this.#limits.callTimeout);
    this.#advance();
    return results;
  }

  #receive(chunk: Buffer): void {
    let records: Buffer[];
    try {
      records = this.#decoder.push(chunk);
      for (const record of records) this.#accept(record);
    } catch (error) {
      this.#break(error as Error);
      return;
    }
    if (!this.#decoder.isPartial) this.#stopRecordTimer();
    else if (this.#recordTimer === undefined || records.length > 0) this.#startRecordTimer();
    this.#advance();
  }

  #accept(record: Buffer): void {
    let message: Message;
    try {
      message = decodeMessage(record);
    } catch (error) {
      // There is nobody to answer, but where the next record begins is known all the same.
      this.#onIgnored(error as Error);
      return;
    }
    // A reply is never kept waiting by calls, which may themselves be waiting for it.
    if (message.type === 'reply') this.#calls.settle(message.xid, message.reply);
    else if (this.#takesCalls) {
      this.#queue.push({ message, size: record.length });
      this.#queuedBytes += record.length;
    }
  }

  /** Works on what has been read, as far as the limits allow, and reads on only when nothing of it is left over. */
  #advance(): void {
    if (this.#socket.destroyed || this.#security === 'beginning') return;
    while (this.#hasRoom()) {
      const next = this.#queue.shift();
      if (next === undefined) break;
      this.#queuedBytes -= next.size;
      this.#begin(next);
    }
    const isFull = this.#takesCalls && (this.#queue.length > 0 || !this.#hasRoom()) && !this.#seeksReply();
    if (isFull !== this.#socket.isPaused()) {
      if (isFull) this.#socket.pause();
      else this.#socket.resume();
    }
    if (this.#isEnding && this.outstanding === 0) this.#socket.end();
  }

  #hasRoom(): boolean {
    return (
      this.#outstanding < this.#limits.maxOutstanding &&
      this.#outstandingBytes < this.#limits.maxOutstandingBytes &&
      this.#socket.writableLength <= this.#limits.maxUnsent
    );
  }

  /**
   * Whether to read on though nothing more can be begun: calls that are being worked on may wait for the other side's
   * reply to a call of ours, which comes behind calls of its own.
   */
  #seeksReply(): boolean {
    return (
      this.#calls.isWaiting &&
      this.#queue.length < this.#limits.maxOutstanding &&
      this.#queuedBytes < this.#limits.maxOutstandingBytes &&
      this.#socket.writableLength <= this.#limits.maxUnsent
    );
  }

  #begin({ message, size }: Received): void {
    try {
      const reply = message.type === tlsProbe ? this.#answerProbe(message.xid) : this.#handle(message, this, size);
      if (!(reply instanceof Promise)) {
        if (reply !== undefined) this.#send(reply);
        return;
      }
      this.#outstanding++;
      this.#outstandingBytes += size;
      const end = (): void => {
        this.#outstanding--;
        this.#outstandingBytes -= size;
        this.#advance();
      };
      reply.then(
        (later) => {
          if (later !== undefined) this.#send(later);
          end();
        },
        (error: unknown) => {
          this.#break(error as Error);
          end();
        },
      );
    } catch (error) {
      this.#break(error as Error);
    }
  }

  /** RFC 9289 §4.1: a reply without STARTTLS says that TLS is not offered; inside TLS there is no other. */
  #answerProbe(xid: number): Promise<undefined> | XdrWriter {
    const reply = new XdrWriter();
    if (this.#tls === undefined || this.#security !== 'none') {
      encodeSuccess(reply, xid);
      return reply;
    }
    // What came behind the probe was not protected, and what is still to be answered would be for others to read.
    if (this.#queue.length > 0 || this.#outstanding > 0 || this.#decoder.isPartial || this.#calls.isWaiting) {
      throw new RecordError('a probe for TLS came among other messages');
    }
    encodeStartTls(reply, xid);
    return this.#startTls(this.#tls, reply);
  }

  async #startTls(tls: TlsUpgrade, reply: XdrWriter): Promise<undefined> {
    this.#security = 'beginning';
    const plain = this.#socket;
    this.#stopListening(plain);
    const sent = new Promise<void>((resolve) => {
      plain.write(Buffer.concat([recordHeader(reply.length), reply.concat()]), () => resolve());
    });
    await sent;
    try {
      this.#socket = await tls.upgrade(plain);
    } catch (error) {
      this.#onBroken(error as Error);
      plain.destroy();
      this.#closed();
      return;
    }
    this.#security = 'TLS';
    this.#listen(this.#socket);
    this.expectRecord();
  }

  /** What is sent in one turn of the event loop leaves in one write: a call to the system costs more than a small reply. */
  #send(message: XdrWriter): void {
    const socket = this.#socket;
    if (!socket.writable) return;
    if (!this.#isCorked) {
      this.#isCorked = true;
      socket.cork();
      setImmediate(() => {
        this.#isCorked = false;
        socket.uncork();
      });
    }
    socket.write(recordHeader(message.length));
    for (const buffer of message.buffers()) socket.write(buffer);
  }

  #startRecordTimer(): void {
    clearTimeout(this.#recordTimer);
    this.#recordTimer = setTimeout(() => {
      // While nothing is read the rest may well be there.
      if (this.#socket.isPaused()) this.#recordTimer?.refresh();
      else this.#break(new RecordError(`a record took more than ${this.#limits.recordTimeout} ms to arrive`));
    }, this.#limits.recordTimeout);
    this.#recordTimer.unref();
  }

  #stopRecordTimer(): void {
    clearTimeout(this.#recordTimer);
    this.#recordTimer = undefined;
  }

  #break(error: Error): void {
    if (this.#socket.destroyed) return;
    this.#onBroken(error);
    this.#socket.destroy();
  }

  #closed(): void {
    this.#isClosed = true;
    this.#stopRecordTimer();
    this.#queue = [];
    this.#calls.close();
    for (const listener of this.#onClose.splice(0)) listener();
  }
}

/** An IPv4 address in its own form, also where the socket speaks IPv6. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
