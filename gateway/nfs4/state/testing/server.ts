/** A server with a database in a temporary folder that can be restarted, and whose clock the test turns. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { Database } from '../../../database/database.ts';
import { FileLocks } from '../../../filesystem/locks/file-locks.ts';
import { silentLog } from '../../../log.ts';
import type { RpcCall, RpcOutcome, RpcProgram } from '../../../rpc/program.ts';
import type { XdrWriter } from '../../../rpc/xdr.ts';
import { performCompound } from '../../compound.ts';
import { operations } from '../../operations/index.ts';
import type { MinorVersion } from '../../operation.ts';
import { CompoundClient, fakeConnection } from '../../testing/compound-client.ts';
import { MemoryFileSystem } from '../../testing/memory-file-system.ts';
import { ServerState, type StateLimits } from '../server-state.ts';

export const leaseSeconds = 60;

export class TestServer {
  readonly fileSystem = new MemoryFileSystem();
  readonly program: RpcProgram;
  readonly #folder: string;
  readonly #limits: Partial<StateLimits>;
  readonly #patience: number | undefined;
  #database: Database;
  #now = 1_000_000;
  state: ServerState;

  private constructor(folder: string, database: Database, limits: Partial<StateLimits>, patience: number | undefined) {
    this.#patience = patience;
    this.#folder = folder;
    this.#limits = limits;
    this.#database = database;
    this.state = this.#begin();
    this.program = {
      program: 100003,
      versions: [4],
      perform: async (request: RpcCall, results: XdrWriter): Promise<RpcOutcome> => {
        const { fileSystem, state } = this;
        await performCompound(request, results, { fileSystem, state, log: silentLog, operations });
        return 'done';
      },
    };
  }

  /** Ends with the test that calls it. */
  static async start(
    limits: Partial<StateLimits> = {},
    opts: { readonly delegationPatience?: number } = {},
  ): Promise<TestServer> {
    const folder = await mkdtemp(path.join(tmpdir(), 'windlass-state-'));
    const server = new TestServer(folder, await Database.open(folder), limits, opts.delegationPatience);
    onTestFinished(async () => {
      server.state.stop();
      await server.#database.close();
      await rm(folder, { recursive: true });
    });
    return server;
  }

  /** Turns the clock. */
  pass(seconds: number): void {
    this.#now += seconds * 1000;
  }

  /** A new process on the same data: the file system keeps its files, every open is gone. */
  async restart(): Promise<void> {
    this.state.stop();
    await this.#database.close();
    this.#database = await Database.open(this.#folder);
    this.state = this.#begin();
  }

  connect(minorVersion: MinorVersion, uid = 1000): CompoundClient {
    const credential = { flavor: 'sys', machine: 'client', uid, gid: uid, gids: [] } as const;
    return new CompoundClient(this.program, operations, minorVersion, credential, fakeConnection());
  }

  #begin(): ServerState {
    const state = new ServerState({
      database: this.#database,
      fileSystem: this.fileSystem,
      leaseSeconds,
      clock: () => this.#now,
      log: silentLog,
      limits: this.#limits,
      locks: new FileLocks(this.#patience),
    });
    state.start();
    return state;
  }
}
