/**
 * Whatever bytes arrive, COMPOUND answers with a COMPOUND4res. WINDLASS_PROPERTY_RUNS sets how many damaged COMPOUNDs are
 * sent, WINDLASS_PROPERTY_SEED repeats a run.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Database } from '../database/database.ts';
import { silentLog } from '../log.ts';
import type { Credential } from '../rpc/program.ts';
import { XdrError, XdrReader } from '../rpc/xdr.ts';
import { compoundHeader } from './codec/compound.ts';
import { Nfs4Status } from './codec/status.ts';
import type { MinorVersion } from './operation.ts';
import { operations } from './operations/index.ts';
import { Nfs4Program } from './program.ts';
import { ServerState } from './state/server-state.ts';
import { CompoundClient, decodeReply, type CompoundReply } from './testing/compound-client.ts';
import { seeds, type Seeds } from './testing/encoded-compounds.ts';
import { beginAt40, beginAt41, joinOperations, type OneSlot } from './testing/held-state.ts';
import { MemoryFileSystem } from './testing/memory-file-system.ts';
import { mutateBytes, mutateOperations, mutation } from './testing/mutations.ts';

const runs = Number(process.env['WINDLASS_PROPERTY_RUNS'] ?? 30_000);
const seed = Number(process.env['WINDLASS_PROPERTY_SEED'] ?? 20_260_101);
/** A client is started afresh after so many messages, since they end up closing its files. */
const messagesPerClient = 25;

const root: Credential = { flavor: 'sys', machine: 'client', uid: 0, gid: 0, gids: [] };

let folder: string;
let database: Database;
let state: ServerState;
let program: Nfs4Program;
let clients = 0;
/** Milliseconds that pass with each message: a client keeps its lease, those before it lose theirs. */
const pace = 1000;
let now = 0;
const faults: object[] = [];

beforeEach(async () => {
  faults.length = 0;
  folder = await mkdtemp(path.join(tmpdir(), 'windlass-compound-'));
  database = await Database.open(folder);
  const fileSystem = new MemoryFileSystem();
  const log = { ...silentLog, error: (fields: object) => void faults.push(fields) };
  state = new ServerState({ database, fileSystem, leaseSeconds: 60, clock: () => now, log });
  state.start();
  program = new Nfs4Program({ fileSystem, state, log });
});

afterEach(async () => {
  state.stop();
  await database.close();
  await rm(folder, { recursive: true });
});

interface Conversation {
  readonly client: CompoundClient;
  readonly slot: OneSlot | undefined;
  readonly seeds: Seeds;
}

async function converse(minorVersion: MinorVersion): Promise<Conversation> {
  const id = `client ${++clients}`;
  const client = new CompoundClient(program, operations, minorVersion, root);
  if (minorVersion === 0) {
    return { client, slot: undefined, seeds: seeds(await beginAt40(client, id), 0) };
  }
  const { held, slot } = await beginAt41(client, minorVersion, id);
  return { client, slot, seeds: seeds(held, minorVersion) };
}

/** Never granted, or only once to each client, when it begins. */
const refused: ReadonlySet<string> = new Set([
  'DELEGPURGE',
  'DELEGRETURN',
  'DESTROY_CLIENTID',
  'LINK',
  'OFFLOAD_CANCEL',
  'OFFLOAD_STATUS',
  'OPEN_CONFIRM',
  'RECLAIM_COMPLETE',
  'SETCLIENTID_CONFIRM',
]);

const damage = fc.record({
  seed: fc.nat(1_000_000),
  structure: fc.array(mutation, { maxLength: 2 }),
  bytes: fc.array(mutation, { maxLength: 4 }),
  /** Whether the head and SEQUENCE are damaged as well. */
  everything: fc.boolean(),
});

/** Sends the bytes; what answers them, or 'garbage' where the head could not be read. */
async function answerTo(client: CompoundClient, body: Buffer): Promise<CompoundReply | 'garbage'> {
  try {
    return decodeReply(await client.sendRaw(body), operations);
  } catch (error) {
    if (!(error instanceof XdrError)) throw error;
    expect(() => compoundHeader.decode(new XdrReader(body))).toThrow(XdrError);
    return 'garbage';
  }
}

describe.each([0, 1, 2] as const)('a damaged COMPOUND of 4.%d', (minorVersion) => {
  it('is always answered with a COMPOUND4res and never a fault', async () => {
    let sent = 0;
    let conversation: Conversation | undefined;
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(damage, async (damaged) => {
        if (conversation === undefined || ++sent % messagesPerClient === 0) {
          state.tick();
          conversation = await converse(minorVersion);
        }
        now += pace;
        const { client, slot } = conversation;
        const { ordinary, sessionless } = conversation.seeds;
        const all = [...ordinary, ...sessionless];
        const chosen = all[damaged.seed % all.length] ?? [];
        const begun = slot !== undefined && !sessionless.includes(chosen) ? [slot.next] : [];
        const operationList = mutateOperations(chosen, damaged.structure, all);
        const head = joinOperations(begun, minorVersion).length;
        const whole = joinOperations([...begun, ...operationList], minorVersion);
        const body = damaged.everything
          ? mutateBytes(whole, damaged.bytes)
          : Buffer.concat([whole.subarray(0, head), mutateBytes(whole.subarray(head), damaged.bytes)]);
        const answer = await answerTo(client, body);
        const status = answer === 'garbage' ? answer : answer.status;
        if (answer !== 'garbage') for (const each of answer.summary) seen.add(each);
        expect(faults).toEqual([]);
        expect(status).not.toBe(Nfs4Status.SERVERFAULT);
        const begins = answer === 'garbage' ? undefined : answer.summary[0];
        if (begins === 'SEQUENCE OK') slot?.advance();
        // An undamaged SEQUENCE that is refused: an earlier message has ended the session, or used the slot.
        else if (begins?.startsWith('SEQUENCE') && !damaged.everything) conversation = undefined;
      }),
      { numRuns: Math.ceil(runs / 3), seed },
    );
    // Damage that is refused at the door would prove nothing about the operations.
    const served = [...operations.values()].filter((each) => each.minorVersions.includes(minorVersion));
    const expected = served.map(({ name }) => name).filter((name) => !refused.has(name));
    expect(expected.filter((name) => !seen.has(`${name} OK`))).toEqual([]);
  }, 600_000);
});
