import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conflictName } from './conflict-name.ts';

const date = new Date('2026-07-31T12:34:56.789Z');
const free = (): boolean => false;

describe('conflictName', () => {
  it('names the host and the time before the extension', () => {
    expect(conflictName('report.pdf', 'conflict', 'desk', date, free)).toBe(
      'report (conflict desk 2026-07-31T12-34-56).pdf',
    );
  });

  it('puts them at the end of a name without an extension', () => {
    expect(conflictName('Makefile', 'conflict', 'desk', date, free)).toBe(
      'Makefile (conflict desk 2026-07-31T12-34-56)',
    );
    expect(conflictName('.profile', 'conflict', 'desk', date, free)).toBe(
      '.profile (conflict desk 2026-07-31T12-34-56)',
    );
    const long = `a.${'x'.repeat(20)}`;
    expect(conflictName(long, 'conflict', 'desk', date, free)).toBe(`${long} (conflict desk 2026-07-31T12-34-56)`);
  });

  it('counts where the name is taken', () => {
    const taken = new Set(['a (conflict desk 2026-07-31T12-34-56).txt', 'a (conflict desk 2026-07-31T12-34-56 2).txt']);
    expect(conflictName('a.txt', 'conflict', 'desk', date, (name) => taken.has(name))).toBe(
      'a (conflict desk 2026-07-31T12-34-56 3).txt',
    );
  });

  it('always fits a directory entry, and never breaks a character', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 255 }).filter((text) => !text.includes('/'));
    fc.assert(
      fc.property(name, fc.string({ unit: 'grapheme', maxLength: 300 }), (text, host) => {
        const result = conflictName(text, 'conflict', host.replaceAll('/', ''), date, free);
        expect(Buffer.byteLength(result)).toBeLessThanOrEqual(255);
        expect(result.isWellFormed()).toBe(true);
      }),
    );
  });
});
