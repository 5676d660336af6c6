/** Why a gateway did not start, in a sentence for whoever started it. */
import type { GatewayConfiguration } from './configuration.ts';
import { DatabaseError } from './database/database.ts';
import { FolderLockedError } from './database/folder-lock.ts';
import { PortmapperError } from './rpc/portmapper/error.ts';
import { TlsConfigurationError } from './rpc/tls-upgrade.ts';
import { StoreError, type StoreErrorCode } from './store/object-store.ts';

export type GatewayStartErrorCode =
  | 'EndpointUnreachable'
  /** Wrong, expired or missing credentials. */
  | 'CredentialsRefused'
  /** The credentials are right and not allowed to do this. */
  | 'AccessDenied'
  | 'BucketMissing'
  | 'PortInUse'
  | 'PortNotPermitted'
  /** Port 111, which NFSv3 clients ask, cannot be had. */
  | 'PortmapperUnavailable'
  /** No network interface of this machine has the address. */
  | 'AddressUnavailable'
  | 'DataFolderInUse'
  /** Missing rights, a full disk, a file in its place, data of a newer version. */
  | 'DataFolderUnusable'
  | 'StoreUnusable'
  | 'CertificateUnusable';

export class GatewayStartError extends Error {
  override readonly name = 'GatewayStartError';
  readonly code: GatewayStartErrorCode;

  /** @param sentence what is wrong and what to do about it; never a secret */
  constructor(code: GatewayStartErrorCode, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.code = code;
  }
}

/** undefined where the cause is nothing that whoever starts a gateway could do something about. */
export function startErrorFor(cause: unknown, configuration: GatewayConfiguration): GatewayStartError | undefined {
  if (cause instanceof GatewayStartError) return cause;
  if (cause instanceof FolderLockedError) return new GatewayStartError('DataFolderInUse', cause.message, { cause });
  if (cause instanceof DatabaseError) return new GatewayStartError('DataFolderUnusable', cause.message, { cause });
  if (cause instanceof StoreError) return new GatewayStartError(ofStore[cause.code], cause.message, { cause });
  if (cause instanceof PortmapperError) return new GatewayStartError('PortmapperUnavailable', cause.message, { cause });
  if (cause instanceof TlsConfigurationError)
    return new GatewayStartError('CertificateUnusable', cause.message, { cause });
  if (isSystemError(cause)) {
    return cause.syscall === 'listen' ? ofListening(cause, configuration) : ofDataFolder(cause, configuration);
  }
  return undefined;
}

const ofStore: Readonly<Record<StoreErrorCode, GatewayStartErrorCode>> = {
  NotFound: 'StoreUnusable',
  NoSuchBucket: 'BucketMissing',
  NoSuchUpload: 'StoreUnusable',
  PreconditionFailed: 'StoreUnusable',
  AccessDenied: 'AccessDenied',
  Unauthenticated: 'CredentialsRefused',
  ClockSkew: 'CredentialsRefused',
  Archived: 'StoreUnusable',
  TooLarge: 'StoreUnusable',
  InvalidKey: 'StoreUnusable',
  InvalidRequest: 'StoreUnusable',
  NotSupported: 'StoreUnusable',
  NoSpace: 'StoreUnusable',
  Unavailable: 'EndpointUnreachable',
  Corrupt: 'StoreUnusable',
};

function isSystemError(cause: unknown): cause is NodeJS.ErrnoException {
  return cause instanceof Error && 'code' in cause && 'syscall' in cause;
}

function ofListening(
  cause: NodeJS.ErrnoException,
  { bind: { address, port } }: GatewayConfiguration,
): GatewayStartError | undefined {
  switch (cause.code) {
    case 'EADDRINUSE':
      return new GatewayStartError(
        'PortInUse',
        `Port ${port} of ${address} is in use by another program: stop that one, or choose another port.`,
        { cause },
      );
    case 'EACCES':
      return new GatewayStartError(
        'PortNotPermitted',
        `Port ${port} may not be opened by this user: ports below 1024 need root, so choose a higher one such as 2049.`,
        { cause },
      );
    case 'EADDRNOTAVAIL':
      return new GatewayStartError(
        'AddressUnavailable',
        `No network interface of this machine has the address ${address}: bind to one that it has.`,
        { cause },
      );
    default:
      return undefined;
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user has no right to it',
  EPERM: 'this user has no right to it',
  EROFS: 'its file system is read-only',
  ENOSPC: 'its file system is full',
  EDQUOT: "this user's quota is used up",
  ENOTDIR: 'something in its path is not a folder',
  EEXIST: 'there is a file in its place',
};

function ofDataFolder(
  cause: NodeJS.ErrnoException,
  { dataFolder }: GatewayConfiguration,
): GatewayStartError | undefined {
  const reason = reasons[cause.code ?? ''];
  if (reason === undefined || cause.path?.startsWith(dataFolder) !== true) return undefined;
  return new GatewayStartError('DataFolderUnusable', `The data folder ${dataFolder} cannot be used: ${reason}.`, {
    cause,
  });
}
