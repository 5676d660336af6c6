/** The keychain for real: keytar and gnome-keyring, in a session of D-Bus of its own. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import { spawnHere } from '../lab/child.ts';
import { installPackages } from '../lab/install.ts';
import { hasCommand, isLinux } from '../lab/machine.ts';
import { orReason, Unavailable } from '../lab/unavailable.ts';

const ask = `"${process.execPath}" "${path.join(import.meta.dirname, 'ask-keychain.ts')}"`;

const library = path.resolve(import.meta.dirname, '../../node_modules/keytar/build/Release/keytar.node');

const unlock = `printf password | gnome-keyring-daemon --unlock --components=secrets >/dev/null`;
const lock = `dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \\
  org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login >/dev/null`;

/** D-Bus as it confines: nobody may speak to the keychain. */
const confined = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <include>/usr/share/dbus-1/session.conf</include>
  <policy context="mandatory"><deny send_destination="org.freedesktop.secrets"/></policy>
</busconfig>`;

async function requireKeychain(): Promise<void> {
  if (!isLinux) throw new Unavailable('gnome-keyring runs on Linux.');
  await installPackages(['keychain']);
  if (!['gnome-keyring-daemon', 'dbus-run-session', 'dbus-send'].every((name) => hasCommand(name)))
    throw new Unavailable(
      'The keychain needs gnome-keyring and dbus (apt install gnome-keyring dbus-daemon dbus-bin).',
    );
  if (!existsSync(library)) throw new Unavailable('keytar is not built: npm ci does that where libsecret-1-dev is.');
}

/** Runs a script in bash, in a home of its own. @returns the lines that it printed */
async function inSession(kind: 'bus' | 'confined' | 'none', script: string): Promise<readonly string[]> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'windlass-keychain-'));
  onTestFinished(() => rm(home, { recursive: true, force: true, maxRetries: 3 }));
  const runtime = path.join(home, 'run');
  await mkdir(runtime, { mode: 0o700 });
  const configuration = path.join(home, 'bus.conf');
  await writeFile(configuration, confined);
  const session = kind === 'confined' ? ['--config-file', configuration, '--'] : ['--'];
  const bash = ['bash', '-c', script];
  const [command = '', ...args] = kind === 'none' ? bash : ['dbus-run-session', ...session, ...bash];
  const child = spawnHere(command, args, {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env['PATH'], HOME: home, XDG_RUNTIME_DIR: runtime, XDG_DATA_HOME: path.join(home, 'data') },
  });
  const [output] = await Promise.all([child.stdout === null ? '' : text(child.stdout), once(child, 'exit')]);
  return output.split('\n').filter((line) => line !== '');
}

describe('The keychain of a desktop', () => {
  let reason: string | undefined;
  beforeAll(async () => {
    const found = await orReason(requireKeychain);
    if ('reason' in found) reason = found.reason;
  }, 300_000);
  const orSkip = ({ skip }: Pick<TestContext, 'skip'>): void => {
    if (reason !== undefined) skip(reason);
  };

  it('keeps keys until they are deleted', async (context) => {
    orSkip(context);
    const keys = '{"accessKeyId":"AKIA1","secretAccessKey":"b"}';
    expect(await inSession('bus', `${unlock}; ${ask} get set get; ${ask} get delete get`)).toEqual([
      'get: nothing',
      'set: nothing',
      `get: ${keys}`,
      `get: ${keys}`,
      'delete: nothing',
      'get: nothing',
    ]);
  });

  it('that is locked says so, and not that it has no keys', async (context) => {
    orSkip(context);
    expect(await inSession('bus', `${unlock}; ${ask} set; ${lock}; ${ask} get set`)).toEqual([
      'set: nothing',
      'get: locked',
      'set: locked',
    ]);
  });

  it('is absent where no session runs', async (context) => {
    orSkip(context);
    expect(await inSession('none', `${ask} get set`)).toEqual(['get: absent', 'set: absent']);
  });

  it('refuses where the system confines the program', async (context) => {
    orSkip(context);
    expect(await inSession('confined', `${unlock}; ${ask} get set`)).toEqual(['get: refused', 'set: refused']);
  });
});
