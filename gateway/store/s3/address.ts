import { HeadObjectCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3Connection } from '../../configuration.ts';
import { StoreError } from '../object-store.ts';
import type { AwsCredentials } from './credentials.ts';

/** Where the requests for one bucket go, and what they are signed for. */
export interface Address {
  /** `https://host[:port]`. */
  readonly origin: string;
  /** The Host header. */
  readonly host: string;
  /** What comes before `/KEY` in paths: empty, or `/BUCKET` in path style. */
  readonly basePath: string;
  /** The region in the signature's scope. */
  readonly region: string;
  /** The service in the signature's scope. */
  readonly service: string;
  /** Whether this is AWS itself, not a compatible server. */
  readonly aws: boolean;
}

export interface AddressRequest {
  readonly connection: S3Connection;
  /** undefined: the account, for ListBuckets. */
  readonly bucket?: string | undefined;
  /** Where the server said the bucket is; undefined: the connection's region, or what the SDK finds. */
  readonly region?: string | undefined;
  /** Path style even where the connection does not ask for it. */
  readonly pathStyle?: boolean;
  readonly credentials: () => Promise<AwsCredentials>;
}

/**
 * Asks the SDK where it would send a request: it builds and signs one, and what would have carried it to the network
 * keeps it instead. So every rule of the SDK holds (regions, FIPS, dual-stack, accelerate, access points, the profile's
 * `endpoint_url`, environment variables), with no copy of them here.
 *
 * @throws StoreError InvalidRequest where the SDK finds no address, Unauthenticated where there are no credentials
 */
export async function resolveAddress(request: AddressRequest): Promise<Address> {
  try {
    return await askSdk(request, request.region ?? request.connection.region);
  } catch (error) {
    if (error instanceof Error && error.message === 'Region is missing') return askSdk(request, 'us-east-1');
    throw error;
  }
}

async function askSdk(request: AddressRequest, region: string | undefined): Promise<Address> {
  const { connection, bucket } = request;
  const kept: { address?: Address } = {};
  const client = new S3Client({
    ...(region !== undefined && { region }),
    ...(connection.endpoint !== undefined && { endpoint: connection.endpoint }),
    ...(connection.profile !== undefined && { profile: connection.profile }),
    ...(connection.fips && { useFipsEndpoint: true }),
    ...(connection.dualStack && { useDualstackEndpoint: true }),
    ...(connection.accelerate && { useAccelerateEndpoint: true }),
    forcePathStyle: connection.pathStyle || request.pathStyle === true || isSingleLabel(connection.endpoint),
    // Directory buckets take ordinary signatures too; sessions would be one more credential to renew.
    disableS3ExpressSessionAuth: true,
    useArnRegion: true,
    credentials: request.credentials,
    maxAttempts: 1,
    requestHandler: {
      handle: (wire: WireRequest) => {
        kept.address = addressOf(wire, bucket === undefined ? '/' : '/k');
        return Promise.reject(new Error('kept'));
      },
    },
  });
  const failure: unknown = await (
    bucket === undefined
      ? client.send(new ListBucketsCommand({}))
      : client.send(new HeadObjectCommand({ Bucket: bucket, Key: 'k' }))
  ).then(
    () => undefined,
    (error: unknown) => error,
  );
  client.destroy();
  if (kept.address !== undefined) return kept.address;
  if (failure instanceof StoreError) throw failure;
  if (failure instanceof Error && failure.message === 'Region is missing') throw failure;
  const reason = failure instanceof Error ? failure.message : String(failure);
  throw new StoreError('InvalidRequest', `No S3 address for ${bucket ?? 'this connection'}: ${reason}`, {
    cause: failure,
  });
}

interface WireRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

function addressOf(wire: WireRequest, suffix: string): Address {
  const scope = /Credential=[^,]*\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/.exec(wire.headers['authorization'] ?? '');
  const [, region, service] = scope ?? [];
  if (region === undefined || service === undefined) {
    throw new StoreError('NotSupported', 'This bucket needs a kind of signature (SigV4A) that is not supported.');
  }
  const host = wire.port === undefined ? wire.hostname : `${wire.hostname}:${wire.port}`;
  return {
    origin: `${wire.protocol}//${host}`,
    host,
    basePath: wire.path.endsWith(suffix) ? wire.path.slice(0, -suffix.length) : wire.path,
    region,
    service,
    aws: /\.amazonaws\.(com|com\.cn|eu)$/.test(wire.hostname),
  };
}

/** `localhost`, `minio`: hosts in front of which no bucket name resolves. */
function isSingleLabel(endpoint: string | undefined): boolean {
  return endpoint !== undefined && !new URL(endpoint).hostname.includes('.');
}
