import { describe, expect, it } from 'vitest';
import { CallRefusedError } from './errors.ts';
import type { RpcProgram } from './program.ts';
import { serve } from './testing/serve.ts';

const answering = (program: number, versions: readonly number[], answer: number): RpcProgram => ({
  program,
  versions,
  perform: (_, results) => {
    results.uint32(answer);
    return Promise.resolve('done');
  },
});

describe('programs on one port', () => {
  const programs = [answering(7, [3], 30), answering(7, [5, 6], 50), answering(8, [1], 10)];
  const none = { flavor: 'none' } as const;

  it('are told apart by number and version', async () => {
    const client = await (await serve(programs)).connect();
    const answer = async (program: number, version: number): Promise<number> =>
      (await client.call(program, version, 1, none, () => undefined)).uint32();
    expect([await answer(7, 3), await answer(7, 6), await answer(8, 1)]).toEqual([30, 50, 10]);
  });

  it.each([
    [7, 4, 3, 6],
    [7, 2, 3, 6],
    [8, 3, 1, 1],
  ])('answer version %2$d of program %1$d with the range of all that serve it', async (program, version, low, high) => {
    const client = await (await serve(programs)).connect();
    const refused = client.call(program, version, 0, none, () => undefined);
    await expect(refused).rejects.toThrow(new CallRefusedError({ status: 'program mismatch', low, high }));
  });
});
