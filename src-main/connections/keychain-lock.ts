/**
 * Whether the keychain is locked, on Linux. libsecret says of an entry in a locked collection what it says of one that
 * is not there, once nobody has unlocked it: so the collection itself is asked (Secret Service API, Collection.Locked).
 */
import { runCommand, type CommandLine, type RunCommand } from '../mounts/command-line.ts';

const question: CommandLine = {
  program: 'dbus-send',
  args: [
    ...['--session', '--print-reply=literal', '--reply-timeout=3000', '--dest=org.freedesktop.secrets'],
    ...['/org/freedesktop/secrets/aliases/default', 'org.freedesktop.DBus.Properties.Get'],
    ...['string:org.freedesktop.Secret.Collection', 'string:Locked'],
  ],
  timeLimit: 5000,
};

/** false where it cannot be told. */
export async function isKeychainLocked(
  platform: NodeJS.Platform = process.platform,
  run: RunCommand = runCommand,
): Promise<boolean> {
  if (platform !== 'linux') return false;
  const { status, stdout } = await run(question);
  return status === 0 && /boolean true/.test(stdout);
}
