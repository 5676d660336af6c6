import { describe, expect, it } from 'vitest';
import { darwin } from './darwin.ts';

const request = {
  port: 2049,
  exportPath: '/photos',
  mountPoint: '/Users/me/Volumes.noindex/photos',
  readOnly: false,
  metadataTtl: 10,
};

describe('On macOS', () => {
  it('a mount keeps locks, needs no root, and shows no dialog for a slow store', () => {
    const { program, args } = darwin.mount(request);
    expect([program, args[0], args[2], args[3]]).toEqual([
      '/sbin/mount_nfs',
      '-o',
      '127.0.0.1:/photos',
      '/Users/me/Volumes.noindex/photos',
    ]);
    const options = (args[1] ?? '').split(',');
    expect(options).toEqual(
      expect.arrayContaining([
        'vers=4.0',
        'port=2049',
        'nocallback',
        'mutejukebox',
        'deadtimeout=45',
        'nonegnamecache',
        'rw',
      ]),
    );
    expect(options).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(nolocks|locallocks|resvport|soft)$/)]),
    );
  });

  it('a mount may be read-only', () => {
    expect(darwin.mount({ ...request, readOnly: true }).args[1]?.split(',')).toContain('rdonly');
  });

  it('an unmount ends with the force that Finder has as well', () => {
    const commands = (['ask', 'force', 'lazy'] as const).map((force) => darwin.unmount('/v/x', force));
    expect(commands.map((command) => [command?.program, ...(command?.args ?? [])])).toEqual([
      ['/sbin/umount', '/v/x'],
      ['/usr/sbin/diskutil', 'unmount', '/v/x'],
      ['/usr/sbin/diskutil', 'unmount', 'force', '/v/x'],
    ]);
  });

  it('the mount table is read, names with spaces and brackets too', () => {
    const table = [
      '127.0.0.1:/photos on /Users/me/Volumes.noindex/photos (nfs, nodev, nosuid, mounted by me)',
      '127.0.0.1:/a b (2) on /Users/me/Volumes.noindex/a b (2) (nfs, nodev, nosuid, read-only, mounted by me)',
      '/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)',
    ].join('\n');
    expect(darwin.parseTable(table)).toEqual([
      { source: '127.0.0.1:/photos', mountPoint: '/Users/me/Volumes.noindex/photos', type: 'nfs' },
      { source: '127.0.0.1:/a b (2)', mountPoint: '/Users/me/Volumes.noindex/a b (2)', type: 'nfs' },
    ]);
  });
});
