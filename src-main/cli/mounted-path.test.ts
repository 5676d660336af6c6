import { expect, it } from 'vitest';
import { exportPathIn } from './mounted-path.ts';

const at = (mountPoint: string, source: string, type = 'nfs4') => ({ mountPoint, source, type });

const mounts = [
  at('/', '/dev/sda1', 'ext4'),
  at('/mnt/photos', '127.0.0.1:/photos'),
  at('/mnt/my files', '127.0.0.1:/files/a'),
  at('/mnt/photos/usb', '/dev/sdb1', 'ext4'),
  at('/mnt/far', 'example.net:/photos'),
];

it.each([
  ['/mnt/photos/2024/a.jpg', '/photos/2024/a.jpg'],
  ['/mnt/photos', '/photos'],
  ['/mnt/my files/b', '/files/a/b'],
  ['/mnt/photos2/b', undefined],
  ['/mnt/photos/usb/b', undefined],
  ['/mnt/far/b', undefined],
  ['/home/b', undefined],
])('%s is %s for the gateway', (path, expected) => {
  expect(exportPathIn(path, mounts)).toBe(expected);
});
