import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

/** What a process that logs so writes to its stderr, line by line. */
function logged(level: string, calls: string): readonly Record<string, unknown>[] {
  const { stderr, stdout, status } = spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `const { stderrLog } = await import(${JSON.stringify(new URL('./stderr-log.ts', import.meta.url).href)});
       const log = stderrLog('${level}'); ${calls}; process.exit(7);`,
    ],
    { encoding: 'utf8' },
  );
  expect({ stdout, status }).toEqual({ stdout: '', status: 7 });
  return stderr
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the log', () => {
  it('is one JSON object a line on stderr, complete even where the process exits at once', () => {
    const lines = logged('info', `for (let i = 0; i < 2000; i++) log.info({ i }, 'counted')`);
    expect(lines).toHaveLength(2000);
    expect(lines.at(-1)).toMatchObject({ level: 'info', i: 1999, msg: 'counted' });
  });

  it('leaves out what is below its level', () => {
    expect(logged('warn', `log.info({}, 'no'); log.warn({}, 'yes')`)).toMatchObject([{ level: 'warn', msg: 'yes' }]);
  });

  it.each([
    'keys',
    '{ credentials: keys }',
    '{ connection }',
    '{ exports: [{ connection }] }',
    '{ configuration: { exports: [{ connection }] } }',
    '{ configuration: { allBuckets: { connection } } }',
  ])('never holds the secret key of %s', (fields) => {
    const lines = logged(
      'info',
      `const keys = { secretAccessKey: 'hunter2' }; const connection = { kind: 's3', credentials: keys }; log.info(${fields}, 'x')`,
    );
    expect(JSON.stringify(lines)).toMatch(/\[secret\]/);
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });
});
