/** What a shell completes, from the commands themselves: a script for bash, which zsh reads too. */
import type { Command } from 'commander';

/** A command by its words, such as `connection add`, and what may come after it. */
interface Place {
  readonly path: string;
  readonly words: readonly string[];
}

function placesOf(command: Command, path: string): readonly Place[] {
  const flags = command.options.flatMap(({ long, hidden }) => (long === undefined || hidden ? [] : [long]));
  const words = [...command.commands.map((below) => below.name()), ...flags, '--help'];
  return [{ path, words }, ...command.commands.flatMap((below) => placesOf(below, `${path} ${below.name()}`))];
}

/** Values of options that have but a few. */
function choicesOf(command: Command): ReadonlyMap<string, readonly string[]> {
  const own = command.options.flatMap(({ long, argChoices }): [string, readonly string[]][] =>
    typeof long !== 'string' || argChoices === undefined ? [] : [[long, argChoices]],
  );
  return new Map([...own, ...command.commands.flatMap((below) => [...choicesOf(below)])]);
}

/** Whatever matches nothing is completed as the name of a file. */
export function bashScript(program: Command): string {
  const places = placesOf(program, '');
  const paths = places.flatMap(({ path }) => (path === '' ? [] : [`'${path}'`]));
  const values = [...choicesOf(program)].map(([flag, choices]) => `    ${flag}) words='${choices.join(' ')}' ;;`);
  const cases = places.map(({ path, words }) => `      '${path}') words='${words.join(' ')}' ;;`);
  return `_windlass() {
  local path= words= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path \${COMP_WORDS[i]}" in
      ${paths.join(' | ')}) path="$path \${COMP_WORDS[i]}" ;;
    esac
  done
  case "\${COMP_WORDS[COMP_CWORD - 1]}" in
${values.join('\n')}
    *) case "$path" in
${cases.join('\n')}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _windlass windlass
`;
}

export function zshScript(program: Command): string {
  return `autoload -U +X bashcompinit && bashcompinit\n${bashScript(program)}`;
}
