/** Which program answers a call, by number and version, and how it is answered where none does. RFC 5531 §9. */
import type { CallMessage } from './message.ts';
import type { RpcCall, RpcConnection, RpcOutcome, RpcProgram } from './program.ts';
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
  answer(
    message: CallMessage,
    connection: RpcConnection,
    recordSize: number,
  ): Promise<XdrWriter | undefined> | XdrWriter | undefined {
    const reply = new XdrWriter();
    if (message.type === 'unacceptable call') {
      encodeRefusal(reply, message.xid, message.refusal);
      return reply;
    }
    const { program, xid, version, procedure, credential } = message.header;
    const call = { xid, version, procedure, credential, connection, arguments: message.arguments, recordSize };
    // As a rule there are results, and they follow.
    encodeSuccess(reply, xid);
    const end = (outcome: Outcome): XdrWriter | undefined => {
      if (outcome === 'drop') return undefined;
      if (outcome.status !== 'success') {
        reply.rewind(0);
        encodeRefusal(reply, xid, outcome);
      }
      return reply;
    };
    const outcome = this.#perform(program, call, reply);
    return outcome instanceof Promise ? outcome.then(end) : end(outcome);
  }

  #perform(number: number, call: RpcCall, results: XdrWriter): Promise<Outcome> | Outcome {
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
      const performed = program.perform(call, results);
      if (!(performed instanceof Promise)) return outcomeOf(performed);
      return performed.then(outcomeOf).catch((error: unknown) => this.#failed(call, error));
    } catch (error) {
      return this.#failed(call, error);
    }
  }

  #failed(call: RpcCall, error: unknown): Refusal {
    if (error instanceof XdrError) {
      const { remoteAddress: address } = call.connection;
      this.#log.warn({ address, error: error.message }, 'A request could not be decoded.');
      return { status: 'garbage arguments' };
    }
    this.#log.error({ error }, 'A request failed unexpectedly.');
    return { status: 'system error' };
  }
}

type Outcome = typeof success | Refusal | 'drop';

function outcomeOf(performed: RpcOutcome): Outcome {
  switch (performed) {
    case 'done':
      return success;
    case 'unknown procedure':
      return { status: 'procedure unavailable' };
    case 'drop':
      return 'drop';
  }
}
