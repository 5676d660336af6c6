/** Looks for what keeps Windlass from working on this machine, and names the remedy of each. */
import type { ConnectionTest, ConnectionSettings } from '../api/connections.ts';
import type { SecretStore } from '../connections/secrets.ts';
import { proxyFor, type Environment } from '../connections/proxy-choice.ts';
import { endpointFindings } from './endpoints.ts';
import { good, warn, type Finding } from './finding.ts';
import { kernelClient } from './kernel-client.ts';
import { keychain } from './keychain.ts';
import type { Machine } from './machine.ts';
import { ports } from './ports.ts';
import { privileges } from './privileges.ts';

export interface Examination {
  readonly machine: Machine;
  readonly environment: Environment;
  readonly keychain: SecretStore;
  readonly connections: readonly ConnectionSettings[];
  readonly test: (connection: ConnectionSettings) => Promise<ConnectionTest>;
  /** Whether a gateway of this user runs. */
  readonly gatewayRuns: boolean;
}

/** In the order in which the remedies are best taken. */
export async function examine(examination: Examination): Promise<readonly Finding[]> {
  const { machine, environment, connections, test, gatewayRuns } = examination;
  const needsKeychain = connections.some(({ secret }) => secret.kind === 'keychain');
  const tests = await Promise.all(connections.map(async (one) => endpointFindings(one.name, await test(one))));
  return [
    await kernelClient(machine),
    await privileges(machine),
    ...(await ports(machine, gatewayRuns)),
    await keychain(examination.keychain, needsKeychain),
    ...proxyFindings(environment),
    ...(connections.length === 0
      ? [
          warn(
            'connections',
            'There are none yet, so no endpoint and no clock was tried.',
            'windlass connection add keeps one.',
          ),
        ]
      : tests.flat()),
  ];
}

/** Only where there is one to speak of. */
function proxyFindings(environment: Environment): readonly Finding[] {
  const check = 'proxy';
  const probe = new URL('https://s3.amazonaws.com');
  try {
    const proxy = proxyFor(probe, undefined, environment);
    // Its password is nobody's business.
    return proxy === undefined ? [] : [good(check, `The environment names ${proxy.host} for https.`)];
  } catch {
    return [warn(check, 'HTTPS_PROXY or HTTP_PROXY is no address.', 'Write it as http://HOST:PORT, or unset it.')];
  }
}
