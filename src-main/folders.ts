/** The one place that decides where Windlass keeps things, for every platform, for users and for root. */
import os from 'node:os';
import path from 'node:path';

/** Absolute paths; none of them is made here. */
export interface Folders {
  /** What the user sets. */
  readonly config: string;
  /** What must not be lost: the database and what is not in S3 yet. */
  readonly data: string;
  /** What may be deleted at any time. */
  readonly cache: string;
  readonly log: string;
  /** Sockets, for as long as the machine runs: short, because a socket's path ends at 104 bytes on macOS. Make it 0700. */
  readonly runtime: string;
}

export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The user's home folder. */
  readonly home: string;
  /** The system's folder for temporary files. */
  readonly temporary: string;
  /** undefined on Windows. */
  readonly uid: number | undefined;
  readonly workingFolder: string;
}

/** The folders of whoever runs this process. */
export function folders(): Folders {
  return foldersIn({
    platform: process.platform,
    environment: process.env,
    home: os.homedir(),
    temporary: os.tmpdir(),
    uid: process.getuid?.(),
    workingFolder: process.cwd(),
  });
}

/** `WINDLASS_HOME` moves all of them into one folder. */
export function foldersIn(surroundings: Surroundings): Folders {
  const { platform, environment, workingFolder } = surroundings;
  const moved = environment['WINDLASS_HOME'];
  if (moved !== undefined && moved !== '') {
    const paths = platform === 'win32' ? path.win32 : path.posix;
    const home = paths.resolve(workingFolder, moved);
    return {
      config: paths.join(home, 'config'),
      data: paths.join(home, 'data'),
      cache: paths.join(home, 'cache'),
      log: paths.join(home, 'log'),
      runtime: paths.join(home, 'run'),
    };
  }
  if (platform === 'win32') return onWindows(surroundings);
  if (platform === 'darwin') return onMacos(surroundings);
  return onLinux(surroundings);
}

function onWindows({ environment, home }: Surroundings): Folders {
  const roaming = environment['APPDATA'] ?? path.win32.join(home, 'AppData', 'Roaming');
  const local = environment['LOCALAPPDATA'] ?? path.win32.join(home, 'AppData', 'Local');
  return {
    config: path.win32.join(roaming, 'Windlass'),
    data: path.win32.join(local, 'Windlass', 'Data'),
    cache: path.win32.join(local, 'Windlass', 'Cache'),
    log: path.win32.join(local, 'Windlass', 'Log'),
    runtime: path.win32.join(local, 'Windlass', 'Run'),
  };
}

function onMacos({ home, temporary, uid }: Surroundings): Folders {
  const library = uid === 0 ? '/Library' : path.posix.join(home, 'Library');
  return {
    config: path.posix.join(library, 'Application Support/Windlass/Config'),
    data: path.posix.join(library, 'Application Support/Windlass/Data'),
    cache: path.posix.join(library, 'Caches/Windlass'),
    log: path.posix.join(library, 'Logs/Windlass'),
    runtime: uid === 0 ? '/var/run/windlass' : path.posix.join(temporary, 'windlass'),
  };
}

function onLinux({ environment, home, temporary, uid }: Surroundings): Folders {
  if (uid === 0) {
    return {
      config: '/etc/windlass',
      data: '/var/lib/windlass',
      cache: '/var/cache/windlass',
      log: '/var/log/windlass',
      runtime: '/run/windlass',
    };
  }
  /** XDG Base Directory Specification: a variable that is empty or not absolute counts as unset. */
  const base = (variable: string): string | undefined => {
    const value = environment[variable];
    return value !== undefined && path.posix.isAbsolute(value) ? value : undefined;
  };
  const runtime = base('XDG_RUNTIME_DIR');
  return {
    config: path.posix.join(base('XDG_CONFIG_HOME') ?? path.posix.join(home, '.config'), 'windlass'),
    data: path.posix.join(base('XDG_DATA_HOME') ?? path.posix.join(home, '.local/share'), 'windlass'),
    cache: path.posix.join(base('XDG_CACHE_HOME') ?? path.posix.join(home, '.cache'), 'windlass'),
    log: path.posix.join(base('XDG_STATE_HOME') ?? path.posix.join(home, '.local/state'), 'windlass/log'),
    runtime:
      runtime !== undefined
        ? path.posix.join(runtime, 'windlass')
        : path.posix.join(temporary, `windlass-${uid ?? 'user'}`),
  };
}
