/** Windlass itself: the gateway on this machine, its client the kernel of a guest. */
import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lineOf, stop } from '../../lab/child.ts';
import { hostAddress, labNetwork, openLab, type Lab } from '../../lab/lab.ts';
import type { Proxy } from '../../s3/proxy.ts';
import { neutralEnvironment, timeLimit, type Job, type JobOutcome, type Peer } from './peer.ts';

const gatewayPort = 20_490;
const proxyPort = 20_080;
const checkout = fileURLToPath(new URL('../../../', import.meta.url));

/** What the guest says of itself, beside what the kernel may say in between. */
const mark = 'windlass-bench:';

/** Longer than a mount takes to fall silent. */
const secondsBeforeStart = 3;

/**
 * One request of every kind that carries a condition: the gateway finds out with the first of each what the server honours,
 * and keeps the answer in its data folder. The pauses let each change be sent before the next.
 */
const inPreparation = `
mkdir -p /mnt/bucket
mount -t nfs4 -o vers=4.2,proto=tcp,sec=sys,port=${gatewayPort} ${hostAddress}:/bench /mnt/bucket || exit
mkdir /mnt/bucket/before-the-bench && cd /mnt/bucket/before-the-bench || exit
for name in a b c d; do echo $name > $name; done
head -c 17M /dev/zero > large
sleep 4
mv a moved
sleep 2
chmod 600 b
sleep 2
mkdir inside; mv c d inside/
sleep 4
mv inside renamed
sleep 2
cd /; rm -r /mnt/bucket/before-the-bench || exit
mkdir -p /tmp/scratch
export SCRATCH=/tmp/scratch DIRECTORY=/mnt/bucket/work
sh -euc "$EARLIER" && echo ${mark}prepared
umount /mnt/bucket
`;

const inGuest = `
mkdir -p /mnt/bucket /tmp/scratch
mount -t nfs4 -o vers=4.2,proto=tcp,sec=sys,port=${gatewayPort} ${hostAddress}:/bench /mnt/bucket || exit
export SCRATCH=/tmp/scratch DIRECTORY=/mnt/bucket/work
sh -euc "$SET_UP" || exit
echo ${mark}mounted
sleep ${secondsBeforeStart}
echo ${mark}start
start=$(date +%s%N)
timeout -k 5 ${timeLimit} sh -euc "$SCRIPT" >/tmp/output 2>&1
echo "${mark}status $? $(($(date +%s%N) - start))"
sed 's/^/${mark}output /' /tmp/output
echo
umount /mnt/bucket
`;

export class GuestRunFailed extends Error {
  override readonly name = 'GuestRunFailed';
}

/** @throws Unavailable where this machine cannot have a lab */
export async function windlass(proxy: Proxy): Promise<Peer> {
  const lab = await openLab();
  // The gateway is in the lab's network, and the proxy here counts what it asks.
  await lab.answer(
    proxyPort,
    createServer((connection) => proxy.accept(connection)),
  );
  return {
    name: 'windlass',
    async version() {
      const { version } = JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8')) as { version: string };
      return version;
    },
    prepare: (job) => prepare(lab, job),
    run: (job) => runWithGateway(lab, job),
    close: () => lab.close(),
  };
}

async function prepare(lab: Lab, job: Job): Promise<void> {
  await withGateway(lab, job, async () => {
    const { output } = await lab.runInGuest(inPreparation, {
      env: { EARLIER: job.earlier, LC_ALL: 'C' },
      timeout: timeLimit,
    });
    if (!output.includes(`${mark}prepared`)) throw new GuestRunFailed(`The bucket was not prepared:\n${output}`);
    await job.drained();
  });
}

function runWithGateway(lab: Lab, job: Job): Promise<JobOutcome> {
  return withGateway(lab, job, async () => {
    const outcome = await runInGuest(lab, job);
    await job.drained();
    return outcome;
  });
}

async function withGateway<Result>(lab: Lab, job: Job, use: () => Promise<Result>): Promise<Result> {
  const gateway = startGateway(lab, job);
  let said = '';
  gateway.stderr?.on('data', (data: Buffer) => (said += data.toString()));
  try {
    await lineOf(gateway, /^ready /m, 60_000);
    const result = await use();
    if (gateway.exitCode !== null) throw new GuestRunFailed('The gateway ended before its uploads were done.');
    return result;
  } catch (error) {
    const more = said === '' || String(error).includes(said) ? '' : `\nThe gateway said:\n${said.slice(-4000)}`;
    throw new GuestRunFailed(`${String(error)}${more}`, { cause: error });
  } finally {
    await stop(gateway);
  }
}

function startGateway(lab: Lab, { region, accessKeyId, secretAccessKey, bucket, folder }: Job): ChildProcess {
  const flags: Readonly<Record<string, string>> = {
    bind: `${hostAddress}:${gatewayPort}`,
    allow: labNetwork,
    squash: 'none',
    endpoint: `http://${hostAddress}:${proxyPort}`,
    region,
    export: `bench=${bucket}`,
    'data-dir': join(folder, 'data'),
    'log-level': 'warn',
  };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  return lab.spawn(process.execPath, [join(checkout, 'src-main/cli/main.ts'), 'gateway', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...neutralEnvironment(), AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
  });
}

async function runInGuest(lab: Lab, job: Job): Promise<JobOutcome> {
  const said: string[] = [];
  const progress = { began: Promise.resolve(), isBegun: false, isEarly: false };
  const { output } = await lab.runInGuest(inGuest, {
    env: { SET_UP: job.setUp, SCRIPT: job.script, LC_ALL: 'C' },
    timeout: timeLimit + 60,
    onLine(line) {
      if (!line.startsWith(mark)) return;
      const word = line.slice(mark.length);
      said.push(word);
      if (word === 'mounted') progress.began = job.began().then(() => void (progress.isBegun = true));
      if (word === 'start') progress.isEarly = !progress.isBegun;
    },
  });
  await progress.began;
  const [, status, nanoseconds] =
    said.map((word) => /^status (\d+) (\d+)$/.exec(word)).find((match) => match !== null) ?? [];
  if (status === undefined || nanoseconds === undefined) {
    throw new GuestRunFailed(`The workload was not run:\n${output}`);
  }
  if (progress.isEarly) {
    throw new GuestRunFailed(
      `The mount still asked S3 after ${secondsBeforeStart} s: its requests mix with the workload's.`,
    );
  }
  const printed = said.filter((word) => word.startsWith('output ')).map((word) => word.slice('output '.length));
  return { status: Number(status), output: printed.join('\n').trimEnd(), seconds: Number(nanoseconds) / 1e9 };
}
