import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareKeys, requireKey } from './key.ts';

describe('compareKeys', () => {
  it('orders any two keys as their UTF-8 bytes are ordered', () => {
    const key = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(key, key, (a, b) => {
        expect(compareKeys(a, b)).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });

  it('puts an emoji after the private-use characters that JavaScript sorts behind it', () => {
    expect(compareKeys('\u{1f600}', '\uffee')).toBe(1);
  });
});

describe('requireKey', () => {
  it('takes a key of exactly 1,024 bytes', () => {
    expect(() => requireKey('é'.repeat(512), 1024)).not.toThrow();
  });

  it('refuses empty, overlong and malformed keys', () => {
    for (const key of ['', 'é'.repeat(513), 'a\ud800b']) {
      expect(() => requireKey(key, 1024)).toThrow(expect.objectContaining({ code: 'InvalidKey' }));
    }
  });
});
