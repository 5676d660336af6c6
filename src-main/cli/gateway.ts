/** `windlass gateway`: a gateway alone, in its own process. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Command, Option } from 'commander';
import type { GatewayConfiguration } from '../../gateway/configuration.ts';
import type { LogLevel } from '../../gateway/main.ts';
import { folders } from '../folders.ts';
import { defaultDataFolder } from './running-gateway.ts';
import { CommandError } from './command-error.ts';
import { readCredentialsFile } from '../connections/credentials-file.ts';
import { ControlServer } from './control-server.ts';
import { gatewayConfigurationFrom, type GatewayOptions } from './gateway-configuration.ts';
import { serveGateway } from './serve-gateway.ts';
import { readTlsFiles } from './tls-files.ts';

interface Options extends GatewayOptions {
  readonly pidFile?: string;
  readonly logLevel: LogLevel;
}

const collect = (value: string, before: readonly string[]) => [...before, value];

/** @param ended told the exit status when the command has ended by itself */
export function gatewayCommand(ended: (status: number) => void): Command {
  return new Command('gateway')
    .description('Serve buckets and folders over NFSv4 until SIGTERM or Ctrl-C.')
    .option('--bind <address:port>', 'where to listen; beyond loopback only with --allow', '127.0.0.1:2049')
    .option('--endpoint <url>', 'the S3 endpoint; without it AWS, by region')
    .option('--region <region>', 'the region of the buckets')
    .option('--path-style', 'name buckets in the path of URLs; the default for endpoints outside AWS')
    .option('--no-path-style', 'name buckets in the host of URLs')
    .option('--profile <name>', "a profile of AWS's configuration files")
    .option('--credentials-file <file>', 'a TOML file, readable by you alone, with the keys')
    .option('--access-key <key>', 'an access key; every user of this machine can see it')
    .option('--secret-key <key>', 'its secret key; every user of this machine can see it')
    .option(
      '--export <name=bucket[/prefix]>',
      'a bucket, or a part of it, to serve as /NAME; may be repeated',
      collect,
      [],
    )
    .option('--folder <name=dir>', 'a local folder of objects to serve as /NAME; may be repeated', collect, [])
    .option('--read-only', 'refuse every change')
    .option('--unlisted', 'leave the exports out of lists; who knows a name can mount it')
    .option('--uid <number>', 'owner of objects that name none (default: you)')
    .option('--gid <number>', 'group of objects that name none (default: yours)')
    .addOption(
      new Option('--squash <who>', 'whose requests are made as nobody (default: none on loopback, else root)').choices([
        'none',
        'root',
        'all',
      ]),
    )
    .option('--data-dir <dir>', "the gateway's database and what is not in S3 yet; one gateway per folder")
    .option(
      '--cache-size <size>',
      'disk for what was read, such as 50G; 0: none (default: 10G, or a tenth of the disk)',
    )
    .option('--memory-cache-size <size>', 'memory for what was read (default: 96M)')
    .option('--pid-file <file>', 'where to write the process id')
    .option('--lease <seconds>', 'how long clients may be silent, 1 to 3600 (default: 60)')
    .option('--insecure-ports', 'accept clients from ports above 1023 (default outside Linux)')
    .option('--allow <cidr>', 'addresses that may connect, beside loopback; may be repeated', collect, [])
    .option('--portmapper', 'answer on port 111 where NFSv3 is, which Windows needs; takes root')
    .option('--tls-certificate <file>', 'offer RPC-with-TLS (RFC 9289) with this certificate, PEM')
    .option('--tls-key <file>', 'its key, PEM, readable by no other user')
    .option('--tls-client-ca <file>', 'serve TLS only to clients with a certificate signed by one of these, PEM')
    .option('--require-tls', 'refuse requests outside TLS')
    .option('--write-through', 'confirm writes only when they are in S3')
    .option('--metadata-ttl <seconds>', 'how long metadata is trusted; 0: never (default: 10)')
    .addOption(
      new Option('--log-level <level>', 'how much is logged to stderr')
        .choices(['debug', 'info', 'warn', 'error', 'silent'] satisfies LogLevel[])
        .default('info'),
    )
    .addHelpText('after', '\nWithout --export and --folder every bucket that the keys can list is served.')
    .action(async (options: Options) => {
      ended(await gateway(options));
    });
}

async function gateway(options: Options): Promise<number> {
  const workingFolder = process.cwd();
  const credentials =
    options.credentialsFile === undefined
      ? undefined
      : await readCredentialsFile(path.resolve(workingFolder, options.credentialsFile));
  const configuration = gatewayConfigurationFrom(options, {
    environment: process.env,
    workingFolder,
    platform: process.platform,
    uid: process.getuid?.(),
    gid: process.getgid?.(),
    dataFolder: defaultDataFolder(),
    cacheFolder: path.join(folders().cache, 'gateway'),
    credentials,
    tls: await readTlsFiles(options, workingFolder),
  });
  if (options.accessKey !== undefined) {
    process.stderr.write(
      'windlass: Warning: every user of this machine can see --access-key and --secret-key in the list of processes; --credentials-file, --profile and the environment are not shown there.\n',
    );
  }
  await requireFolders(configuration);
  // Only now: it loads the database and the S3 client, which `--help` and a wrong flag do without.
  const { GatewayStartError, runGateway, stderrLog } = await import('../../gateway/main.ts');
  const log = stderrLog(options.logLevel);
  return serveGateway({
    start: () =>
      runGateway(configuration, log).catch((error: unknown) => {
        throw error instanceof GatewayStartError ? new CommandError(error.message, { cause: error }) : error;
      }),
    log,
    pidFile: options.pidFile === undefined ? undefined : path.resolve(workingFolder, options.pidFile),
    openControl: (running) =>
      ControlServer.open({
        gateway: running,
        runtimeFolder: folders().runtime,
        dataFolder: configuration.dataFolder,
        platform: process.platform,
      }),
  });
}

/** A folder that is not there is a slip of the pen more often than a wish for a new one. */
async function requireFolders({ exports }: GatewayConfiguration): Promise<void> {
  for (const { name, bucket, connection } of exports) {
    if (connection.kind !== 'folder') continue;
    const found = await stat(bucket).catch((error: unknown) => {
      if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw new CommandError(`The folder ${bucket} of --folder ${name} cannot be opened by this user.`, {
        cause: error,
      });
    });
    if (found?.isDirectory() !== true) {
      throw new CommandError(
        `There is no folder ${bucket}, which --folder ${name} names: make it, or correct the path.`,
      );
    }
  }
}
