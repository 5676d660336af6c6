import { describe, expect, it } from 'vitest';
import { checkName, isLocalName, isName, isSillyName } from './names.ts';

const refusal = (code: string): unknown => expect.objectContaining({ name: 'FileSystemError', code });

describe('Names', () => {
  it('may be anything of 255 bytes without a slash and NUL', () => {
    for (const name of ['a', '...', ' ', 'a\nb', 'ü', '\\', 'x'.repeat(255), 'é'.repeat(127)])
      expect(() => checkName(name)).not.toThrow();
  });

  it('are refused for what is wrong with them', () => {
    expect(() => checkName('')).toThrow(refusal('INVAL'));
    expect(() => checkName('x'.repeat(256))).toThrow(refusal('NAMETOOLONG'));
    expect(() => checkName('é'.repeat(128))).toThrow(refusal('NAMETOOLONG'));
    for (const name of ['.', '..', 'a/b', 'a\0b']) expect(() => checkName(name)).toThrow(refusal('BADNAME'));
  });

  it('hide the components of keys that no path can name', () => {
    for (const component of ['', '.', '..', 'a\0', 'x'.repeat(256)]) expect(isName(component)).toBe(false);
    expect(isName('.hidden')).toBe(true);
  });

  it('of files that desktops scatter are local', () => {
    for (const name of ['.DS_Store', '._report.pdf', 'Thumbs.db', 'desktop.ini', '.Trashes'])
      expect(isLocalName(name)).toBe(true);
    for (const name of ['DS_Store', '.profile', '_a', 'thumbs.db.txt', '.nfs0000'])
      expect(isLocalName(name)).toBe(false);
  });

  it('of silly renames are those that Linux and macOS give', () => {
    for (const name of ['.nfs000000000123abcd00000001', '.nfs.20051234.0001', '.nfs0000abcd'])
      expect(isSillyName(name)).toBe(true);
    for (const name of ['.nfs', '.nfsrc', '.nfs12', 'nfs000000000123abcd00000001', '.nfs.2005123.0001'])
      expect(isSillyName(name)).toBe(false);
  });
});
