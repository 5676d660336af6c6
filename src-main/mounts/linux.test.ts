import { describe, expect, it } from 'vitest';
import { linux } from './linux.ts';

const request = {
  port: 2049,
  exportPath: '/photos',
  mountPoint: '/mnt/my photos',
  readOnly: false,
  metadataTtl: 10,
};

describe('On Linux', () => {
  it('a mount names 127.0.0.1, the port and NFSv4.2, and lets no one become root by it', () => {
    expect(linux.mount(request)).toMatchObject({
      program: '/sbin/mount.nfs',
      args: [
        '127.0.0.1:/photos',
        '/mnt/my photos',
        '-o',
        'vers=4.2,proto=tcp,port=2049,sec=sys,hard,retry=0,acregmin=1,acregmax=10,acdirmin=1,acdirmax=10,nosuid,nodev,rw',
      ],
    });
  });

  it('a mount may be read-only, and attributes are trusted for a second at least', () => {
    const [, , , options] = linux.mount({ ...request, readOnly: true, metadataTtl: 0 }).args;
    expect(options).toMatch(/acregmax=1,.*,ro$/);
  });

  it('an unmount asks nothing of the server', () => {
    const args = (['ask', 'force', 'lazy'] as const).map((force) => linux.unmount('/mnt/x', force)?.args);
    expect(args).toEqual([
      ['-c', '/mnt/x'],
      ['-c', '-f', '/mnt/x'],
      ['-c', '-l', '/mnt/x'],
    ]);
  });

  it('the mount table is read with its escapes', () => {
    const table = [
      '24 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda rw',
      '88 24 0:52 / /mnt/my\\040photos\\134\\303\\274 rw,nosuid shared:9 - nfs4 127.0.0.1:/photos\\040a rw,vers=4.2,proto=tcp,port=2050,sec=sys',
      'no line of it',
    ].join('\n');
    expect(linux.parseTable(table)).toEqual([
      { source: '/dev/vda', mountPoint: '/', type: 'ext4', device: '254:1' },
      {
        source: '127.0.0.1:/photos a',
        mountPoint: '/mnt/my photos\\ü',
        type: 'nfs4',
        device: '0:52',
        port: 2050,
      },
    ]);
  });
});
