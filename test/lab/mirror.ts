/** Where this machine gets Debian from: its own apt's settings, never an address of ours. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { codename } from './machine.ts';
import { Unavailable } from './unavailable.ts';

/** `mirror+file:/etc/apt/mirrors/debian.list`, as cloud images have it, names a file with one address per line. */
function resolveMirrorList(uri: string): string {
  const list = /^mirror\+file:(?:\/\/)?(\/.*?)\/?$/.exec(uri)?.[1];
  if (list === undefined) return uri;
  const address = /^https?:\S+/m.exec(readFileSync(list, 'utf8'))?.[0];
  if (address === undefined) throw new Unavailable(`${list}, which apt's sources name, holds no address of a mirror.`);
  return address;
}

/**
 * The mirror of Debian's main archive, which carries every release.
 * @throws Unavailable where apt has none
 */
export function debianMirror(): string {
  const targets = spawnSync(
    'apt-get',
    ['indextargets', '--format', '$(REPO_URI) $(RELEASE) $(COMPONENT)', 'Identifier: Packages'],
    { encoding: 'utf8' },
  );
  const releases = new Set([codename(), 'oldstable', 'stable', 'testing', 'unstable', 'sid']);
  for (const line of targets.stdout.split('\n')) {
    const [uri, release, component] = line.split(' ');
    if (uri !== undefined && releases.has(release) && component === 'main') return resolveMirrorList(uri);
  }
  throw new Unavailable("apt's sources name no mirror of Debian's main archive.");
}

/** apt's proxy as the environment variables that other programs know; empty where apt has none. */
export function aptProxy(): NodeJS.ProcessEnv {
  const dump = spawnSync(
    'apt-config',
    ['shell', 'http_proxy', 'Acquire::http::Proxy', 'https_proxy', 'Acquire::https::Proxy'],
    { encoding: 'utf8' },
  );
  const found: NodeJS.ProcessEnv = {};
  for (const [, name, value] of dump.stdout.matchAll(/^(\w+)='(.+)'$/gm)) {
    if (name !== undefined && value !== 'DIRECT') found[name] = value;
  }
  return found;
}
