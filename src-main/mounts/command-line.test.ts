import { describe, expect, it } from 'vitest';
import { runCommand } from './command-line.ts';

const node = (code: string, timeLimit = 20_000) =>
  runCommand({ program: process.execPath, args: ['-e', code], timeLimit });

describe('A command', () => {
  it('tells its status and what it said', async () => {
    expect(await node('console.log("a"); console.error("b"); process.exit(3)')).toMatchObject({
      status: 3,
      stdout: 'a\n',
      stderr: 'b\n',
      timedOut: false,
      missing: false,
    });
  });

  it('is killed when its time is over, and says so', async () => {
    expect(await node('setInterval(() => {}, 1000)', 100)).toMatchObject({ status: undefined, timedOut: true });
  });

  it('that does not exist is told from one that fails', async () => {
    const outcome = await runCommand({ program: '/no/such/program', args: [], timeLimit: 1000 });
    expect(outcome).toMatchObject({ status: undefined, missing: true });
  });

  it('is run in the C locale, and not by a shell', async () => {
    const { stdout } = await runCommand({
      program: process.execPath,
      args: ['-e', 'console.log(process.env.LC_ALL, process.argv[1])', '$(echo x)'],
      timeLimit: 20_000,
    });
    expect(stdout).toBe('C $(echo x)\n');
  });
});
