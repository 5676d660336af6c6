/** Which program answers a call, by number and version, and how it is answered where none does. RFC 5531 §9. */
import type { CallMessage } from './message.ts';
import type { RpcCall, RpcConnection, RpcProgram } from './program.ts';
import type { RateLimitedLog } from './rate-limited-log.ts';
import { encodeRefusal, encodeSuccess, type Refusal } from './reply.ts';
import { XdrError, XdrWriter } from './xdr.ts';

const success = { status: 'success' } as const;

export class ProgramTable {
  /** By program and version. */
  readonly #programs = new Map<number, Map<number, RpcProgram>>();
  readonly #log: RateLimitedLog;

  constructor(programs: readonly RpcProgram[], log: RateLimitedLog) {
    this.#log = log;
    for (const one of programs) {
      const versions = this.#programs.get(one.program) ?? new Map<number, RpcProgram>();
      this.#programs.set(one.program, versions);
      for (const version of one.versions) versions.set(version, one);
    }
  }

  /** @returns the reply; undefined: none is to be sent */
  async answer(message: CallMessage, connection: RpcConnection, recordSize: number): Promise<XdrWriter | undefined> {
    const reply = new XdrWriter();
    if (message.type === 'unacceptable call') {
      encodeRefusal(reply, message.xid, message.refusal);
      return reply;
    }
    const { program, ...call } = message.header;
    const results = new XdrWriter();
    const outcome = await this.#perform(
      program,
      { ...call, connection, arguments: message.arguments, recordSize },
      results,
    );
    if (outcome === 'drop') return undefined;
    if (outcome.status === 'success') {
      encodeSuccess(reply, call.xid);
      reply.append(results);
    } else encodeRefusal(reply, call.xid, outcome);
    return reply;
  }

  async #perform(number: number, call: RpcCall, results: XdrWriter): Promise<typeof success | Refusal | 'drop'> {
    const versions = this.#programs.get(number);
    if (versions === undefined) return { status: 'program unavailable' };
    const program = versions.get(call.version);
    if (program === undefined) {
      const known = [...versions.keys()];
      return { status: 'program mismatch', low: Math.min(...known), high: Math.max(...known) };
    }
    // RFC 5531 §12.1: the same for every program.
    if (call.procedure === 0) return success;
    try {
      switch (await program.perform(call, results)) {
        case 'done':
          return success;
        case 'unknown procedure':
          return { status: 'procedure unavailable' };
        case 'drop':
          return 'drop';
      }
    } catch (error) {
      if (error instanceof XdrError) {
        const { remoteAddress: address } = call.connection;
        this.#log.warn({ address, error: error.message }, 'A request could not be decoded.');
        return { status: 'garbage arguments' };
      }
      this.#log.error({ error }, 'A request failed unexpectedly.');
      return { status: 'system error' };
    }
  }
}
