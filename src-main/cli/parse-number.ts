import { ParseError } from './parse-error.ts';

/** 2^32 - 1 is (uid_t) -1, which means "no change" to chown(2). */
const largestId = 4_294_967_294;

/**
 * A uid or gid.
 *
 * @throws ParseError
 */
export function parseId(text: string): number {
  const id = Number(text);
  if (!/^\d{1,10}$/.test(text) || id > largestId) {
    throw new ParseError(`needs a number from 0 to ${largestId}, and not ${JSON.stringify(text)}`);
  }
  return id;
}

/**
 * Seconds, decimals included.
 *
 * @throws ParseError
 */
export function parseSeconds(text: string): number {
  if (!/^\d{1,9}(\.\d{1,9})?$/.test(text)) {
    throw new ParseError(`needs a number of seconds, such as 10, and not ${JSON.stringify(text)}`);
  }
  return Number(text);
}

/**
 * Seconds without decimals, within bounds.
 *
 * @throws ParseError
 */
export function parseWholeSeconds(text: string, least: number, most: number): number {
  const seconds = Number(text);
  if (!/^\d{1,9}$/.test(text) || seconds < least || seconds > most) {
    throw new ParseError(`needs a whole number of seconds from ${least} to ${most}, and not ${JSON.stringify(text)}`);
  }
  return seconds;
}

/**
 * A TCP port; 0 stands for any that is free.
 *
 * @throws ParseError
 */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) {
    throw new ParseError(`needs a port from 0 to 65535, and not ${JSON.stringify(text)}`);
  }
  return port;
}
