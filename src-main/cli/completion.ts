/** `windlass completion`: what makes a shell complete the words of the command line. */
import { Argument, Command } from 'commander';
import { bashScript, zshScript } from './completion-script.ts';

export function completionCommand(ended: (status: number) => void): Command {
  return new Command('completion')
    .description('Print a script that makes a shell complete commands, options and their values.')
    .addArgument(new Argument('<shell>', 'which').choices(['bash', 'zsh']))
    .addHelpText(
      'after',
      `
Examples:
  windlass completion bash > ~/.local/share/bash-completion/completions/windlass
  echo 'source <(windlass completion zsh)' >> ~/.zshrc

Exit status: 0 printed, 2 the command line is wrong.`,
    )
    .action((shell: 'bash' | 'zsh', _options: unknown, command: Command) => {
      const program = command.parent ?? command;
      process.stdout.write(shell === 'bash' ? bashScript(program) : zshScript(program));
      ended(0);
    });
}
