import { describe, expect, it } from 'vitest';
import { isLoopbackNfs, mountAround } from './mount-table.ts';

const at = (mountPoint: string, type = 'nfs4', source = '127.0.0.1:/x') => ({ mountPoint, type, source });

describe('The mount table', () => {
  it('tells which mount a path lies in, the innermost one, and not one of a longer name', () => {
    const mounts = [at('/', 'ext4'), at('/mnt/a'), at('/mnt/a/b'), at('/mnt/abc')];
    expect(mountAround(mounts, '/mnt/a/b/c')?.mountPoint).toBe('/mnt/a/b');
    expect(mountAround(mounts, '/mnt/a')?.mountPoint).toBe('/mnt/a');
    expect(mountAround(mounts, '/mnt/ab')).toBeUndefined();
  });

  it('tells mounts of a gateway on this machine from those of other servers', () => {
    expect([at('/m'), at('/m', 'nfs'), at('/m', 'ext4'), at('/m', 'nfs4', 'nas:/x')].map(isLoopbackNfs)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
