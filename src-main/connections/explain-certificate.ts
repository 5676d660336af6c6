/** What is wrong with a certificate, in words that name the remedy. */
import type { TLSSocket } from 'node:tls';
import { ProblemError } from '../api/problem.ts';
import { placeOf } from './open-socket.ts';

/** @param socket whose handshake is done and whose certificate was not accepted */
export function explainCertificate(endpoint: URL, socket: TLSSocket): ProblemError {
  const certificate = socket.getPeerCertificate();
  const place = placeOf(endpoint);
  const code = String(socket.authorizationError);
  const problem = (detail: string, remedy: string, field: string): ProblemError =>
    ProblemError.of('tls', detail, remedy, { field, cause: socket.authorizationError });
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return problem(
        `The certificate of ${place} is signed by itself, so nothing proves whose it is.`,
        'If it is your own server’s, name a PEM file that holds the certificate: --ca-bundle FILE.',
        'caBundle',
      );
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return problem(
        `The certificate of ${place} is signed by ${nameOf(certificate.issuer)}, whom this machine does not know.`,
        'Name a PEM file with that authority’s certificate: --ca-bundle FILE.',
        'caBundle',
      );
    case 'CERT_HAS_EXPIRED':
      return problem(
        `The certificate of ${place} has expired (it was good until ${certificate.valid_to}).`,
        'Whoever runs the service has to renew it; if the date is not past, set the clock of this machine.',
        'endpoint',
      );
    case 'CERT_NOT_YET_VALID':
      return problem(
        `The certificate of ${place} is good from ${certificate.valid_from} on only.`,
        'Set the clock of this machine.',
        'endpoint',
      );
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return problem(
        `The certificate of ${place} is for ${namesOf(certificate.subjectaltname, certificate.subject)}, not for ${endpoint.hostname}.`,
        'Use the name that the certificate has; if that is one for each bucket, set --path-style.',
        'endpoint',
      );
    default:
      return problem(
        `The certificate of ${place} was not accepted (${code}).`,
        'Ask whoever runs the service, or name a PEM file with its authority: --ca-bundle FILE.',
        'caBundle',
      );
  }
}

type Subject = ReturnType<TLSSocket['getPeerCertificate']>['subject'] | undefined;

/** A field of a certificate is a list where it is given more than once. */
function nameOf(subject: Subject): string {
  const names = [subject?.CN, subject?.O].flat().filter((name) => name !== undefined);
  return names[0] === undefined ? 'an authority without a name' : `“${names[0]}”`;
}

function namesOf(alternatives: string | undefined, subject: Subject): string {
  const names = alternatives?.split(', ').map((name) => name.replace(/^[^:]+:/, ''));
  if (names === undefined) return nameOf(subject);
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and others`;
}
