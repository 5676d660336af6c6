/** Which proxy a request goes through, by the same rules as the gateway's own HTTP client. */

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * @param chosen what the connection says; '' for none, undefined: as the environment says
 * @returns undefined: straight to the endpoint
 * @throws TypeError where the environment names what is no URL
 */
export function proxyFor(endpoint: URL, chosen: string | undefined, environment: Environment): URL | undefined {
  const http = environment['http_proxy'] ?? environment['HTTP_PROXY'];
  const https = environment['https_proxy'] ?? environment['HTTPS_PROXY'] ?? http;
  const proxy = chosen ?? (endpoint.protocol === 'https:' ? https : http);
  if (proxy === undefined || proxy === '' || isExcepted(endpoint, environment)) return undefined;
  return new URL(proxy);
}

/** Whether NO_PROXY names the host, with or without its port, or a domain that it is in. */
function isExcepted({ hostname, port, protocol }: URL, environment: Environment): boolean {
  const exceptions = environment['no_proxy'] ?? environment['NO_PROXY'] ?? '';
  if (exceptions === '*') return true;
  const actualPort = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  return exceptions.split(/[,\s]+/).some((entry) => {
    if (entry === '') return false;
    const [, named = entry, onlyPort] = /^(.+):(\d+)$/.exec(entry) ?? [];
    if (onlyPort !== undefined && onlyPort !== actualPort) return false;
    const host = named.replace(/^\*?\./, '').toLowerCase();
    return hostname === host || hostname.endsWith(`.${host}`);
  });
}
