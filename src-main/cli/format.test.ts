import { expect, it } from 'vitest';
import { count, formatSize, formatWait, printable } from './format.ts';

it('Sizes have at most four digits and a unit', () => {
  expect([0, 1023, 1024, 1536, 102_400, 123_456_789, 5 * 1024 ** 4].map(formatSize)).toEqual([
    '0 B',
    '1023 B',
    '1.0 KiB',
    '1.5 KiB',
    '100 KiB',
    '118 MiB',
    '5.0 TiB',
  ]);
});

it('Waits are in seconds, then in minutes', () => {
  expect([-5, 1, 60_000, 3_600_000].map(formatWait)).toEqual(['now', 'in 1 s', 'in 60 s', 'in 60 min']);
});

it('One is singular', () => {
  expect([count(1, 'file'), count(0, 'file'), count(2, 'copy', 'copies')]).toEqual(['1 file', '0 files', '2 copies']);
});

it('What a name does to a terminal is shown instead', () => {
  expect(printable('a\u001b[31mb\nc')).toBe('a\\u001b[31mb\\nc');
});
