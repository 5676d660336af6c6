import { describe, expect, it } from 'vitest';
import { emptyDrive, readDrive } from './drive-form.ts';

const typed = { ...emptyDrive, connection: 'lab', bucket: ' photos ' };

describe('The form of a drive', () => {
  it('leaves to the service what is empty', () => {
    const read = readDrive(typed);
    expect('drive' in read && Object.keys(read.drive)).toEqual(['connection', 'bucket', 'prefix', 'options']);
    expect(read).toMatchObject({ drive: { bucket: 'photos', prefix: '', options: { metadataTtl: 10 } } });
  });

  it.each([
    ['2026', '2026/'],
    ['/a/b/', 'a/b/'],
    ['/', ''],
  ])('takes %s for the prefix %s', (prefix, expected) => {
    expect(readDrive({ ...typed, prefix })).toMatchObject({ drive: { prefix: expected } });
  });

  it('counts quotas in GiB, and has a key for KMS alone', () => {
    expect(readDrive({ ...typed, quota: '1.5', encryption: 'AES256', keyId: 'k' })).toMatchObject({
      drive: { options: { quota: 1_610_612_736, encryption: { algorithm: 'AES256' } } },
    });
    const read = readDrive({ ...typed, encryption: 'AES256', keyId: 'k' });
    expect('drive' in read && read.drive.options?.encryption).not.toHaveProperty('keyId');
  });

  it('names what is needed and what is no number', () => {
    expect(readDrive({ ...emptyDrive, quota: 'much', metadataTtl: '-1' })).toEqual({
      errors: Object.fromEntries(
        ['connection', 'bucket', 'metadataTtl', 'quota'].map((name) => [name, expect.any(String)]),
      ),
    });
    expect(readDrive({ ...typed, volumeName: 'a/b' })).toHaveProperty('errors.volumeName');
  });
});
