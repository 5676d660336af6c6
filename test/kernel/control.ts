/** What cases may ask of the machine that runs the tests (guest/host): an HTTP server that the guest reaches. */
import { type IncomingMessage, type Server, createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { differences, manifest } from './agreement.ts';
import { type Bucket, sha256 } from './bucket.ts';
import type { KernelTestGateway } from './gateway.ts';

/** How long uploads may take until S3 must agree with the mount; milliseconds. */
const settleTime = 150_000;

export interface Answer {
  readonly status: number;
  readonly body: string | Uint8Array;
}

export const done: Answer = { status: 200, body: '' };

/** What a client may ask for, by name. */
export type Actions = Readonly<Record<string, (key: string, body: Buffer) => Promise<Answer>>>;

const found = (value: unknown): Answer => ({ status: 200, body: JSON.stringify(value) });

/** Waits until S3 holds what a manifest of the mount (guest/manifest.py) says, and nothing else. */
export async function agrees(bucket: Bucket, body: Buffer): Promise<Answer> {
  const entries = manifest.parse(JSON.parse(body.toString()));
  const deadline = Date.now() + settleTime;
  for (;;) {
    const found = differences(entries, await bucket.contents(), bucket.foreign, sha256);
    if (found.length === 0) return done;
    if (Date.now() > deadline) {
      const step = Math.ceil(found.length / 20);
      const sample = found.filter((_, index) => index % step === 0).join('\n');
      return { status: 500, body: `The mount and S3 differ in ${found.length} things, such as:\n${sample}\n` };
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** @param fresh a gateway that has never seen the bucket */
export function controlActions(bucket: Bucket, gateway: KernelTestGateway, fresh: KernelTestGateway): Actions {
  return {
    put: (key, body) => bucket.put(key, body).then(() => done),
    delete: (key) => bucket.delete(key).then(() => done),
    async get(key) {
      const object = await bucket.get(key);
      return object === undefined ? { status: 404, body: `S3 has no ${key}\n` } : { status: 200, body: object.body };
    },
    async metadata(key) {
      const object = await bucket.get(key);
      return object === undefined ? { status: 404, body: `S3 has no ${key}\n` } : found(object.metadata);
    },
    exists: async (key) => ((await bucket.get(key)) === undefined ? { status: 404, body: `S3 has no ${key}\n` } : done),
    agrees: (_key, body) => agrees(bucket, body),
    'restart-TERM': () => gateway.restart('SIGTERM').then(() => done),
    'restart-KILL': () => gateway.restart('SIGKILL').then(() => done),
    'start-fresh': () => fresh.start().then(() => done),
  };
}

export function controlServer(actions: Actions): Server {
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const url = new URL(request.url ?? '', 'http://host');
    const action = actions[url.pathname.slice(1)];
    if (action === undefined) return { status: 404, body: `There is no action ${url.pathname.slice(1)}\n` };
    return action(url.searchParams.get('key') ?? '', await buffer(request));
  };
  return createServer((request, response) => {
    void answer(request)
      .catch((error: unknown): Answer => ({ status: 500, body: `${String(error)}\n` }))
      .then(({ status, body }) => response.writeHead(status).end(body));
  });
}
