import { readFileSync } from 'node:fs';
import { it } from 'vitest';
import { perform, type Run } from './testing/model-run.ts';
it('replays', async () => {
  const run = JSON.parse(readFileSync('/tmp/run.json', 'utf8')) as Run[];
  const failing = Number(process.env['FAILING'] ?? 0);
  for (let i = 0; i < Number(process.env['TIMES'] ?? 30); i++) await perform(run[0] as Run, failing);
}, 300_000);
