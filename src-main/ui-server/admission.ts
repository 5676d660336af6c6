/** Who may speak to the window's server at all, before any login: DNS rebinding and foreign pages end here. Pure. */
import type { IncomingHttpHeaders } from 'node:http';

/** Names of this machine's loopback, as a browser writes them in Host; a rebound name is none of them. */
const loopback = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/**
 * Why a request is refused, in a sentence; undefined: it may go on.
 *
 * A page on another origin sends its own Origin with everything but a GET, and the fetch metadata of every browser with
 * that too (W3C Fetch Metadata). Programs that send neither still need the login.
 */
export function refusalOf(method: string, headers: IncomingHttpHeaders): string | undefined {
  const { host = '', origin } = headers;
  if (!loopback.test(host)) return 'This server answers to localhost, 127.0.0.1 and [::1] alone.';
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`)
    return 'This server answers to its own pages alone.';
  const isReading = method === 'GET' || method === 'HEAD';
  if (!isReading && origin === undefined) return 'A request that changes something names its Origin.';
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return undefined;
  // A link on another page may lead here: that loads the window, which is empty without a login.
  const isNavigation =
    isReading && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return isNavigation ? undefined : 'This server answers to its own pages alone.';
}
