/** What the gateway is told of a connection. */
import { readFile } from 'node:fs/promises';
import type { S3Connection } from '../../gateway/configuration.ts';
import type { ConnectionSettings } from '../api/connections.ts';
import { ProblemError } from '../api/problem.ts';
import type { SignIn } from './connections.ts';

/** @param signIn undefined: only to find out where requests go @throws ProblemError tls, where the CA bundle cannot be used */
export async function s3ConnectionFor(settings: ConnectionSettings, signIn: SignIn | undefined): Promise<S3Connection> {
  const { endpoint, region, pathStyle = false, proxy, caBundle } = settings;
  return {
    kind: 's3',
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    pathStyle,
    fips: false,
    dualStack: false,
    accelerate: false,
    ...(signIn !== undefined && 'keys' in signIn && { credentials: signIn.keys }),
    ...(signIn !== undefined && 'profile' in signIn && { profile: signIn.profile }),
    ...(proxy !== undefined && { proxy }),
    ...(caBundle !== undefined && { certificateAuthorities: await readBundle(caBundle) }),
  };
}

async function readBundle(file: string): Promise<string[]> {
  const more = { field: 'caBundle' };
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw ProblemError.of(
      'tls',
      `The file ${file} with certificates cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'no reason given'}).`,
      'Correct --ca-bundle.',
      { ...more, cause },
    );
  }
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length > 0) return certificates;
  throw ProblemError.of('tls', `There is no certificate in ${file}.`, 'It has to be a PEM file.', more);
}
