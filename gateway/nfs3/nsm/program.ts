/**
 * NSM as an RPC program: clients say by NOTIFY that they have restarted. Nobody can have this gateway watch other hosts:
 * whom it watches it knows by their locks. X/Open XNFS, chapter 11.
 */
import type { RpcCall, RpcProgram } from '../../rpc/program.ts';
import type { XdrWriter } from '../../rpc/xdr.ts';
import { nsmNotifyProcedure, nsmProgram, stateChange, stateResult, statusResult } from './codec.ts';

const Procedure = { null: 0, stat: 1, mon: 2, unmon: 3, unmonAll: 4, simulateCrash: 5 } as const;
const Result = { success: 0, failure: 1 } as const;

export interface NsmSettings {
  /** NSM's state number of this gateway. */
  readonly state: number;
  readonly onRestart: (client: { readonly name: string; readonly address: string; readonly state: number }) => void;
}

export class NsmProgram implements RpcProgram {
  readonly program = nsmProgram;
  readonly versions: readonly number[] = [1];
  readonly #settings: NsmSettings;

  constructor(settings: NsmSettings) {
    this.#settings = settings;
  }

  perform(call: RpcCall, results: XdrWriter): Promise<'done' | 'unknown procedure'> {
    return Promise.resolve(this.#perform(call, results));
  }

  #perform(call: RpcCall, results: XdrWriter): 'done' | 'unknown procedure' {
    const { state, onRestart } = this.#settings;
    switch (call.procedure) {
      case Procedure.null:
      case Procedure.simulateCrash:
        return 'done';
      case Procedure.stat:
        statusResult.encode(results, { result: Result.success, state });
        return 'done';
      case Procedure.mon:
        statusResult.encode(results, { result: Result.failure, state });
        return 'done';
      case Procedure.unmon:
      case Procedure.unmonAll:
        stateResult.encode(results, { state });
        return 'done';
      case nsmNotifyProcedure: {
        const change = stateChange.decode(call.arguments);
        onRestart({ ...change, address: call.connection.remoteAddress });
        return 'done';
      }
      default:
        return 'unknown procedure';
    }
  }
}
