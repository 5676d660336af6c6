/** Percent-encoding as SigV4 wants it in its canonical request: everything but `A-Z a-z 0-9 - . _ ~`, in upper-case hex. */

const leftByEncodeURIComponent = /[!'()*]/g;
const safePath = /^[A-Za-z0-9\-._~/]*$/;

const encodeCharacter = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;

/** @throws URIError where `text` has a lone surrogate */
export function encodeQueryComponent(text: string): string {
  return encodeURIComponent(text).replace(leftByEncodeURIComponent, encodeCharacter);
}

/** The path of a key; its slashes stay. @throws URIError where `key` has a lone surrogate */
export function encodeKey(key: string): string {
  return safePath.test(key) ? key : encodeQueryComponent(key).replaceAll('%2F', '/');
}

/** What `encoding-type=url` did to a key in a listing: spaces may have become `+`, a plus sign is always `%2B`. */
export function decodeListedKey(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  return decodeURIComponent(text.replaceAll('+', ' '));
}
