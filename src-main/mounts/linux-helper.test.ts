import { describe, expect, it } from 'vitest';
import { MountTable } from './mount-table.ts';
import { helperPath, linuxByHelper } from './linux-helper.ts';
import { prepareMountPoint } from './mount-point.ts';

const commands = linuxByHelper('ada');
const request = {
  port: 2049,
  exportPath: '/T/photos',
  mountPoint: '/run/media/ada/my photos',
  readOnly: true,
  metadataTtl: 0,
};

describe('On Linux without root', () => {
  it('the helper is asked by pkexec, for a name and not a path', () => {
    expect(commands.mount(request)).toMatchObject({
      program: '/usr/bin/pkexec',
      args: ['--disable-internal-agent', helperPath, 'mount', '2049', '/T/photos', 'my photos', 'ro', '1'],
    });
    expect(commands.unmount('/run/media/ada/my photos', 'force')?.args.slice(2)).toEqual([
      'unmount',
      'my photos',
      'force',
    ]);
  });

  it('the helper makes the mount point, below a folder of root’s alone', async () => {
    const table = new MountTable({ ...commands, table: { file: '/dev/null' } }, () =>
      Promise.reject(new Error('none')),
    );
    expect(await prepareMountPoint('/run/media/ada/photos', table)).toEqual({ state: 'free' });
    for (const elsewhere of ['/mnt/photos', '/run/media/bob/photos', '/run/media/ada/a/b', '/run/media/ada/.x'])
      await expect(prepareMountPoint(elsewhere, table)).rejects.toThrow(
        /Without root, mounts go below \/run\/media\/ada alone/,
      );
  });
});
