/**
 * Whatever bytes arrive, every procedure answers with a reply of its own form. WINDLASS_PROPERTY_RUNS sets how many
 * damaged messages are sent, WINDLASS_PROPERTY_SEED repeats a run.
 */
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { FileLocks } from '../filesystem/locks/file-locks.ts';
import { GatewayLife, MemoryBucket, root } from '../filesystem/testing/gateway-life.ts';
import { silentLog } from '../log.ts';
import type { RpcConnection } from '../rpc/program.ts';
import { decode, XdrError, XdrReader, XdrWriter } from '../rpc/xdr.ts';
import { Nfs3Status } from './codec/status.ts';
import { MountProgram } from './mount/program.ts';
import { Nlm } from './nlm/nlm.ts';
import { Nfs3Program } from './program.ts';
import { damage, damaged } from './testing/damage.ts';
import { sampleCalls, type SampleCall } from './testing/messages.ts';

const runs = Number(process.env['WINDLASS_PROPERTY_RUNS'] ?? 5000);
const seed = Number(process.env['WINDLASS_PROPERTY_SEED'] ?? 20_261_125);

const connection: RpcConnection = {
  ...{ id: 1, remoteAddress: '127.0.0.1', remotePort: 700, localAddress: '127.0.0.1' },
  onClose: () => undefined,
  call: () => Promise.reject(new Error('not here')),
};

async function begin() {
  const bucket = new MemoryBucket();
  for (const key of ['file', 'directory/inner']) bucket.write(key, Buffer.from(key), { user: {} });
  const times = { settle: 600_000, latest: 600_000, idle: 600_000, hopeless: 600_000 };
  const life = await GatewayLife.begin({ store: { bucket }, times });
  const { database, fileSystem } = life;
  const faults: object[] = [];
  const log = { ...silentLog, error: (fields: object) => void faults.push(fields) };
  const locks = new FileLocks();
  const clock = (): number => performance.now();
  const nlm = new Nlm({ database, fileSystem, locks, graceSeconds: 1, clock, log, portmapperPort: 1 });
  nlm.start();
  onTestFinished(async () => {
    nlm.stop();
    await life.cleanUp();
  });
  const programs = [
    new Nfs3Program({ fileSystem, locks, log }),
    new MountProgram({ fileSystem, log }),
    ...nlm.programs,
  ];
  const top = await life.exported();
  const find = async (name: string): Promise<Buffer> => (await fileSystem.lookup(top, name, root)).handle;
  const link = await fileSystem.makeSymlink(top, 'link', 'file', {}, { caller: root });
  const calls = async (): Promise<readonly SampleCall[]> =>
    sampleCalls({
      root: top.handle,
      directory: await find('directory'),
      file: await find('file'),
      link: link.node.handle,
    });
  /** Damaged REMOVE and RENAME take away what the others need. */
  const mend = async (): Promise<void> => {
    const how = { mode: 'unchecked', attributes: {} } as const;
    await fileSystem.createFile(top, 'file', how, { caller: root });
    await fileSystem.makeDirectory(top, 'directory', {}, { caller: root }).catch(() => undefined);
    await fileSystem.setAttributes(top, { mode: 0o755, uid: 0, gid: 0 }, { caller: root });
  };
  return { programs, calls, mend, faults };
}

it('a damaged message is answered in its procedure’s form, and never a fault', async () => {
  const { programs, calls, mend, faults } = await begin();
  const seen = new Set<string>();
  let samples = await calls();
  let xid = 0;
  const send = async (sample: SampleCall, body: Buffer): Promise<void> => {
    const { program: number, version, procedure } = sample;
    const program = programs.find((one) => one.program === number);
    if (program === undefined) throw new Error(`no program ${number}`);
    const results = new XdrWriter();
    const credential = { flavor: 'sys', machine: 'host', uid: 0, gid: 0, gids: [] } as const;
    const call = { xid: ++xid, version, procedure, credential, connection, recordSize: body.length };
    try {
      expect(await program.perform({ ...call, arguments: new XdrReader(body) }, results)).toBe('done');
    } catch (error) {
      // The RPC layer answers GARBAGE_ARGS.
      if (error instanceof XdrError) return;
      throw error;
    }
    const reply = results.concat();
    const status = sample.hasStatus ? reply.readUInt32BE(0) : 0;
    expect(status).not.toBe(Nfs3Status.SERVERFAULT);
    decode(sample.read(status), sample.hasStatus ? reply.subarray(4) : reply);
    if (status === 0) seen.add(sample.name);
  };
  const message = fc.record({ which: fc.nat(10_000), damages: fc.array(damage, { maxLength: 4 }) });
  let sent = 0;
  await fc.assert(
    fc.asyncProperty(message, async ({ which, damages }) => {
      if (++sent % 50 === 0) {
        await mend();
        samples = await calls();
      }
      const sample = samples[which % samples.length];
      if (sample !== undefined) await send(sample, damaged(sample.body, damages));
      expect(faults).toEqual([]);
    }),
    { numRuns: runs, seed },
  );
  // Damage that is refused at the door would prove nothing about the procedures; hard links are always refused.
  expect(samples.map(({ name }) => name).filter((name) => name !== 'LINK' && !seen.has(name))).toEqual([]);
}, 1_800_000);
