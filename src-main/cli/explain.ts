import { CommanderError } from 'commander';
import { ProblemError } from '../api/problem.ts';
import { SecretError } from '../connections/secrets.ts';
import { SettingsFileError } from '../settings-file.ts';
import { CommandError, UsageError } from './command-error.ts';

export interface Explanation {
  /** One line. */
  readonly sentence: string;
  /** Exit status: 2 where the command line is wrong, 1 for everything else. */
  readonly status: 1 | 2;
}

/** What the user is told about an error that ended a command. */
export function explain(error: unknown): Explanation {
  if (error instanceof CommanderError) return { sentence: ofCommander(error), status: 2 };
  if (error instanceof UsageError) return { sentence: oneLine(error.message), status: 2 };
  const isTold = [CommandError, SecretError, SettingsFileError, ProblemError].some((kind) => error instanceof kind);
  if (isTold && error instanceof Error) return { sentence: oneLine(error.message), status: 1 };
  const message = error instanceof Error ? error.message : String(error);
  const [first = ''] = message.split('\n', 1);
  return {
    sentence: `Something went wrong that Windlass did not expect: ${first} (WINDLASS_DEBUG=1 shows where)`,
    status: 1,
  };
}

const oneLine = (text: string) => text.replace(/\s*\n\s*/g, ' ').trim();

/** commander's wording, as a sentence, without what may have been a secret behind a mistyped flag (`--secret-kye=…`). */
function ofCommander({ code, message }: CommanderError): string {
  const unknown = /^error: unknown option '(--[^=\s']*|-.)/.exec(message)?.[1];
  const flag = /^error: option '([^\s']*)/.exec(message)?.[1];
  if (code === 'commander.unknownOption') {
    const suggestion = /\n(\(Did you mean [a-z- ,]+\?\))$/.exec(message)?.[1];
    return `There is no option ${unknown ?? 'of that name'}${suggestion === undefined ? '.' : ` ${suggestion}`}`;
  }
  if (code === 'commander.optionMissingArgument' && flag !== undefined) return `${flag} needs a value.`;
  const text = oneLine(message.replace(/^error: /, ''));
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.)?]$/.test(sentence) ? sentence : `${sentence}.`;
}
