/** Who may connect: by address and source port, before a byte is read. */
import { BlockList, isIP } from 'node:net';

export class Admission {
  readonly #allowed = new BlockList();
  readonly #insecurePorts: boolean;

  /**
   * @param allow networks (CIDR) or addresses that are served beside loopback
   * @param insecurePorts whether source ports above 1023 are served
   * @throws the system's ERR_INVALID_ADDRESS, ERR_OUT_OF_RANGE
   */
  constructor(allow: readonly string[], insecurePorts: boolean) {
    this.#insecurePorts = insecurePorts;
    this.#allowed.addSubnet('127.0.0.0', 8, 'ipv4');
    this.#allowed.addAddress('::1', 'ipv6');
    for (const network of allow) {
      const [address = '', bits] = network.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      this.#allowed.addSubnet(address, Number(bits ?? (family === 'ipv6' ? 128 : 32)), family);
    }
  }

  /** Why the client is refused, in a sentence; undefined: it is not. @param address IPv4 in its own form */
  refusal(address: string, port: number): string | undefined {
    const family = isIP(address);
    if (family === 0 || !this.#allowed.check(address, family === 6 ? 'ipv6' : 'ipv4')) {
      return 'A connection was refused: no --allow admits its address.';
    }
    if (!this.#insecurePorts && port >= 1024) {
      return "A connection was refused: only source ports below 1024, which the kernel's client uses, are served. Allow others with --insecure-ports.";
    }
    return undefined;
  }
}
