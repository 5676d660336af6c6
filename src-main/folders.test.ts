import { describe, expect, it } from 'vitest';
import { foldersIn, type Surroundings } from './folders.ts';

const linux: Surroundings = {
  platform: 'linux',
  environment: {},
  home: '/home/ada',
  temporary: '/tmp',
  uid: 1000,
  workingFolder: '/work',
};

describe('folders', () => {
  it('are the XDG defaults for a user on Linux', () => {
    expect(foldersIn(linux)).toEqual({
      config: '/home/ada/.config/windlass',
      data: '/home/ada/.local/share/windlass',
      cache: '/home/ada/.cache/windlass',
      log: '/home/ada/.local/state/windlass/log',
      runtime: '/tmp/windlass-1000',
    });
  });

  it('follow the XDG variables that are absolute and ignore those that are not', () => {
    const environment = { XDG_DATA_HOME: '/data', XDG_CACHE_HOME: 'cache', XDG_RUNTIME_DIR: '/run/user/1000' };
    expect(foldersIn({ ...linux, environment })).toMatchObject({
      data: '/data/windlass',
      cache: '/home/ada/.cache/windlass',
      runtime: '/run/user/1000/windlass',
    });
  });

  it("are the system's for root on Linux, whatever the environment of the user was", () => {
    expect(foldersIn({ ...linux, uid: 0, environment: { XDG_DATA_HOME: '/home/ada/data' } })).toMatchObject({
      config: '/etc/windlass',
      data: '/var/lib/windlass',
      runtime: '/run/windlass',
    });
  });

  it('lie in the Library on macOS', () => {
    const macos: Surroundings = { ...linux, platform: 'darwin', home: '/Users/ada', uid: 501 };
    expect(foldersIn(macos).data).toBe('/Users/ada/Library/Application Support/Windlass/Data');
    expect(foldersIn({ ...macos, uid: 0 }).log).toBe('/Library/Logs/Windlass');
  });

  it('lie in AppData on Windows', () => {
    const windows: Surroundings = { ...linux, platform: 'win32', home: 'C:\\Users\\ada', uid: undefined };
    expect(foldersIn(windows)).toMatchObject({
      config: 'C:\\Users\\ada\\AppData\\Roaming\\Windlass',
      data: 'C:\\Users\\ada\\AppData\\Local\\Windlass\\Data',
    });
  });

  it.each(['linux', 'darwin'] as const)('all move into WINDLASS_HOME on %s, root or not', (platform) => {
    const environment = { WINDLASS_HOME: 'here' };
    expect(foldersIn({ ...linux, platform, uid: 0, environment })).toEqual({
      config: '/work/here/config',
      data: '/work/here/data',
      cache: '/work/here/cache',
      log: '/work/here/log',
      runtime: '/work/here/run',
    });
  });
});
