/** `npm run demo`: a folder of objects, served by the gateway and mounted by a real NFS client, in a minute. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Spawn, lineOf, spawnHere, stop } from '../lab/child.ts';
import { demoClient, mountCommand } from './client.ts';
import { fillStore, listStore } from './store.ts';

const commandLine = fileURLToPath(new URL('../../src-main/cli/main.ts', import.meta.url));

const cleanUp = new AsyncDisposableStack();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void cleanUp.disposeAsync().finally(() => process.exit(1)));
}

/** Returns the port it serves on, and how to end it once all is in the store. */
async function startGateway(
  spawn: Spawn,
  store: string,
  data: string,
  args: readonly string[],
): Promise<{ readonly port: number; readonly finish: () => Promise<void> }> {
  const flags = ['gateway', ...args, '--folder', `demo=${store}`, '--data-dir', data, '--squash', 'none'];
  console.log(`\n$ windlass ${[...flags, '--log-level', 'warn'].join(' ')}`);
  const child = spawn(process.execPath, [commandLine, ...flags, '--log-level', 'warn'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stderr?.on('data', (data: Buffer) => process.stderr.write(data));
  const finish = (): Promise<void> => stop(child, 'SIGTERM', 30_000);
  cleanUp.defer(finish);
  const [line, port] = await lineOf(child, /^ready .*:(\d+)$/m, 30_000);
  console.log(line);
  return { port: Number(port), finish };
}

async function show(title: string, store: string): Promise<void> {
  console.log(`\n${title}`);
  for (const line of await listStore(store)) console.log(`  ${line}`);
}

async function demo(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'windlass-demo-'));
  cleanUp.defer(() => rm(folder, { recursive: true, force: true }));
  const store = join(folder, 'store');
  const data = join(folder, 'data');
  await mkdir(store);
  await fillStore(store);

  const client = await demoClient(folder);
  await show(`The store, a folder of objects: ${store}`, store);
  if ('reason' in client) {
    const { port } = await startGateway(spawnHere, store, data, ['--bind', '127.0.0.1:0']);
    console.log(`\n${client.reason} The gateway serves the store; mount it by`);
    console.log(`\n  ${process.platform === 'linux' ? 'sudo ' : ''}${mountCommand(port, '/mnt').join(' ')}\n`);
    if (!process.stdin.isTTY) return;
    console.log('Unmount it when you have looked around, then press Ctrl-C here.');
    await new Promise(() => undefined);
    return;
  }
  cleanUp.defer(() => client.made.close());
  console.log(`\nMounted by ${client.made.description}.`);
  const { port, finish } = await startGateway(client.made.spawn, store, data, client.made.gatewayArgs);
  await client.made.tour(port);
  // It ends once what was written is in the store.
  await finish();
  await show('The store afterwards:', store);
}

try {
  await demo();
} finally {
  await cleanUp.disposeAsync();
}
