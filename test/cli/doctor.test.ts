/** `windlass doctor` on this machine, with endpoints that are wrong. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../src-main/doctor/finding.ts';
import { closedPort, plainServer, startProxy } from '../connections/servers.ts';
import { CommandLine } from './windlass.ts';

let windlass: CommandLine;
beforeEach(async () => {
  windlass = await CommandLine.create();
});
afterEach(() => windlass[Symbol.asyncDispose]());

const keep = (name: string, endpoint: string) =>
  windlass.run(['connection', 'add', name, '--endpoint', endpoint, '--environment', '--no-test']);

async function findings(environment: Readonly<Record<string, string>> = {}): Promise<readonly Finding[]> {
  const { stdout } = await windlass.run(['doctor', '--json'], { environment });
  return JSON.parse(stdout) as Finding[];
}

describe('windlass doctor', () => {
  it('names a dead endpoint and a wrong clock, each with its remedy, and ends with 1', async () => {
    await keep('dead', `http://127.0.0.1:${await closedPort()}`);
    const late = await plainServer((_request, response) =>
      response.writeHead(403, { date: new Date(Date.now() - 86_400_000).toUTCString() }).end(),
    );
    await keep('late', `http://127.0.0.1:${late}`);
    const { status, stdout } = await windlass.run(['doctor']);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^fail {2}connection dead: Nothing listens at .*\n {6}Check that the service runs/m);
    expect(stdout).toMatch(
      /^warn {2}connection late: The clock of this machine is 24 hours ahead.*\n {6}Set the clock/m,
    );
  });

  it('says what a proxy refuses', async () => {
    await keep('lab', 'https://s3.example.com');
    const { url } = await startProxy(407);
    const found = await findings({ HTTPS_PROXY: url });
    expect(found).toContainEqual(expect.objectContaining({ check: 'proxy', outcome: 'good' }));
    expect(found).toContainEqual(
      expect.objectContaining({
        check: 'connection lab',
        outcome: 'fail',
        remedy: 'Write them into its address: http://USER:PASSWORD@HOST:PORT.',
      }),
    );
  });

  it('says which of this machine’s parts it has looked at', async () => {
    expect((await findings()).map(({ check }) => check)).toEqual(
      expect.arrayContaining(['NFS client', 'right to mount', 'port 2049', 'keychain', 'connections']),
    );
  });
});
