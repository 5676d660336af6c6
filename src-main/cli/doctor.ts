/** `windlass doctor`: what keeps Windlass from working here, and how to mend it. */
import { Command } from 'commander';
import { Connections } from '../connections/connections.ts';
import { Keychain } from '../connections/keychain.ts';
import { SessionSecrets } from '../connections/secrets.ts';
import { testConnection } from '../connections/test-connection.ts';
import { examine } from '../doctor/doctor.ts';
import type { Finding } from '../doctor/finding.ts';
import { thisMachine } from '../doctor/machine.ts';
import { folders } from '../folders.ts';
import { CommandError } from './command-error.ts';
import { printable, printJson } from './format.ts';
import { withGateway } from './running-gateway.ts';

export function doctorCommand(ended: (status: number) => void): Command {
  return new Command('doctor')
    .description('Look for what keeps Windlass from working on this machine, and say how to mend it.')
    .option('--json', 'as JSON, for programs')
    .addHelpText(
      'after',
      `
It looks at the system's NFS client, the right to mount, the gateway's port, the keychain, and every connection: its
address, a proxy, the certificate, the clock, the keys. It changes nothing.

Examples:
  windlass doctor
  windlass doctor --json | jq '.[] | select(.outcome == "fail")'

Exit status: 0 nothing is in the way, 1 something is, 2 the command line is wrong.`,
    )
    .action(async ({ json }: { readonly json?: boolean }) => {
      const keychain = new Keychain();
      const connections = await Connections.open({
        folder: folders().config,
        keychain,
        session: new SessionSecrets(),
      });
      const findings = await examine({
        machine: thisMachine,
        environment: process.env,
        keychain,
        connections: connections.all(),
        test: (one) => testConnection(one, () => connections.signIn(one.name)),
        gatewayRuns: await gatewayRuns(),
      });
      if (json === true) printJson(findings);
      else process.stdout.write(findings.map(linesOf).join(''));
      ended(findings.some(({ outcome }) => outcome === 'fail') ? 1 : 0);
    });
}

async function gatewayRuns(): Promise<boolean> {
  try {
    await withGateway({}, (client) => client.call('hello', {}));
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}

function linesOf({ check, outcome, detail, remedy }: Finding): string {
  const line = `${outcome}  ${check}: ${printable(detail)}\n`;
  return remedy === undefined ? line : `${line}      ${printable(remedy)}\n`;
}
