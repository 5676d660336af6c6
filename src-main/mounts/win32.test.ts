import { describe, expect, it } from 'vitest';
import { win32 } from './win32.ts';

const commands = win32({ SystemRoot: 'C:\\Windows' });

describe('On Windows', () => {
  it('a mount names the export without a port and waits for a slow store', () => {
    const request = { port: 2049, exportPath: '/photos', mountPoint: 'Z:', readOnly: false, metadataTtl: 10 };
    const { program, args } = commands.mount(request);
    expect(program).toBe('C:\\Windows\\System32\\mount.exe');
    expect(args.slice(2)).toEqual(['\\\\127.0.0.1\\photos', 'Z:']);
    expect(args[1]?.split(',')).toEqual(expect.arrayContaining(['anon', 'mtype=hard', 'timeout=60', 'casesensitive']));
  });

  it('an unmount is asked for, and then forced', () => {
    const args = (['ask', 'force', 'lazy'] as const).map((force) => commands.unmount('Z:', force)?.args);
    expect(args).toEqual([['Z:'], ['-f', 'Z:'], undefined]);
  });

  it('the list of mounts is read', () => {
    const table = [
      '',
      'Local    Remote                                 Properties',
      '-------------------------------------------------------------------------------',
      'Z:       \\\\127.0.0.1\\photos                     UID=-2, GID=-2',
      '                                                rsize=32768, wsize=32768',
      'Y:       \\\\nas\\deep\\share  ',
    ].join('\r\n');
    expect(commands.parseTable(table)).toEqual([
      { source: '127.0.0.1:/photos', mountPoint: 'Z:', type: 'nfs' },
      { source: 'nas:/deep/share', mountPoint: 'Y:', type: 'nfs' },
    ]);
  });
});
