/** What S3 refuses when a connection is tried, in words that name the remedy. */
import type { ProbeFailure, ProbeOutcome } from '../../gateway/main.ts';
import type { ConnectionSettings } from '../api/connections.ts';
import { ProblemError } from '../api/problem.ts';

/** Why the keys are no good, or nothing could be asked; undefined where they are accepted, whatever they are allowed. */
export function keysProblem(
  { failure, region }: ProbeOutcome,
  settings: ConnectionSettings,
  origin: string,
): ProblemError | undefined {
  if (failure === undefined || failure.code === 'AccessDenied' || failure.code === 'NoSuchBucket') return undefined;
  return refusedKeys(failure, settings) ?? general(failure, region, settings, origin);
}

function refusedKeys(failure: ProbeFailure, { secret }: ConnectionSettings): ProblemError | undefined {
  if (failure.code !== 'Unauthenticated') return undefined;
  const credentials = (detail: string, remedy: string, field: string): ProblemError =>
    ProblemError.of('credentials', detail, remedy, { field });
  switch (failure.s3Code) {
    case 'InvalidAccessKeyId':
    case 'XAdminUserNotFound':
      return credentials(
        'The server does not know this access key ID.',
        'Check the access key ID, and that the address is of the service that it was made for.',
        'keys.accessKeyId',
      );
    case 'SignatureDoesNotMatch':
      return credentials(
        'The server knows the access key ID, and the secret access key does not belong to it.',
        'Enter the secret access key again, whole and without blanks, or make a new pair of keys.',
        'keys.secretAccessKey',
      );
    case 'ExpiredToken':
    case 'InvalidToken':
    case 'TokenRefreshRequired':
      return credentials(
        'The session that these keys belong to has ended.',
        secret.kind === 'profile'
          ? `Sign in again: aws sso login --profile ${secret.profile}.`
          : 'Get new temporary keys and enter them.',
        'keys.sessionToken',
      );
    default:
      return secret.kind === 'profile'
        ? credentials(failure.message, `aws configure --profile ${secret.profile} sets it up.`, 'secret')
        : credentials(failure.message, 'Check the keys.', 'keys');
  }
}

/** Why the buckets cannot be listed although the keys are right. */
export function bucketsProblem(failure: ProbeFailure): ProblemError {
  return failure.code === 'AccessDenied' || failure.code === 'NoSuchBucket'
    ? ProblemError.of(
        'access-denied',
        'The keys are right and may not list the buckets.',
        'Name the bucket that they are for: --bucket NAME.',
        { field: 'buckets' },
      )
    : ProblemError.of('unexpected', failure.message, 'Name a bucket: --bucket NAME.', { field: 'buckets' });
}

/** Why a bucket that the connection names cannot be used. */
export function bucketProblem(bucket: string, failure: ProbeFailure, settings: ConnectionSettings): ProblemError {
  const more = { field: 'buckets' };
  switch (failure.code) {
    case 'NoSuchBucket':
    case 'NotFound':
      return ProblemError.of(
        'no-such-bucket',
        `There is no bucket ${bucket} here.`,
        'Check its name and the address; a bucket of another account or service has another address.',
        more,
      );
    case 'AccessDenied':
      return ProblemError.of(
        'access-denied',
        `The keys are right and may not list what is in ${bucket}.`,
        `Ask its owner to allow them s3:ListBucket on it, and s3:GetObject, s3:PutObject and s3:DeleteObject on ${bucket}/*.`,
        more,
      );
    default:
      return refusedKeys(failure, settings) ?? general(failure, undefined, settings, bucket);
  }
}

/** Requests had to be signed for another region than the connection names: it works, and costs a request more each time. */
export function otherRegion(
  { failure, region }: ProbeOutcome,
  settings: ConnectionSettings,
  bucket?: string,
): ProblemError | undefined {
  if (failure !== undefined || region === undefined || settings.region === undefined) return undefined;
  return region === settings.region ? undefined : wrongRegion(settings.region, region, bucket);
}

function wrongRegion(configured: string | undefined, right: string, bucket?: string): ProblemError {
  const what = bucket === undefined ? 'The server' : `The bucket ${bucket}`;
  return ProblemError.of(
    'wrong-region',
    `${what} is in the region ${right}${configured === undefined ? '' : `, not in ${configured}`}.`,
    `Set the region: --region ${right}.`,
    { field: 'region' },
  );
}

function general(
  failure: ProbeFailure,
  region: string | undefined,
  settings: ConnectionSettings,
  where: string,
): ProblemError {
  if (region !== undefined && region !== settings.region) return wrongRegion(settings.region, region);
  if (failure.s3Code === 'AuthorizationHeaderMalformed')
    return ProblemError.of(
      'wrong-region',
      `The server does not take signatures for the region ${settings.region ?? 'us-east-1'}. ${failure.message}`,
      'Set the region that the service has: --region.',
      { field: 'region' },
    );
  switch (failure.code) {
    case 'ClockSkew':
      return ProblemError.of('clock-skew', failure.message, 'Set the clock; timedatectl set-ntp true keeps it right.');
    case 'Unavailable':
    case 'NotSupported':
    case 'NotFound':
    case 'InvalidRequest':
      return ProblemError.of(
        'unreachable',
        `What answers at ${where} does not answer as S3 does. ${failure.message}`,
        'Check the address and the port: web consoles often have one of their own beside S3’s (MinIO: 9001, S3 itself 9000).',
        { field: 'endpoint' },
      );
    default:
      return ProblemError.of('unexpected', failure.message, 'Try again; if it stays, ask whoever runs the service.');
  }
}
