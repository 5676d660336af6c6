import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMetadataValue, encodeMetadataValue } from './encoded-word.ts';

describe('metadata values in headers', () => {
  it('come back as they were, whatever they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const header = encodeMetadataValue(text);
        expect(header).toMatch(/^[ -~]*$/);
        expect(decodeMetadataValue(header)).toBe(text);
      }),
    );
  });

  it('stay readable where they are printable ASCII', () => {
    expect(encodeMetadataValue('0100644')).toBe('0100644');
  });

  it('keep spaces at their ends and runs of spaces, which HTTP would drop', () => {
    for (const text of [' a', 'a ', 'a  b', '\t']) expect(decodeMetadataValue(encodeMetadataValue(text))).toBe(text);
  });

  it('are encoded where they would be taken for an encoded word', () => {
    const text = '=?UTF-8?B?YQ==?=';
    expect(decodeMetadataValue(encodeMetadataValue(text))).toBe(text);
  });

  it('are read in Q encoding, in several words and in other charsets', () => {
    expect(decodeMetadataValue('=?UTF-8?Q?=C3=84M_=C3=84?=')).toBe('ÄM Ä');
    expect(decodeMetadataValue('=?utf-8?b?w4Q=?= =?utf-8?b?w5Y=?=')).toBe('ÄÖ');
    expect(decodeMetadataValue('=?ISO-8859-1?Q?=C4?= and more')).toBe('Ä and more');
    expect(decodeMetadataValue('=?no-such-charset?Q?=C4?=')).toBe('=?no-such-charset?Q?=C4?=');
  });

  it('are read where a server sends raw UTF-8', () => {
    expect(decodeMetadataValue(Buffer.from('grün').toString('latin1'))).toBe('grün');
    expect(decodeMetadataValue('gr\xfcn')).toBe('gr\xfcn');
  });
});
