/** Who makes a call: AUTH_NONE and AUTH_SYS. RFC 5531 §8.2, §10.1, appendix A. */
import type { Credential } from './program.ts';
import { array, encode, opaque, string, struct, uint32, XdrError, XdrReader, type XdrWriter } from './xdr.ts';

export const AuthFlavor = { none: 0, sys: 1, short: 2, tls: 7 } as const;

/** Why a call is not taken. RFC 5531 §9, auth_stat. */
export const AuthStatus = { badCredential: 1, rejectedCredential: 2, badVerifier: 3, tooWeak: 5 } as const;
export type AuthStatus = (typeof AuthStatus)[keyof typeof AuthStatus];

export const opaqueAuth = struct({ flavor: uint32, body: opaque(400) });

const authSys = struct({
  stamp: uint32,
  machine: string(255),
  uid: uint32,
  gid: uint32,
  gids: array(uint32, 16),
});

const nothing = { flavor: AuthFlavor.none, body: Buffer.alloc(0) };

/** A NULL call that asks whether TLS may begin on this connection (RFC 9289 §4.1). */
export const tlsProbe = 'TLS probe';

/** Reads credential and verifier. @returns a status where the call is to be denied with it */
export function decodeCredential(reader: XdrReader, procedure: number): Credential | AuthStatus | typeof tlsProbe {
  const presented = orStatus(() => opaqueAuth.decode(reader), AuthStatus.badCredential);
  if (typeof presented === 'number') return presented;
  const verifier = orStatus(() => opaqueAuth.decode(reader), AuthStatus.badVerifier);
  if (typeof verifier === 'number') return verifier;
  const credential = credentialOf(presented, procedure);
  if (typeof credential === 'number') return credential;
  // RFC 5531 §10.1, appendix A; RFC 9289 §4.1: all that are taken come with this one.
  return verifier.flavor === AuthFlavor.none ? credential : AuthStatus.badVerifier;
}

function credentialOf(
  { flavor, body }: { readonly flavor: number; readonly body: Buffer },
  procedure: number,
): Credential | AuthStatus | typeof tlsProbe {
  switch (flavor) {
    case AuthFlavor.none:
      return { flavor: 'none' };
    case AuthFlavor.sys:
      return orStatus((): Credential => {
        const { machine, uid, gid, gids } = authSys.decode(new XdrReader(body));
        return { flavor: 'sys', machine, uid, gid, gids };
      }, AuthStatus.badCredential);
    case AuthFlavor.short:
      // RFC 5531 appendix A: then the client presents its AUTH_SYS again. None is ever handed out here.
      return AuthStatus.rejectedCredential;
    case AuthFlavor.tls:
      return procedure === 0 && body.length === 0 ? tlsProbe : AuthStatus.badCredential;
    default:
      return AuthStatus.tooWeak;
  }
}

function orStatus<T>(decode: () => T, status: AuthStatus): T | AuthStatus {
  try {
    return decode();
  } catch (error) {
    if (error instanceof XdrError) return status;
    throw error;
  }
}

/** Credential and verifier of a call. */
export function encodeCredential(writer: XdrWriter, credential: Credential): void {
  if (credential.flavor === 'sys') {
    const { machine, uid, gid, gids } = credential;
    opaqueAuth.encode(writer, { flavor: AuthFlavor.sys, body: encode(authSys, { stamp: 0, machine, uid, gid, gids }) });
  } else opaqueAuth.encode(writer, nothing);
  opaqueAuth.encode(writer, nothing);
}
