/** `windlass status`: what a gateway has still to send, and the state of one file. */
import type { Command } from 'commander';
import type { FileStatus, Response } from '../../gateway/control.ts';
import { CommandError } from './command-error.ts';
import type { ControlClient } from './control-client.ts';
import { count, formatSize, formatWait, printable } from './format.ts';
import { exportPath } from './mounted-path.ts';
import { runningCommand, withGateway, type RunningOptions } from './running-gateway.ts';

interface Options extends RunningOptions {
  readonly json?: boolean;
}

/** Transfers that are shown one by one. */
const shown = 20;

export function statusCommand(ended: (status: number) => void): Command {
  return runningCommand('status', 'Show what is not in S3 yet, what failed and why, and what you should know.')
    .argument('[path]', 'a file: as /EXPORT/path, or where it is mounted (Linux)')
    .option('--json', 'as JSON, for programs')
    .addHelpText(
      'after',
      `
Examples:
  windlass status                          everything
  windlass status /photos/2024/a.jpg       one file of the export “photos”
  windlass status --json | jq .transfers   for programs

The state of a file is one of: in S3; staged (on the local disk, to be sent); uploading N%; failed (and why, and when it
is tried again); local-only (never sent, because of its name).

Exit status: 0 answered, 1 no gateway could be asked or it does not know the path, 2 the command line is wrong.`,
    )
    .action(async (path: string | undefined, options: Options) => {
      await withGateway(options, (client) =>
        path === undefined ? showAll(client, options) : showOne(client, path, options),
      );
      ended(0);
    });
}

async function showOne(client: ControlClient, path: string, { json }: Options): Promise<void> {
  const asked = await exportPath(path, process.platform);
  const { file } = await client.call('file', { path: asked });
  if (file === null) {
    throw new CommandError(
      `The gateway knows of no ${printable(asked)}: nothing of that name waits to be sent. Paths begin with the export, as in /EXPORT/folder/file.`,
    );
  }
  process.stdout.write(
    json === true ? `${JSON.stringify(file, null, 2)}\n` : `${printable(file.path)}: ${describe(file)}\n`,
  );
}

function describe({ status, type, size, pending }: FileStatus): string {
  const below = pending === undefined || pending === 0 ? '' : `; ${count(pending, 'change')} in it not sent yet`;
  switch (status.state) {
    case 'in-s3':
      return `in S3${below}`;
    case 'staged':
      return `staged${type === 'file' ? `, ${formatSize(size)} to be sent` : ''}${below}`;
    case 'uploading':
      return `uploading ${percent(status.sent, status.total)} of ${formatSize(status.total)}${below}`;
    case 'failed':
      return `failed: ${printable(status.message)} (${status.code}; tried again ${formatWait(status.nextTry - Date.now())})${below}`;
    case 'local-only':
      return 'local-only: files of such names are never sent';
  }
}

function percent(sent: number, total: number): string {
  return `${total === 0 ? 0 : Math.floor((100 * sent) / total)}%`;
}

async function showAll(client: ControlClient, { json }: Options): Promise<void> {
  const [stats, { transfers, more }, { notices }] = await Promise.all([
    client.call('stats', {}),
    client.call('transfers', { limit: json === true ? 1000 : shown }),
    client.call('notices', {}),
  ]);
  if (json === true) {
    process.stdout.write(`${JSON.stringify({ ...stats, transfers, more, notices }, null, 2)}\n`);
    return;
  }
  const lines = [
    `Exports: ${stats.exports.map((name) => `/${printable(name)}`).join(', ') || 'none'}`,
    stats.pending === 0
      ? 'Everything is in S3.'
      : `${count(stats.pending, 'change')} not in S3 yet; ${formatSize(stats.stagedBytes)} staged.`,
    ...(stats.isPaused ? ['Uploads are paused: “windlass resume” lets them go on.'] : []),
    ...(stats.bandwidth === null ? [] : [`Uploads send at most ${formatSize(stats.bandwidth)} a second.`]),
    ...transfers.map(transferLine),
    ...(more > 0 ? [`  … and ${more} more`] : []),
    ...(notices.length > 0 ? ['', `${count(notices.length, 'notice')}:`] : []),
    ...notices.map(
      ({ time, message }) => `  ${new Date(time).toISOString().slice(0, 16).replace('T', ' ')}  ${printable(message)}`,
    ),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function transferLine(transfer: Response<'transfers'>['transfers'][number]): string {
  const { kind, path, size, state, sent, error, nextTry = 0 } = transfer;
  const what = `${kind} ${printable(path)}${size > 0 ? `, ${formatSize(size)}` : ''}`;
  switch (state) {
    case 'running':
      return `  ${size > 0 ? percent(sent, size).padStart(4) : '   …'}  ${what}`;
    case 'failed':
      return `  fail  ${what}: ${printable(error?.message ?? '')} Next try ${formatWait(nextTry - Date.now())}.`;
    case 'waiting':
      return `  wait  ${what}`;
  }
}
