/** What `--tls-certificate`, `--tls-key` and `--tls-client-ca` name. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { GatewayConfiguration } from '../../gateway/configuration.ts';
import { CommandError, UsageError } from './command-error.ts';
import type { GatewayOptions } from './gateway-configuration.ts';

type TlsOptions = Pick<GatewayOptions, 'tlsCertificate' | 'tlsKey' | 'tlsClientCa' | 'requireTls'>;

/** @throws UsageError where flags do not go together, CommandError where a file cannot be used */
export async function readTlsFiles(
  { tlsCertificate, tlsKey, tlsClientCa, requireTls = false }: TlsOptions,
  workingFolder: string,
): Promise<GatewayConfiguration['tls']> {
  if (tlsCertificate === undefined || tlsKey === undefined) {
    if (tlsCertificate === undefined && tlsKey === undefined && tlsClientCa === undefined && !requireTls)
      return undefined;
    throw new UsageError('TLS takes both --tls-certificate and --tls-key.');
  }
  const read = (flag: string, file: string): Promise<string> => readText(flag, path.resolve(workingFolder, file));
  await requirePrivate(path.resolve(workingFolder, tlsKey));
  return {
    certificate: await read('--tls-certificate', tlsCertificate),
    key: await read('--tls-key', tlsKey),
    ...(tlsClientCa !== undefined && { clientCa: await read('--tls-client-ca', tlsClientCa) }),
    required: requireTls,
  };
}

async function readText(flag: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new CommandError(
      `${flag} names ${file}, which cannot be read: ${(cause as NodeJS.ErrnoException).code ?? ''}.`,
      {
        cause,
      },
    );
  }
}

/** A group may read a key, as it is where services share certificates; everybody may not. */
async function requirePrivate(file: string): Promise<void> {
  if (process.platform === 'win32') return;
  const mode = await stat(file).then(
    (found) => found.mode,
    () => 0,
  );
  if ((mode & 0o007) !== 0) {
    throw new CommandError(`Every user can read the key ${file}: take that away with chmod o= ${file}.`);
  }
}
