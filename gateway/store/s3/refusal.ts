/** S3's refusals as StoreErrors. */
import { StoreError, type StoreErrorCode } from '../object-store.ts';
import { quoteKey } from '../key.ts';

/** What a request was about, for messages. */
export interface Subject {
  /** S3's name of the operation. */
  readonly operation: string;
  readonly bucket: string | undefined;
  readonly key?: string | undefined;
  /** `https://host[:port]`. */
  readonly origin: string;
}

/** A server said no, in S3's words. */
export class S3Refusal extends StoreError {
  readonly status: number;
  /** S3's error code; '' where the reply had none (HEAD never has). */
  readonly s3Code: string;
  /** From the reply's header or body, where the bucket is elsewhere. */
  readonly region: string | undefined;
  /** Whether an earlier try of the same request broke off and may have been carried out. */
  repeated = false;

  constructor(code: StoreErrorCode, message: string, details: { status: number; s3Code: string; region?: string }) {
    super(code, message);
    this.status = details.status;
    this.s3Code = details.s3Code;
    this.region = details.region;
  }
}

const byS3Code: Readonly<Record<string, StoreErrorCode>> = {
  NoSuchKey: 'NotFound',
  NoSuchVersion: 'NotFound',
  NoSuchBucket: 'NoSuchBucket',
  NoSuchUpload: 'NoSuchUpload',
  PreconditionFailed: 'PreconditionFailed',
  // Another conditional write was under way: the same request may succeed when repeated.
  ConditionalRequestConflict: 'Unavailable',
  OperationAborted: 'Unavailable',
  AccessDenied: 'AccessDenied',
  AllAccessDisabled: 'AccessDenied',
  AccountProblem: 'AccessDenied',
  InvalidAccessKeyId: 'Unauthenticated',
  // versitygw's word for it.
  XAdminUserNotFound: 'Unauthenticated',
  SignatureDoesNotMatch: 'Unauthenticated',
  ExpiredToken: 'Unauthenticated',
  InvalidToken: 'Unauthenticated',
  TokenRefreshRequired: 'Unauthenticated',
  NotSignedUp: 'Unauthenticated',
  RequestTimeTooSkewed: 'ClockSkew',
  RequestExpired: 'ClockSkew',
  InvalidObjectState: 'Archived',
  ObjectNotInActiveTierError: 'Archived',
  EntityTooLarge: 'TooLarge',
  MetadataTooLarge: 'TooLarge',
  KeyTooLongError: 'InvalidKey',
  InvalidURI: 'InvalidKey',
  // Servers on top of a file system, where `a` and `a/b` cannot both be.
  ObjectParentIsFile: 'InvalidKey',
  ExistingObjectIsDirectory: 'InvalidKey',
  DirectoryObjectContainsData: 'InvalidKey',
  XMinioParentIsObject: 'InvalidKey',
  XMinioObjectExistsAsDirectory: 'InvalidKey',
  XMinioInvalidObjectName: 'InvalidKey',
  NotImplemented: 'NotSupported',
  MethodNotAllowed: 'NotSupported',
  BadDigest: 'Corrupt',
  InvalidDigest: 'Corrupt',
  IncompleteBody: 'Unavailable',
  XAmzContentSHA256Mismatch: 'Corrupt',
  QuotaExceeded: 'NoSpace',
  InsufficientStorage: 'NoSpace',
  XMinioStorageFull: 'NoSpace',
  SlowDown: 'Unavailable',
  SlowDownRead: 'Unavailable',
  SlowDownWrite: 'Unavailable',
  Throttling: 'Unavailable',
  RequestLimitExceeded: 'Unavailable',
  RequestTimeout: 'Unavailable',
  InternalError: 'Unavailable',
  ServiceUnavailable: 'Unavailable',
};

function byStatus(status: number): StoreErrorCode {
  switch (status) {
    case 401:
      return 'Unauthenticated';
    case 403:
      return 'AccessDenied';
    case 404:
      return 'NotFound';
    case 405:
    case 501:
      return 'NotSupported';
    case 408:
    case 425:
    case 429:
      return 'Unavailable';
    case 409:
    case 412:
      return 'PreconditionFailed';
    case 413:
      return 'TooLarge';
    case 507:
      return 'NoSpace';
    default:
      return status >= 500 ? 'Unavailable' : 'InvalidRequest';
  }
}

/** @param detail the server's own sentence, '' where it gave none */
export function refuse(
  subject: Subject,
  reply: { readonly status: number; readonly s3Code: string; readonly region?: string | undefined },
  detail: string,
): S3Refusal {
  const { status, s3Code, region } = reply;
  const code = byS3Code[s3Code] ?? byStatus(status);
  const words = detail === '' || detail.length > 300 ? '' : ` The server says: ${detail.trim().replace(/\.?$/, '.')}`;
  return new S3Refusal(code, sentence(code, subject, s3Code === '' ? `HTTP ${status}` : s3Code) + words, {
    status,
    s3Code,
    ...(region !== undefined && { region }),
  });
}

function sentence(code: StoreErrorCode, { operation, bucket, key, origin }: Subject, reason: string): string {
  const place = bucket === undefined ? `the account at ${origin}` : `bucket ${bucket} at ${origin}`;
  const what = key === undefined ? place : `${quoteKey(key)} in ${place}`;
  const told = `${operation} of ${what} was refused (${reason}).`;
  switch (code) {
    case 'NotFound':
      return `There is no ${what} (${operation}: ${reason}).`;
    case 'NoSuchBucket':
      return `There is no ${place} (${reason}). Check the bucket's name and the endpoint.`;
    case 'NoSuchUpload':
      return `The multipart upload of ${what} does not exist any more (${reason}); it has to begin again.`;
    case 'PreconditionFailed':
      return `${what} has been changed by somebody else meanwhile (${operation}: ${reason}).`;
    case 'AccessDenied':
      return `These credentials may not do ${operation} on ${what} (${reason}). Ask for the permission.`;
    case 'Unauthenticated':
      return `The server at ${origin} does not accept the credentials (${reason}). Check the access key, or sign in again.`;
    case 'ClockSkew':
      return `${origin} says that this computer's clock is wrong (${reason}). Set the clock.`;
    case 'Archived':
      return `${what} is in an archive storage class (${reason}). Restore it first.`;
    case 'TooLarge':
      return `${what} is larger than the server takes (${reason}).`;
    case 'InvalidKey':
      return `${place} does not take the key ${quoteKey(key ?? '')} (${reason}).`;
    case 'NotSupported':
      return `The server at ${origin} does not support ${operation} (${reason}).`;
    case 'NoSpace':
      return `There is no space left for ${what} (${reason}).`;
    case 'Unavailable':
      return `The server at ${origin} cannot do ${operation} right now (${reason}). It is tried again.`;
    case 'Corrupt':
      return `The bytes of ${what} did not arrive as they were sent (${reason}).`;
    case 'InvalidRequest':
      return told;
    default:
      return code satisfies never;
  }
}
