import { defineConfig } from 'vitest/config';

const unit = [
  'gateway/**/*.test.ts',
  'src-main/**/*.test.ts',
  'src-renderer/**/*.test.ts',
  'test/lint/**/*.test.ts',
  'test/bench/**/*.test.ts',
];
const s3 = ['test/s3/**/*.test.ts'];
const desktop = ['test/desktop/**/*.test.ts'];
const kernel = ['test/kernel/**/*.test.ts'];
const chaos = ['test/chaos/**/*.test.ts'];

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: unit, testTimeout: 30_000 } },
      // They may build and start servers first.
      { test: { name: 's3', include: s3, testTimeout: 60_000, hookTimeout: 300_000 } },
      // It builds the window first.
      { test: { name: 'desktop', include: desktop, testTimeout: 120_000, hookTimeout: 120_000 } },
      { test: { name: 'kernel', include: kernel, testTimeout: 60_000 } },
      { test: { name: 'chaos', include: chaos, testTimeout: 60_000 } },
      // Whatever else needs more than one folder: a new folder of tests is never left out by oversight.
      {
        test: {
          name: 'whole',
          include: ['test/**/*.test.ts'],
          exclude: [...unit, ...s3, ...desktop, ...kernel, ...chaos],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
