/** The cases under cases/, and one run of them with one version of NFS. */
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hostAddress, openLab } from '../lab/lab.ts';
import { startMoto } from '../s3/servers.ts';
import { Bucket } from './bucket.ts';
import { controlActions, controlServer } from './control.ts';
import { KernelTestGateway } from './gateway.ts';
import { RequestLog } from './request-log.ts';

/** 3 without locks: those of the client stay with the client. */
export type NfsVersion = '3' | '3 without locks' | '4.0' | '4.1' | '4.2';

const kernelFolder = fileURLToPath(new URL('.', import.meta.url));
const casesFolder = join(kernelFolder, 'cases');

/** Below cases/, such as `files/cp.sh`. Those of one test run: all, or what WINDLASS_KERNEL_CASES matches. */
export function caseFiles(): readonly string[] {
  const wanted = new RegExp(process.env['WINDLASS_KERNEL_CASES'] ?? '');
  return readdirSync(casesFolder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(sh|py)$/.test(path) && wanted.test(path))
    .sort();
}

/** The mount options that say the version. In NFSv3 MOUNT is another program, on the same port. */
function versionOptions(version: NfsVersion, port: number): string {
  switch (version) {
    case '3':
      return `vers=3,mountport=${port},mountproto=tcp`;
    case '3 without locks':
      return `vers=3,mountport=${port},mountproto=tcp,nolock`;
    default:
      return `vers=${version}`;
  }
}

/** Why a case does not apply to the version; undefined: it does. */
export function whyNot(version: NfsVersion, name: string): string | undefined {
  if (version !== '3 without locks') return undefined;
  return /^locks\/|^restart\/open-files-and-locks$/.test(name)
    ? 'with nolock, locks do not reach the gateway'
    : undefined;
}

/** Before the first case, and after the last. */
export const framingCases = { before: ['mount'], after: ['agrees', 'fresh-gateway', 'unmount'] } as const;

export const caseName = (file: string): string => file.replace(/\.\w+$/, '');

export type CaseResult = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** One boot of a client that runs all cases. */
export class CaseRun {
  readonly #results = new Map<string, PromiseWithResolvers<CaseResult>>();
  #ended: string | undefined;

  /** Waits for the case to be done. Never throws: a run that breaks off fails the cases it has not reached. */
  result(name: string): Promise<CaseResult> {
    return this.#result(name).promise;
  }

  #result(name: string): PromiseWithResolvers<CaseResult> {
    const known = this.#results.get(name) ?? Promise.withResolvers<CaseResult>();
    this.#results.set(name, known);
    if (this.#ended !== undefined) known.resolve({ ok: false, reason: this.#ended });
    return known;
  }

  #take(line: string): void {
    const [, not, name, reason = ''] = /^(not )?ok (\S+?)(?:: (.*))?$/.exec(line) ?? [];
    if (name === undefined) return;
    this.#result(name).resolve(not === undefined ? { ok: true } : { ok: false, reason: reason.replaceAll('|', '\n') });
  }

  #end(reason: string): void {
    this.#ended = reason;
    for (const { resolve } of this.#results.values()) resolve({ ok: false, reason });
  }

  /** Runs the cases to their end. @throws Unavailable where this machine has no client or no server */
  async run(version: NfsVersion): Promise<void> {
    try {
      await this.#run(version);
    } catch (error) {
      this.#end(`the run broke off: ${String(error)}`);
      throw error;
    }
  }

  async #run(version: NfsVersion): Promise<void> {
    await using cleanUp = new AsyncDisposableStack();
    const lab = await openLab();
    cleanUp.defer(() => lab.close());
    const s3Port = 5000;
    const reached = lab.reach(s3Port);
    const server = await startMoto({ spawn: lab.spawn, port: s3Port, reach: () => reached });
    cleanUp.defer(() => server.stop());
    await server.createBucket('bucket');
    const client = server.client();
    cleanUp.defer(() => client.destroy());
    const bucket = new Bucket(client, 'bucket');
    await bucket.put('existing/a.txt', 'an object\n');
    await bucket.put('existing/deep/er/b.txt', 'a deep object\n');
    await bucket.put('existing/empty/', '');

    const data = await mkdtemp(join(tmpdir(), 'windlass-kernel-'));
    cleanUp.defer(() => rm(data, { recursive: true, force: true }));
    const requests = await RequestLog.open(lab, await reached);
    cleanUp.defer(() => requests.close());
    const counted = { ...server, endpoint: requests.endpoint };
    const settings = { spawn: lab.spawn, server: counted, exportName: 'drive', bucket: 'bucket' };
    const gateway = new KernelTestGateway({
      ...settings,
      port: 2049,
      // The kernel's clients ask port 111 where the lock manager is.
      options: version === '3' ? ['--portmapper'] : [],
      dataFolder: join(data, 'used'),
    });
    const fresh = new KernelTestGateway({
      ...settings,
      port: 2050,
      dataFolder: join(data, 'fresh'),
    });
    for (const one of [gateway, fresh]) cleanUp.defer(() => one.stop());
    await gateway.start();
    const actions = { ...controlActions(bucket, gateway, fresh), requests: requests.action };
    await lab.answer(8000, controlServer(actions));

    const options = (port: number): string =>
      `${versionOptions(version, port)},port=${port},proto=tcp,sec=sys,actimeo=1`;
    const { status, output } = await lab.runInGuest('exec bash /host/kernel/guest/run-cases.sh "$@"', {
      args: caseFiles().filter((file) => whyNot(version, caseName(file)) === undefined),
      binds: [kernelFolder.replace(/\/$/, '')],
      env: {
        ADDRESS: hostAddress,
        EXPORT: 'drive',
        NFS_VERSION: version.charAt(0),
        LOCKING: version === '3' ? 'NLM' : '',
        OPTIONS: options(2049),
        FRESH_OPTIONS: options(2050),
        CONTROL: `http://${hostAddress}:8000`,
        CASES: '/host/kernel/cases',
      },
      timeout: 1800,
      onLine: (line) => {
        if (process.env['WINDLASS_KERNEL_VERBOSE'] !== undefined) console.log(`${version} ${line}`);
        this.#take(line);
      },
    });
    const log = gateway.log.slice(-2000);
    this.#end(`the client's script ended (${status}) without a word on it:\n${output.slice(-2000)}\nGateway:\n${log}`);
  }
}
