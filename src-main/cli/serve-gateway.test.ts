import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
let pidFile: string;
const children: ChildProcessWithoutNullStreams[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'windlass-serve-'));
  pidFile = path.join(folder, 'gateway.pid');
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
  await rm(folder, { recursive: true });
});

const ready = `{ address: '::1', port: 2049, stopAsked: new Promise(() => {}), stop: async (options) => { console.log('stop', JSON.stringify(options)); STOP } }`;

interface Served {
  readonly child: ChildProcessWithoutNullStreams;
  /** Everything it wrote to stdout, once it has ended. */
  readonly output: Promise<string>;
  /** Exit status. */
  readonly status: Promise<number | null>;
  readonly says: (line: string) => Promise<void>;
}

/** serveGateway in a process of its own; `start` is the source of a function that starts a gateway. */
function serve(start: string): Served {
  const module = new URL('./serve-gateway.ts', import.meta.url).href;
  const child = spawn(process.execPath, [
    '--input-type=module',
    '--eval',
    `const { serveGateway } = await import(${JSON.stringify(module)});
     const log = { info() {}, error: (fields, message) => console.log('error', fields.err?.message, message) };
     const start = ${start};
     const alive = setInterval(() => {}, 1000);
     try {
       process.exit(await serveGateway({ start, log, pidFile: ${JSON.stringify(pidFile)} }));
     } catch (error) {
       console.log('thrown', error.message);
       process.exit(1);
     }`,
    'gateway',
  ]);
  children.push(child);
  let said = '';
  child.stdout.on('data', (data: Buffer) => (said += data.toString()));
  child.stderr.pipe(process.stderr);
  const output = text(child.stdout);
  return {
    child,
    output,
    status: once(child, 'exit').then(([status]) => status as number | null),
    says: async (line) => {
      while (!said.includes(line)) await Promise.race([once(child.stdout, 'data'), ended(child, line)]);
    },
  };
}

async function ended(child: ChildProcessWithoutNullStreams, line: string): Promise<never> {
  await once(child, 'close');
  throw new Error(`the process ended without saying ${JSON.stringify(line)}`);
}

const starts = (stop: string) => `async () => (${ready.replace('STOP', stop)})`;

describe('a gateway in its own process', () => {
  it('says where it serves, once its pid file is there, and finishes uploads at the first signal', async () => {
    const { child, says, output, status } = serve(starts(''));
    await says('ready [::1]:2049\n');
    expect(await readFile(pidFile, 'utf8')).toBe(`${child.pid}\n`);
    child.kill('SIGTERM');
    expect(await status).toBe(0);
    expect(await output).toBe('ready [::1]:2049\nstop {"finishUploads":true}\n');
    expect(existsSync(pidFile)).toBe(false);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('ends at once at a second signal, %s', async (signal, expected) => {
    const { child, says, status } = serve(starts('await new Promise(() => {})'));
    await says('ready');
    child.kill('SIGTERM');
    await says('stop');
    // Signals that come right after the first count as the same one.
    const repeated = setInterval(() => child.kill(signal), 50);
    const ended = await status.finally(() => clearInterval(repeated));
    expect(ended).toBe(expected);
    expect(existsSync(pidFile)).toBe(false);
  });

  it('takes one Ctrl-C that arrives twice, as it does under npm, for one', async () => {
    const { child, says, output, status } = serve(
      starts(`await new Promise((done) => setTimeout(done, 50)); console.log('uploaded')`),
    );
    await says('ready');
    child.kill('SIGINT');
    // Of the other kind, because the kernel merges two of one kind by itself.
    child.kill('SIGTERM');
    expect(await status).toBe(0);
    expect(await output).toMatch(/uploaded\n$/);
  });

  it('ends at once at a signal that comes before it serves', async () => {
    const { child, says, output, status } = serve(`() => { console.log('starting'); return new Promise(() => {}); }`);
    await says('starting');
    child.kill('SIGINT');
    expect(await status).toBe(130);
    expect(await output).toBe('starting\n');
  });

  it('that does not start leaves no pid file', async () => {
    const { output, status } = serve(`async () => { throw new Error('no port'); }`);
    expect(await status).toBe(1);
    expect(await output).toBe('thrown no port\n');
    expect(existsSync(pidFile)).toBe(false);
  });

  it('does not start beside the gateway that its pid file names', async () => {
    await writeFile(pidFile, `${process.pid}\n`);
    const first = serve(starts(''));
    await first.says('ready');
    const second = serve(starts(''));
    expect(await second.output).toMatch(/^thrown .* belongs to a gateway that runs as process/);
    expect(await readFile(pidFile, 'utf8')).toBe(`${first.child.pid}\n`);
  });

  it('whose stop fails removes its pid file all the same', async () => {
    const { child, says, output, status } = serve(starts(`throw new Error('disk gone')`));
    await says('ready');
    child.kill('SIGTERM');
    expect(await status).toBe(1);
    expect(await output).toMatch(/thrown disk gone\n$/);
    expect(existsSync(pidFile)).toBe(false);
  });

  it('whose pid file cannot be written stops again', async () => {
    pidFile = path.join(folder, 'none/gateway.pid');
    const { output, status } = serve(starts(''));
    expect(await status).toBe(1);
    expect(await output).toMatch(
      /^stop {"finishUploads":false}\nthrown The pid file .* its folder does not exist\.\n$/,
    );
  });

  it('logs a defect and ends', async () => {
    const { output, status } = serve(
      `async () => { setTimeout(() => { throw new Error('defect'); }, 50); return (${starts('')})(); }`,
    );
    expect(await status).toBe(1);
    expect(await output).toMatch(/error defect stopped by a defect/);
    expect(existsSync(pidFile)).toBe(false);
  });
});
