/** What gateways have asked of S3, seen by a proxy before the server. */
import { createServer } from 'node:net';
import type { Lab } from '../lab/lab.ts';
import { hostAddress } from '../lab/lab.ts';
import type { Actions } from './control.ts';
import { startProxy, type Proxy } from '../s3/proxy.ts';

const port = 5001;

export class RequestLog {
  /** In the lab. */
  readonly endpoint = `http://${hostAddress}:${port}`;
  readonly #requests: { readonly kind: string; readonly key: string }[] = [];
  #proxy: Proxy | undefined;

  /** @param reached the port of 127.0.0.1 by which this process reaches the S3 server */
  static async open(lab: Lab, reached: number): Promise<RequestLog> {
    const log = new RequestLog();
    const proxy = await startProxy({
      target: `http://127.0.0.1:${reached}`,
      onExchange: ({ kind, key }) => log.#requests.push({ kind, key }),
    });
    log.#proxy = proxy;
    await lab.answer(
      port,
      createServer((connection) => proxy.accept(connection)),
    );
    return log;
  }

  /** `host requests PREFIX`: a line `KIND KEY` for every request so far about keys that begin so. */
  readonly action: Actions[string] = (prefix) => {
    const about = this.#requests.filter(({ key }) => key.startsWith(prefix));
    return Promise.resolve({ status: 200, body: about.map(({ kind, key }) => `${kind} ${key}\n`).join('') });
  };

  async close(): Promise<void> {
    await this.#proxy?.stop();
  }
}
