/** From the words of `windlass gateway` to the gateway's configuration. Nothing here reads a file or changes anything. */
import path from 'node:path';
import {
  gatewayConfiguration,
  leastMemoryCache,
  type GatewayConfiguration,
  type S3Connection,
} from '../../gateway/configuration.ts';
import { UsageError } from './command-error.ts';
import type { Credentials } from '../connections/credentials-file.ts';
import { isLoopback, parseBind } from './parse-bind.ts';
import { parseCidr } from './parse-cidr.ts';
import { parseEndpoint, wantsPathStyle } from './parse-endpoint.ts';
import { ParseError } from './parse-error.ts';
import { parseExport, parseFolder } from './parse-export.ts';
import { parseId, parseSeconds, parseWholeSeconds } from './parse-number.ts';
import { parseSize } from './parse-size.ts';

/** The flags as commander leaves them. */
export interface GatewayOptions {
  readonly bind: string;
  readonly endpoint?: string;
  readonly region?: string;
  /** undefined: by the endpoint. */
  readonly pathStyle?: boolean;
  readonly profile?: string;
  readonly export: readonly string[];
  readonly folder: readonly string[];
  readonly readOnly?: boolean;
  readonly unlisted?: boolean;
  readonly portmapper?: boolean;
  readonly uid?: string;
  readonly gid?: string;
  readonly squash?: 'none' | 'root' | 'all';
  readonly dataDir?: string;
  readonly lease?: string;
  readonly insecurePorts?: boolean;
  readonly allow: readonly string[];
  readonly writeThrough?: boolean;
  readonly metadataTtl?: string;
  readonly cacheSize?: string;
  readonly memoryCacheSize?: string;
  readonly credentialsFile?: string;
  readonly tlsCertificate?: string;
  readonly tlsKey?: string;
  readonly tlsClientCa?: string;
  readonly requireTls?: boolean;
  readonly accessKey?: string;
  readonly secretKey?: string;
}

export interface Invocation {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingFolder: string;
  readonly platform: NodeJS.Platform;
  /** Who started the command; undefined on Windows. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** The gateway's data folder where no flag names one. */
  readonly dataFolder: string;
  /** Of what can be fetched again, where no flag names a data folder. */
  readonly cacheFolder: string;
  /** What `--credentials-file` holds. */
  readonly credentials: Credentials | undefined;
  /** What the files of `--tls-certificate`, `--tls-key` and `--tls-client-ca` hold. */
  readonly tls?: GatewayConfiguration['tls'];
}

/** @throws UsageError with a sentence that names the flag */
export function gatewayConfigurationFrom(options: GatewayOptions, invocation: Invocation): GatewayConfiguration {
  refuseContradictions(options);
  const bind = parsed('--bind', () => parseBind(options.bind));
  const allow = options.allow.map((cidr) => parsed('--allow', () => parseCidr(cidr)));
  const beyondLoopback = !isLoopback(bind.address);
  if (beyondLoopback && allow.length === 0) {
    throw new UsageError(
      `--bind ${options.bind} opens the gateway to other machines: say which with --allow, such as --allow 192.168.1.0/24.`,
    );
  }
  const shared = {
    readOnly: options.readOnly ?? false,
    listed: options.unlisted !== true,
    uid: options.uid === undefined ? (invocation.uid ?? 0) : parsed('--uid', () => parseId(options.uid ?? '')),
    gid: options.gid === undefined ? (invocation.gid ?? 0) : parsed('--gid', () => parseId(options.gid ?? '')),
    squash: options.squash ?? (beyondLoopback ? 'root' : 'none'),
    writeThrough: options.writeThrough ?? false,
    ...(options.metadataTtl !== undefined && {
      metadataTtl: parsed('--metadata-ttl', () => parseSeconds(options.metadataTtl ?? '')),
    }),
  };
  const connection = s3Connection(options, invocation);
  const exports = [
    ...options.export.map((text) => ({ ...shared, ...parsed('--export', () => parseExport(text)), connection })),
    ...options.folder.map((text) => {
      const { name, folder } = parsed('--folder', () => parseFolder(text, invocation.workingFolder));
      return { ...shared, name, bucket: folder, prefix: '', connection: { kind: 'folder' as const } };
    }),
  ];
  refuseSameNames(exports);
  refuseSamePlaces(exports);
  const dataFolder =
    options.dataDir === undefined
      ? invocation.dataFolder
      : path.resolve(
          invocation.workingFolder,
          parsed('--data-dir', () => notEmpty(options.dataDir ?? '')),
        );
  refuseDataFolderWithin(exports, dataFolder);
  return checked({
    dataFolder,
    bind,
    allow,
    // Only Linux clients come from reserved ports unasked; macOS mounts from any, so there the requirement would refuse all.
    insecurePorts: options.insecurePorts ?? invocation.platform !== 'linux',
    portmapper: options.portmapper ?? false,
    ...(options.lease !== undefined && {
      leaseSeconds: parsed('--lease', () => parseWholeSeconds(options.lease ?? '', 1, 3600)),
    }),
    cache: {
      // Another data folder is another gateway, which must not share files with this one.
      ...(options.dataDir === undefined && { folder: invocation.cacheFolder }),
      ...(options.cacheSize !== undefined && {
        diskBytes: parsed('--cache-size', () => parseSize(options.cacheSize ?? '')),
      }),
      ...(options.memoryCacheSize !== undefined && {
        memoryBytes: parsed('--memory-cache-size', () => parseSize(options.memoryCacheSize ?? '', leastMemoryCache)),
      }),
    },
    ...(invocation.tls !== undefined && { tls: invocation.tls }),
    exports,
    ...(exports.length === 0 && { allBuckets: { connection, template: shared } }),
  });
}

function s3Connection(options: GatewayOptions, { environment, credentials }: Invocation): Partial<S3Connection> {
  const variable = (...names: readonly string[]) => names.map((name) => environment[name]).find(Boolean);
  const fromEnvironment = variable('AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL');
  const endpoint =
    options.endpoint !== undefined
      ? parsed('--endpoint', () => parseEndpoint(options.endpoint ?? ''))
      : fromEnvironment &&
        parsed('The endpoint in the environment (AWS_ENDPOINT_URL)', () => parseEndpoint(fromEnvironment));
  const region =
    options.region === undefined
      ? variable('AWS_REGION', 'AWS_DEFAULT_REGION')
      : parsed('--region', () => regionName(options.region ?? ''));
  const keys =
    options.accessKey !== undefined && options.secretKey !== undefined
      ? { accessKeyId: options.accessKey, secretAccessKey: options.secretKey }
      : credentials;
  return {
    kind: 's3',
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    pathStyle: options.pathStyle ?? (endpoint !== undefined && wantsPathStyle(endpoint)),
    fips: environment['AWS_USE_FIPS_ENDPOINT'] === 'true',
    dualStack: environment['AWS_USE_DUALSTACK_ENDPOINT'] === 'true',
    ...(options.profile !== undefined && { profile: parsed('--profile', () => notEmpty(options.profile ?? '')) }),
    ...(keys !== undefined && { credentials: keys }),
  };
}

function refuseContradictions(options: GatewayOptions): void {
  if ((options.accessKey === undefined) !== (options.secretKey === undefined)) {
    throw new UsageError('--access-key and --secret-key are needed together; better is --credentials-file.');
  }
  if (options.accessKey === '' || options.secretKey === '') {
    throw new UsageError('--access-key and --secret-key must not be empty.');
  }
  const sources = [
    options.profile !== undefined && '--profile',
    options.credentialsFile !== undefined && '--credentials-file',
    options.accessKey !== undefined && '--access-key',
  ].filter((flag) => flag !== false);
  const [one, other] = sources;
  if (one !== undefined && other !== undefined) {
    throw new UsageError(`${one} and ${other} both say where the keys come from: give one of them.`);
  }
  if (options.folder.length === 0 || options.export.length > 0) return;
  const [useless] = [
    options.endpoint !== undefined && '--endpoint',
    options.region !== undefined && '--region',
    options.pathStyle !== undefined && '--path-style',
    ...sources,
  ].filter((flag) => flag !== false);
  if (useless !== undefined) {
    throw new UsageError(
      `${useless} is for S3, and only --folder is exported: add --export NAME=BUCKET, or leave it out.`,
    );
  }
}

function refuseSameNames(exports: readonly { readonly name: string }[]): void {
  const seen = new Set<string>();
  for (const { name } of exports) {
    // Lookup falls back to names that are equal under normalization, so such names could not be told apart.
    const normal = name.normalize('NFC');
    if (seen.has(normal))
      throw new UsageError(`Two exports are named ${JSON.stringify(name)}: give each its own name.`);
    seen.add(normal);
  }
}

/** Two names for the same keys would be one export with two sets of rules. */
function refuseSamePlaces(
  exports: readonly { readonly name: string; readonly bucket: string; readonly prefix: string }[],
): void {
  const seen = new Map<string, string>();
  for (const { name, bucket, prefix } of exports) {
    const place = `${bucket}/${prefix}`;
    const other = seen.get(place);
    if (other !== undefined) {
      throw new UsageError(`The exports ${other} and ${name} are the same place, ${place}: leave one of them out.`);
    }
    seen.set(place, name);
  }
}

function refuseDataFolderWithin(
  exports: readonly { readonly bucket: string; readonly connection: { readonly kind?: string } }[],
  dataFolder: string,
): void {
  const contains = (outer: string, inner: string) => `${inner}${path.sep}`.startsWith(`${outer}${path.sep}`);
  for (const { bucket, connection } of exports) {
    if (connection.kind !== 'folder') continue;
    if (contains(bucket, dataFolder) || contains(dataFolder, bucket)) {
      throw new UsageError(
        `--folder ${bucket} and the data folder ${dataFolder} lie in each other: choose another --data-dir.`,
      );
    }
  }
}

function notEmpty(text: string): string {
  if (text === '') throw new ParseError('needs a value');
  return text;
}

/** It becomes part of a host's name. */
function regionName(text: string): string {
  if (!/^[A-Za-z0-9-]{1,63}$/.test(text)) {
    throw new ParseError(`needs the name of a region, such as eu-central-1, and not ${JSON.stringify(text)}`);
  }
  return text;
}

function parsed<T>(flag: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ParseError) throw new UsageError(`${flag} ${error.message}.`, { cause: error });
    throw error;
  }
}

/** The flag that sets a field, for fields that the gateway itself refuses. */
const flagOf: Readonly<Record<string, string>> = {
  dataFolder: '--data-dir',
  bind: '--bind',
  allow: '--allow',
  leaseSeconds: '--lease',
  endpoint: '--endpoint',
  region: '--region',
  profile: '--profile',
  accessKeyId: '--access-key',
  secretAccessKey: '--secret-key',
  name: '--export',
  bucket: '--export',
  prefix: '--export',
  uid: '--uid',
  gid: '--gid',
  squash: '--squash',
  metadataTtl: '--metadata-ttl',
};

function checked(configuration: unknown): GatewayConfiguration {
  const result = gatewayConfiguration.safeParse(configuration);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.findLast((component) => typeof component === 'string' && component in flagOf);
  const flag = typeof field === 'string' ? flagOf[field] : undefined;
  throw new UsageError(`${flag ?? 'The command line'} is not accepted: ${issue?.message ?? 'no reason was given'}.`, {
    cause: result.error,
  });
}
