/** What a client of NLM runs itself: a portmapper, a lock manager that is called back, a status monitor. */
import { PortmapperProgram, type Service } from '../../../rpc/portmapper/program.ts';
import type { RpcOutcome, RpcProgram } from '../../../rpc/program.ts';
import { serve } from '../../../rpc/testing/serve.ts';
import type { Decoded } from '../../../rpc/xdr.ts';
import { nsmProgram, stateChange } from '../../nsm/codec.ts';
import { nlmProgram, NlmProcedure, NlmStatus, plainResult, testArguments } from '../codec.ts';

export class ClientHost {
  readonly grants: Decoded<typeof testArguments>[] = [];
  /** Answers of this server to messages without replies: procedure and arguments. */
  readonly answers: { readonly procedure: number; readonly body: Buffer }[] = [];
  readonly restarts: Decoded<typeof stateChange>[] = [];
  /** What a grant is answered with. */
  answer: NlmStatus = NlmStatus.GRANTED;
  /** While it does, grants wait. */
  waits: Promise<void> = Promise.resolve();
  portmapperPort = 0;

  /** Ends with the test that calls it. */
  static async start(): Promise<ClientHost> {
    const host = new ClientHost();
    const { port } = await serve(host.#programs());
    const services: Service[] = [
      { program: nlmProgram, version: 4, transport: 'tcp', port },
      { program: nsmProgram, version: 1, transport: 'tcp', port },
    ];
    host.portmapperPort = (await serve([new PortmapperProgram(services)])).port;
    return host;
  }

  #programs(): readonly RpcProgram[] {
    return [
      {
        program: nlmProgram,
        versions: [4],
        perform: async (call, results): Promise<RpcOutcome> => {
          if (call.procedure !== NlmProcedure.GRANTED) {
            const body = call.arguments.bytes(call.arguments.remaining);
            this.answers.push({ procedure: call.procedure, body });
            return 'done';
          }
          const granted = testArguments.decode(call.arguments);
          this.grants.push(granted);
          await this.waits;
          plainResult.encode(results, { cookie: granted.cookie, status: this.answer });
          return 'done';
        },
      },
      {
        program: nsmProgram,
        versions: [1],
        perform: (call) => {
          this.restarts.push(stateChange.decode(call.arguments));
          return Promise.resolve('done');
        },
      },
    ];
  }
}
