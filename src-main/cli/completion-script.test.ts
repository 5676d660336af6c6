import { spawnSync } from 'node:child_process';
import { Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { bashScript } from './completion-script.ts';

const program = new Command('windlass')
  .addCommand(
    new Command('gateway').option('--bind <address>').addOption(new Option('--squash <who>').choices(['all', 'none'])),
  )
  .addCommand(
    new Command('connection').addCommand(new Command('add').option('--json')).addCommand(new Command('list')),
  );

/** What bash offers for the last of these words. */
function completed(...words: readonly string[]): readonly string[] {
  const ask = 'eval "$(cat)"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _windlass; printf "%s\\n" "${COMPREPLY[@]}"';
  const { stdout } = spawnSync('bash', ['-c', ask, 'bash', 'windlass', ...words], {
    input: bashScript(program),
    encoding: 'utf8',
  });
  return stdout.split('\n').filter((word) => word !== '');
}

describe.skipIf(process.platform === 'win32')('A shell completes', () => {
  it.each([
    [[''], ['gateway', 'connection', '--help']],
    [['con'], ['connection']],
    [
      ['connection', ''],
      ['add', 'list', '--help'],
    ],
    [
      ['connection', 'add', '--'],
      ['--json', '--help'],
    ],
    [['connection', 'add', 'lab', '--j'], ['--json']],
    [
      ['gateway', '--squash', ''],
      ['all', 'none'],
    ],
    [['gateway', '--bind', 'x', '--s'], ['--squash']],
    [['gateway', 'nothing'], []],
  ])('%j to %j', (words, offered) => {
    expect(completed(...words)).toEqual(offered);
  });
});
