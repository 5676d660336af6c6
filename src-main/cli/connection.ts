/** `windlass connection …`: where objects are and how to sign in. */
import { Command } from 'commander';
import { connectionAddCommand } from './connection-add.ts';
import { connectionImportCommand } from './connection-import.ts';
import { connectionListCommand } from './connection-list.ts';
import { connectionRemoveCommand } from './connection-remove.ts';
import { connectionShowCommand } from './connection-show.ts';
import { connectionTestCommand } from './connection-test.ts';

export function connectionCommand(ended: (status: number) => void): Command {
  const command = new Command('connection').description(
    'Keep, try and forget connections: where S3 is and how to sign in.',
  );
  const commands = [
    connectionAddCommand,
    connectionListCommand,
    connectionShowCommand,
    connectionTestCommand,
    connectionRemoveCommand,
    connectionImportCommand,
  ];
  for (const one of commands) command.addCommand(one(ended));
  return command;
}
