/** Failures of the network as StoreErrors. */
import { StoreError } from '../object-store.ts';
import type { Subject } from './refusal.ts';

/** undici's and Node's code of an error, '' where it has none; looks into AggregateErrors of several addresses. */
export function networkCode(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return networkCode(error.errors[0]);
  return networkCode(error.cause);
}

/** Whether the server closed the connection: what happens to a request on a connection that had been idle too long. */
export function isClosedConnection(error: unknown): boolean {
  return ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(networkCode(error));
}

export function unavailable(subject: Subject, error: unknown): StoreError {
  const code = networkCode(error);
  return new StoreError(storeCode(code), sentence(code, subject.origin, error), {
    cause: error,
  });
}

function storeCode(code: string): 'Corrupt' | 'InvalidRequest' | 'Unavailable' {
  if (code === 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH') return 'Corrupt';
  return code === 'UND_ERR_INVALID_ARG' ? 'InvalidRequest' : 'Unavailable';
}

function sentence(code: string, origin: string, error: unknown): string {
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The name of ${origin} cannot be resolved. Check the endpoint and the network.`;
    case 'ECONNREFUSED':
      return `Nothing answers at ${origin}. Check the endpoint and its port.`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return `${origin} cannot be reached. Check the network.`;
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return `${origin} stopped answering.`;
    case 'UND_ERR_SOCKET':
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return `${origin} broke the connection off.`;
    case 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH':
      return 'The body to upload has another size than was announced.';
    case 'UND_ERR_INVALID_ARG':
      return `The request cannot be sent: ${error instanceof Error ? error.message : code}.`;
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return `The certificate of ${origin} is signed by nobody known here. Add its authority (--ca-bundle).`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `The certificate of ${origin} is for another name. Check the endpoint, or use path style.`;
    case 'CERT_HAS_EXPIRED':
      return `The certificate of ${origin} has expired.`;
    default:
      return `The exchange with ${origin} failed: ${error instanceof Error ? error.message : String(error)}.`;
  }
}
