/** The types of portmapper version 2 and of rpcbind 3 and 4. RFC 1833 §2.1, §3.1. */
import { list, string, struct, uint32 } from '../xdr.ts';

export const portmapperProgram = 100000;
export const portmapperPort = 111;

/** mapping.prot */
export const Protocol = { tcp: 6, udp: 17 } as const;

/** mapping */
export const mapping = struct({ program: uint32, version: uint32, protocol: uint32, port: uint32 });

/** More than any list is long. */
const mostEntries = 100_000;

/** pmaplist */
export const mappings = list(mapping, mostEntries);

const text = string(1024);

/** rpcb */
export const binding = struct({ program: uint32, version: uint32, netid: text, address: text, owner: text });

/** rpcblist */
export const bindings = list(binding, mostEntries);

export const universalAddress = text;

/** RFC 5665 §5.2.3.3: `ADDRESS.p1.p2`, the port in two bytes. */
export function universalAddressOf(address: string, port: number): string {
  return `${address}.${port >> 8}.${port & 0xff}`;
}

/** The port of a universal address; undefined: it is none. */
export function portOf(universal: string): number | undefined {
  const [, high, low] = /\.(\d{1,3})\.(\d{1,3})$/.exec(universal) ?? [];
  return high === undefined ? undefined : Number(high) * 256 + Number(low);
}
