/** `windlass …`: finds the command, and turns whatever goes wrong into one sentence and an exit status. */
import { inspect } from 'node:util';
import { Command, CommanderError } from 'commander';
import { completionCommand } from './completion.ts';
import { connectionCommand } from './connection.ts';
import { credsCommand } from './creds.ts';
import { doctorCommand } from './doctor.ts';
import { explain } from './explain.ts';
import { flushCommand } from './flush.ts';
import { gatewayCommand } from './gateway.ts';
import { limitCommand } from './limit.ts';
import { pauseCommand } from './pause.ts';
import { resumeCommand } from './resume.ts';
import { statusCommand } from './status.ts';
import { uiCommand } from './ui.ts';

async function run(argv: readonly string[]): Promise<number> {
  let status = 0;
  const program = new Command('windlass')
    .description('S3 buckets as drives, through an NFS gateway that the system mounts by itself.')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
  const ended = (result: number): void => {
    status = result;
  };
  const commands = [
    connectionCommand,
    credsCommand,
    gatewayCommand,
    doctorCommand,
    statusCommand,
    flushCommand,
    pauseCommand,
    resumeCommand,
    limitCommand,
    uiCommand,
    completionCommand,
  ];
  for (const command of commands) addTo(program, command(ended));
  try {
    await program.parseAsync(argv, { from: 'user' });
    return status;
  } catch (error) {
    // What was asked for (--help), or the help in place of a missing command, is printed already.
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof CommanderError && error.code === 'commander.help') return 2;
    const explanation = explain(error);
    process.stderr.write(`windlass: ${explanation.sentence}\n`);
    if (process.env['WINDLASS_DEBUG']) process.stderr.write(`${inspect(error)}\n`);
    return explanation.status;
  }
}

/** Commands within commands end as the program does too. */
function addTo(parent: Command, command: Command): void {
  command.copyInheritedSettings(parent).helpCommand(false);
  for (const below of command.commands) addTo(command, below);
  if (!parent.commands.includes(command)) parent.addCommand(command);
}

// A reader of our output that goes away (`windlass --help | head -1`) is no failure.
process.stdout.on('error', () => undefined);

const status = await run(process.argv.slice(2));
// The command has ended, whatever it left open; what it printed goes out first.
process.stdout.write('', () => process.exit(status));
