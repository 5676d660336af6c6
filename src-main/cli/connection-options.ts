/** The flags that say where objects are, and what they make. */
import path from 'node:path';
import { Option, type Command } from 'commander';
import { newConnection, preset, type NewConnection, type Preset, type SecretSource } from '../api/connections.ts';
import { MissingField, presetEndpoint, presets } from '../api/presets.ts';
import { UsageError } from './command-error.ts';
import { parseEndpoint } from './parse-endpoint.ts';
import { ParseError } from './parse-error.ts';

export interface PlaceOptions {
  readonly preset?: Preset;
  readonly endpoint?: string;
  readonly region?: string;
  readonly account?: string;
  readonly pathStyle?: boolean;
  readonly folder?: string;
  readonly bucket: readonly string[];
  readonly caBundle?: string;
  readonly proxy?: string;
}

const collect = (value: string, before: readonly string[]) => [...before, value];

export function withPlaceOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--preset <service>', 'the service (default: custom with --endpoint, else aws)').choices(
        preset.options,
      ),
    )
    .option('--endpoint <url>', 'where S3 is, such as https://minio.example.com:9000')
    .option('--region <region>', 'the region of the buckets')
    .option('--account <id>', 'the account, where the service has it in its address (Cloudflare R2)')
    .option('--path-style', 'name buckets in the path of URLs')
    .option('--no-path-style', 'name buckets in the host of URLs')
    .option('--bucket <name>', 'a bucket to offer where the keys may not list them; may be repeated', collect, [])
    .option('--ca-bundle <file>', 'certificates to trust beside the system’s, PEM')
    .option('--proxy <url>', 'an HTTP proxy (default: as HTTPS_PROXY, HTTP_PROXY and NO_PROXY say)');
}

/** @throws UsageError with a sentence that names the flag */
export function connectionFrom(
  name: string,
  options: PlaceOptions,
  secret: SecretSource,
  workingFolder: string,
): NewConnection {
  const { endpoint, region, account, pathStyle, folder, bucket, caBundle, proxy } = options;
  const chosen = options.preset ?? (folder !== undefined ? 'folder' : endpoint !== undefined ? 'custom' : 'aws');
  const parsed = newConnection.safeParse({
    name,
    preset: chosen,
    endpoint: endpoint === undefined ? endpointOf(chosen, region, account) : urlOf('--endpoint', endpoint),
    region: region ?? presets[chosen].region,
    pathStyle: pathStyle ?? presets[chosen].pathStyle,
    folder: folder === undefined ? undefined : path.resolve(workingFolder, folder),
    secret,
    buckets: bucket,
    caBundle: caBundle === undefined ? undefined : path.resolve(workingFolder, caBundle),
    proxy,
  });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const [field = 'name'] = issue?.path ?? [];
  throw new UsageError(`${flagOf[String(field)] ?? 'The name of a connection'} ${issue?.message ?? 'is not right'}.`);
}

const flagOf: Readonly<Record<string, string>> = {
  endpoint: '--endpoint',
  region: '--region',
  folder: '--folder',
  buckets: '--bucket',
  caBundle: '--ca-bundle',
  proxy: '--proxy',
};

function endpointOf(chosen: Preset, region: string | undefined, account: string | undefined): string | undefined {
  try {
    const endpoint = presetEndpoint(chosen, {
      ...(region !== undefined && { region }),
      ...(account !== undefined && { account }),
    });
    if (endpoint === undefined && 'endpoint' in presets[chosen].fields)
      throw new UsageError(`${presets[chosen].title} needs --endpoint, such as https://s3.example.com.`);
    return endpoint;
  } catch (error) {
    if (error instanceof MissingField) throw new UsageError(`${error.message} Give it as --${error.field}.`);
    throw error;
  }
}

function urlOf(flag: string, text: string): string {
  try {
    return parseEndpoint(text);
  } catch (error) {
    if (error instanceof ParseError) throw new UsageError(`${flag} ${error.message}`);
    throw error;
  }
}
