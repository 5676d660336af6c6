import net from 'node:net';
import { ParseError } from './parse-error.ts';

export interface BindAddress {
  /** An IP address, IPv6 without brackets. */
  readonly address: string;
  /** 0: a free one. */
  readonly port: number;
}

/**
 * `ADDRESS:PORT`, IPv6 in brackets.
 *
 * @throws ParseError
 */
export function parseBind(text: string): BindAddress {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  if (digits === undefined) {
    throw new ParseError(`needs ADDRESS:PORT, such as 127.0.0.1:2049 or [::1]:2049, and not ${JSON.stringify(text)}`);
  }
  const port = Number(digits);
  if (port > 65535) throw new ParseError(`needs a port of at most 65535, and not ${port}`);
  if (bracketed !== undefined && net.isIPv6(bracketed)) return { address: bracketed, port };
  if (plain !== undefined && net.isIPv4(plain)) return { address: plain, port };
  throw new ParseError(
    `needs an IP address, such as 127.0.0.1:2049 or [::1]:2049, and not ${JSON.stringify(bracketed ?? plain)}`,
  );
}

/** `ADDRESS:PORT` again, as clients are told. */
export function formatAddress(address: string, port: number): string {
  return net.isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}

const loopback = new net.BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether only programs of this machine can reach the address. */
export function isLoopback(address: string): boolean {
  return loopback.check(address, net.isIPv6(address) ? 'ipv6' : 'ipv4');
}
