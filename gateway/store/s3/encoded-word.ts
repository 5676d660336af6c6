/**
 * User metadata travels in HTTP headers, which carry printable ASCII. S3 sends other values as RFC 2047 encoded words
 * and decodes them when it receives them (AWS, "User-defined object metadata"); so do we, in both directions.
 */

const printable = /^(?:[!-~](?:[ -~]*[!-~])?)?$/;
const encodedWord = /=\?([^?\s]+)\?([BbQq])\?([^?]*)\?=/;
const encodedWords = new RegExp(`${encodedWord.source}(?:\\s+(?==\\?))?`, 'g');

/** A header value for `text`: itself where a header can carry it as it is, else one RFC 2047 §2 encoded word. */
export function encodeMetadataValue(text: string): string {
  // What looks like an encoded word would come back decoded.
  if (printable.test(text) && !text.includes('=?') && !text.includes('  ')) return text;
  return `=?UTF-8?B?${Buffer.from(text).toString('base64')}?=`;
}

/** The text that a header value stands for. Words in a charset that is not known here stay as they are. */
export function decodeMetadataValue(value: string): string {
  // Raw UTF-8 from lenient servers arrives as one character per byte.
  const text = /[\x80-\xff]/.test(value) ? decodeBytes(Buffer.from(value, 'latin1'), value) : value;
  if (!text.includes('=?')) return text;
  return text.replace(encodedWords, (whole, charset: string, encoding: string, payload: string) => {
    const bytes = encoding.toUpperCase() === 'B' ? Buffer.from(payload, 'base64') : decodeQuotedPrintable(payload);
    try {
      return new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return whole;
    }
  });
}

function decodeBytes(bytes: Buffer, fallback: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return fallback;
  }
}

/** RFC 2047 §4.2. */
function decodeQuotedPrintable(payload: string): Buffer {
  const latin1 = payload
    .replaceAll('_', ' ')
    .replace(/=([0-9A-Fa-f]{2})/g, (_whole, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(latin1, 'latin1');
}
