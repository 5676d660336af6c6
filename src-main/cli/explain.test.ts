import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { ProblemError } from '../api/problem.ts';
import { CommandError, UsageError } from './command-error.ts';
import { explain } from './explain.ts';

describe('what the user is told', () => {
  it.each<[string, Error, string, number]>([
    ['a wrong command line', new UsageError('--bind is wrong.'), '--bind is wrong.', 2],
    ['a problem', ProblemError.of('dns', 'Nobody knows it.', 'Look again.'), 'Nobody knows it. Look again.', 1],
    ['a command that failed', new CommandError('There is\n  no folder.'), 'There is no folder.', 1],
  ])('about %s is its sentence on one line', (_what, error, sentence, status) => {
    expect(explain(error)).toEqual({ sentence, status });
  });

  it.each([
    [
      'commander.unknownOption',
      "error: unknown option '--exprot'\n(Did you mean --export?)",
      'There is no option --exprot (Did you mean --export?)',
    ],
    ['commander.unknownOption', "error: unknown option '--key=hunter2'", 'There is no option --key.'],
    ['commander.unknownOption', "error: unknown option '--key=hun'\nter2'\n(x", 'There is no option --key.'],
    ['commander.unknownOption', "error: unknown option '-khunter2'", 'There is no option -k.'],
    ['commander.optionMissingArgument', "error: option '--uid <number>' argument missing", '--uid needs a value.'],
    [
      'commander.unknownCommand',
      "error: unknown command 'gatewy'\n(Did you mean gateway?)",
      "Unknown command 'gatewy' (Did you mean gateway?)",
    ],
  ])('by %s %j is a sentence without what may be secret', (code, message, sentence) => {
    expect(explain(new CommanderError(1, code, message))).toEqual({ sentence, status: 2 });
  });

  it('about a defect is its first line and where to learn more', () => {
    expect(explain(new TypeError('x is not a function\n    at f'))).toEqual({
      sentence: 'Something went wrong that Windlass did not expect: x is not a function (WINDLASS_DEBUG=1 shows where)',
      status: 1,
    });
    expect(explain('thrown').sentence).toContain('thrown');
  });
});
