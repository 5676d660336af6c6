/** Why clients cannot find the gateway's programs by the portmapper. */
export class PortmapperError extends Error {
  override readonly name = 'PortmapperError';
  readonly code: 'taken' | 'not allowed' | 'registered';

  constructor(code: PortmapperError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
