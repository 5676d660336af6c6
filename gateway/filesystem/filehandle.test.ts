import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fileid } from '../staging/records.ts';
import { decodeFilehandle, encodeFilehandle, filehandleLength } from './filehandle.ts';

const secret = createSecretKey(randomBytes(32));
const handle = { export: 7, grant: 3, fileid: 123_456_789_012 as Fileid };

describe('a filehandle', () => {
  it('gives back what it was made of, fits NFSv3 and keeps the XDR alignment', () => {
    const bytes = encodeFilehandle(handle, secret);
    expect(decodeFilehandle(bytes, secret)).toEqual(handle);
    expect(filehandleLength).toBeLessThanOrEqual(64);
    expect(filehandleLength % 4).toBe(0);
  });

  it('cannot be changed in any bit', () => {
    const bytes = encodeFilehandle(handle, secret);
    fc.assert(
      fc.property(fc.nat(filehandleLength * 8 - 1), (bit) => {
        const changed = Buffer.from(bytes);
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(decodeFilehandle(changed, secret)).toBeTypeOf('string');
      }),
    );
  });

  it('of another gateway is forged, of another length malformed', () => {
    expect(decodeFilehandle(encodeFilehandle(handle, createSecretKey(randomBytes(32))), secret)).toBe('forged');
    expect(decodeFilehandle(Buffer.alloc(12), secret)).toBe('malformed');
  });
});
