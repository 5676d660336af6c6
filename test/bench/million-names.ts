/**
 * Memory of a gateway that comes to know a million keys in one directory, and how it starts again:
 * `node test/bench/million-names.ts [KEYS]`. The store is made up: pages of a listing, and nothing else.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { GatewayLife, root } from '../../gateway/filesystem/testing/gateway-life.ts';
import { patiently } from '../../gateway/filesystem/testing/path-client.ts';
import type { ListPage, ListRequest } from '../../gateway/store/object-store.ts';

const count = Number(process.argv[2] ?? 1_000_000);
const pageSize = 1000;

function page({ prefix, continuation, limit = pageSize }: ListRequest): ListPage {
  if (prefix === '') return { objects: [], prefixes: ['directory/'] };
  if (prefix !== 'directory/') return { objects: [], prefixes: [] };
  const from = Number(continuation ?? 0);
  const to = Math.min(count, from + Math.min(limit, pageSize));
  const objects = Array.from({ length: to - from }, (_, i) => ({
    key: `${prefix}a-name-as-cameras-give-${String(from + i).padStart(8, '0')}.jpg`,
    version: { etag: `"${String(from + i).padStart(32, '0')}"`, size: from + i, lastModified: 1_700_000_000 },
  }));
  return { objects, prefixes: [], ...(to < count ? { continuation: String(to) } : {}) };
}

/** MiB. What is mapped of the database's file is the system's to keep or drop, and shown apart. */
async function say(what: string): Promise<void> {
  const status = await readFile('/proc/self/status', 'utf8');
  const of = (name: string): number => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
  const seconds = (performance.now() / 1000).toFixed(1);
  console.log(`${what}: ${of('RssAnon')} MiB of its own, ${of('RssFile')} MiB mapped, after ${seconds} s`);
}

async function begin(folder?: string): Promise<GatewayLife> {
  const life = await GatewayLife.begin({}, folder);
  life.store.list = (request) => Promise.resolve(page(request));
  life.tree.start(Promise.resolve());
  return life;
}

async function readAll(life: GatewayLife): Promise<void> {
  const { fileSystem } = life;
  const directory = await patiently(async () => fileSystem.lookup(await life.exported(), 'directory', root));
  let [cookie, read, end] = [0, 0, false];
  while (!end) {
    const found = await patiently(() => fileSystem.readDirectory(directory, cookie, 500, root));
    cookie = found.entries.at(-1)?.cookie ?? cookie;
    read += found.entries.length;
    end = found.end;
    if (read % 250_000 === 0) await say(`${read} names read`);
  }
}

const home = await mkdtemp(path.join(tmpdir(), 'windlass-names-'));
try {
  const first = await begin(home);
  await say('started');
  await readAll(first);
  await first.end();
  const second = await begin(home);
  await say('started again');
  await second.end();
} finally {
  await rm(home, { recursive: true, force: true });
}
