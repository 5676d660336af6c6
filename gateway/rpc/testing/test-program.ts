/** A program whose procedures do what the tests of the server need. */
import type { RpcCall, RpcProgram } from '../program.ts';
import { opaque, type XdrWriter } from '../xdr.ts';

export const Procedure = { null: 0, echo: 1, wait: 2, fail: 3, drop: 4, callBack: 5 } as const;

export const echoed = opaque(4 * 1024 * 1024);

export class TestProgram implements RpcProgram {
  readonly program = 0x2000_0001;
  readonly versions: readonly number[] = [3, 4];
  /** Calls of `wait` that wait, in the order in which they came; each is answered with its xid. */
  readonly waiting: { readonly call: RpcCall; readonly release: () => void }[] = [];
  readonly calls: RpcCall[] = [];
  /** What `echo` answers; undefined: its argument. */
  answer: Buffer | undefined;
  mostAtOnce = 0;

  async perform(call: RpcCall, results: XdrWriter): Promise<'done' | 'unknown procedure' | 'drop'> {
    this.calls.push(call);
    switch (call.procedure) {
      case Procedure.echo: {
        const argument = echoed.decode(call.arguments);
        echoed.encode(results, this.answer ?? argument);
        return 'done';
      }
      case Procedure.wait:
        await new Promise<void>((resolve) => {
          this.waiting.push({ call, release: resolve });
          this.mostAtOnce = Math.max(this.mostAtOnce, this.waiting.length);
        });
        results.uint32(call.xid);
        return 'done';
      case Procedure.fail:
        results.uint32(1);
        throw new TypeError('a mistake in the program');
      case Procedure.drop:
        return 'drop';
      case Procedure.callBack: {
        const answer = await call.connection.call(7, 1, 2, (writer) => writer.uint32(41));
        results.uint32(answer.uint32());
        return 'done';
      }
      default:
        return 'unknown procedure';
    }
  }

  /** Ends the call of `wait` that came first. */
  release(): void {
    const first = this.waiting.shift();
    if (first === undefined) throw new Error('nothing waits');
    first.release();
  }
}
