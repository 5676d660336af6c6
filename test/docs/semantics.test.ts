/** docs/SEMANTICS.md says of every clause which tests hold it; here those tests are looked for. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const top = fileURLToPath(new URL('../../', import.meta.url));
const [, ...pieces] = readFileSync(`${top}docs/SEMANTICS.md`, 'utf8').split(/^- (?=\*\*S\d+\.\*\* )/m);
/** Each on one line, with its number. */
const clauses = pieces.map((piece) => (piece.split('\n\n')[0] ?? '').replaceAll(/\s+/g, ' '));

const sourceOf = (file: string): string => (existsSync(top + file) ? readFileSync(top + file, 'utf8') : '');

const caseExists = (name: string): boolean =>
  ['cases', 'guest'].some((folder) =>
    ['sh', 'py'].some((ending) => existsSync(`${top}test/kernel/${folder}/${name}.${ending}`)),
  );

/** What the clause names after `Test:` and is not there: case `folder/name`, or `file.ts` “title”, “another title”. */
function missingOf(clause: string): readonly string[] {
  const named = clause.split(' Test: ')[1] ?? '';
  const cases = [...named.matchAll(/case `([^`]+)`/g)].map(([, name = '']) => name);
  const titles = [...named.matchAll(/`([^`]+\.ts)`((?:,? “[^”]+”)+)/g)].flatMap(([, file = '', list = '']) =>
    [...list.matchAll(/“([^”]+)”/g)].map(([, title = '']) => ({ file, title })),
  );
  const files = [...named.matchAll(/`[^`]+\.ts`/g)].length;
  const marks = [...named.matchAll(/[`“]/g)].length;
  return [
    ...cases.filter((name) => !caseExists(name)),
    ...titles
      .filter(({ file, title }) => !sourceOf(file).includes(title))
      .map(({ file, title }) => `${file}: ${title}`),
    ...(marks === 2 * cases.length + 2 * files + titles.length ? [] : [`neither a case nor a title: ${named}`]),
    ...(cases.length + titles.length > 0 || clause.includes('No test yet') ? [] : ['no test, and no word of that']),
  ];
}

it('SEMANTICS.md numbers its clauses from 1 without a gap', () => {
  expect(clauses.map((clause) => /^\*\*S(\d+)/.exec(clause)?.[1])).toEqual(
    clauses.map((_, index) => String(index + 1)),
  );
  expect(clauses.length).toBeGreaterThan(50);
});

it('SEMANTICS.md names only tests that there are, and says where there is none', () => {
  const missing = clauses.flatMap((clause) => missingOf(clause).map((what) => `${clause.slice(0, 9)} ${what}`));
  expect(missing).toEqual([]);
});
