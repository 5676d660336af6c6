/** What the server says to its clients by itself: recalls, questions and news. RFC 7530 §16, RFC 8881 §20. */
import type { Node } from '../../../filesystem/file-system.ts';
import { voidCodec } from '../../../rpc/xdr.ts';
import type { RawAttributes, Bitmap, StateidValue } from '../../codec/basic.ts';
import {
  callbackGetattrArguments,
  callbackGetattrResult,
  callbackNotifyLockArguments,
  CallbackOpcode,
  callbackRecallArguments,
  type CallbackLockOwner,
} from '../../codec/callbacks.ts';
import type { Client } from '../client.ts';
import {
  CallbackPathDownError,
  CallbackRefusedError,
  type CallbackChannel,
  type CallbackOperation,
} from './callback-channel.ts';

/** Milliseconds that an OPEN waits to hear whether its client can be called. */
const probePatience = 1000;

/** Milliseconds after a failure in which a client is not asked again whether it can be called. */
const failurePause = 30_000;

interface Path {
  /** Whether the client has answered; undefined while that is not known. */
  works: boolean | undefined;
  probing: Promise<void> | undefined;
  failedAt: number;
}

export class Callbacks {
  readonly #channelOf: (client: Client) => CallbackChannel | undefined;
  readonly #paths = new WeakMap<Client, Path>();

  /** @param channelOf undefined: the client has not said how to call it */
  constructor(channelOf: (client: Client) => CallbackChannel | undefined) {
    this.#channelOf = channelOf;
  }

  /** Whether the last that was tried has reached the client. */
  isProven(client: Client): boolean {
    return this.#paths.get(client)?.works === true;
  }

  /** Whether it has been tried in vain. */
  isDown(client: Client): boolean {
    return this.#paths.get(client)?.works === false;
  }

  /** What was found out of the client's channel is of one that it has replaced. */
  forget(client: Client): void {
    this.#paths.delete(client);
  }

  /** Whether the client can be called: asks it, where that is not known. */
  async prove(client: Client): Promise<boolean> {
    const path = this.#path(client);
    const channel = this.#channelOf(client);
    if (channel === undefined) return false;
    if (path.works === true) return true;
    if (path.works === false && performance.now() - path.failedAt < failurePause) return false;
    path.probing ??= this.#tell(client, channel.probe()).then(
      () => undefined,
      () => undefined,
    );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, probePatience)));
    await Promise.race([path.probing, late]);
    clearTimeout(timer);
    return this.isProven(client);
  }

  /** Resolves when the client has heard; it gives the delegation back by DELEGRETURN. @throws what a call throws */
  async recall(client: Client, node: Node, stateid: StateidValue): Promise<void> {
    await this.#perform(client, {
      opcode: CallbackOpcode.RECALL,
      encode: (writer) => callbackRecallArguments.encode(writer, { stateid, truncate: false, handle: node.handle }),
      result: voidCodec,
    });
  }

  /** The attributes as the client has them, who may have changed the file without having said so yet. @throws what a call throws */
  async attributes(client: Client, node: Node, asked: Bitmap): Promise<RawAttributes> {
    const { attributes } = await this.#perform(client, {
      opcode: CallbackOpcode.GETATTR,
      encode: (writer) => callbackGetattrArguments.encode(writer, { handle: node.handle, asked }),
      result: callbackGetattrResult,
    });
    return attributes;
  }

  /** A lock that was refused may be had now. @throws what a call throws */
  async notifyLock(client: Client, node: Node, owner: CallbackLockOwner): Promise<void> {
    await this.#perform(client, {
      opcode: CallbackOpcode.NOTIFY_LOCK,
      encode: (writer) => callbackNotifyLockArguments.encode(writer, { handle: node.handle, owner }),
      result: voidCodec,
    });
  }

  #perform<Result>(client: Client, operation: CallbackOperation<Result>): Promise<Result> {
    const channel = this.#channelOf(client);
    if (channel === undefined) return Promise.reject(new CallbackPathDownError());
    return this.#tell(client, channel.perform(operation));
  }

  /** Keeps in mind whether the client was reached; its refusals are answers as well. */
  async #tell<Result>(client: Client, call: Promise<Result>): Promise<Result> {
    const path = this.#path(client);
    try {
      const result = await call;
      path.works = true;
      return result;
    } catch (error) {
      path.works = error instanceof CallbackRefusedError;
      if (!path.works) path.failedAt = performance.now();
      throw error;
    } finally {
      path.probing = undefined;
    }
  }

  #path(client: Client): Path {
    let path = this.#paths.get(client);
    if (path === undefined) {
      path = { works: undefined, probing: undefined, failedAt: 0 };
      this.#paths.set(client, path);
    }
    return path;
  }
}
