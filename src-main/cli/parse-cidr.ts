import net from 'node:net';
import { ParseError } from './parse-error.ts';

/**
 * `ADDRESS/BITS`, or an address alone, which stands for itself.
 *
 * @returns always with the bits
 * @throws ParseError
 */
export function parseCidr(text: string): string {
  const [, address = '', digits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = net.isIP(address);
  if (version === 0 || address.includes('%')) {
    throw new ParseError(
      `needs an address or a network, such as 192.168.1.20, 192.168.1.0/24 or fd00::/8, and not ${JSON.stringify(text)}`,
    );
  }
  const most = version === 4 ? 32 : 128;
  const bits = digits === undefined ? most : Number(digits);
  if (bits > most) throw new ParseError(`needs at most ${most} bits after the slash, and not ${bits}`);
  return `${address}/${bits}`;
}
