import { describe, expect, it } from 'vitest';
import { connectionFrom, type PlaceOptions } from './connection-options.ts';

const from = (options: Partial<PlaceOptions>, name = 'lab') =>
  connectionFrom(name, { bucket: [], ...options }, { kind: 'keychain' }, '/work');

describe('The flags of a connection', () => {
  it('stand for AWS, for a service of one’s own, or for a folder', () => {
    expect(from({ region: 'eu-central-1' })).toMatchObject({ preset: 'aws', region: 'eu-central-1', pathStyle: false });
    expect(from({ endpoint: 'http://127.0.0.1:9000/' })).toMatchObject({
      preset: 'custom',
      endpoint: 'http://127.0.0.1:9000',
      region: 'us-east-1',
      pathStyle: true,
    });
    expect(from({ folder: 'objects' })).toMatchObject({ preset: 'folder', folder: '/work/objects' });
  });

  it('are completed by what is known of a service', () => {
    expect(from({ preset: 'cloudflare-r2', account: 'abc' })).toMatchObject({
      endpoint: 'https://abc.r2.cloudflarestorage.com',
      region: 'auto',
    });
  });

  it.each<[Partial<PlaceOptions>, string, RegExp]>([
    [{}, 'Not A Name', /^The name of a connection needs 1 to 63 of a-z/],
    [{ endpoint: 's3.example.com' }, 'lab', /^--endpoint needs a URL/],
    [{ endpoint: 'https://me:hunter2@s3.test' }, 'lab', /^--endpoint must not hold a name or password/],
    [{ preset: 'wasabi' }, 'lab', /^Wasabi needs one thing more: Region.* Give it as --region\.$/],
    [{ preset: 'minio' }, 'lab', /^MinIO needs --endpoint/],
    [{ preset: 'cloudflare-r2' }, 'lab', /^Cloudflare R2 needs one thing more: Account ID\. Give it as --account\.$/],
    [{ region: 'eu/central' }, 'lab', /^--region /],
    [{ proxy: 'proxy' }, 'lab', /^--proxy /],
    [{ bucket: ['x'] }, 'lab', /^--bucket /],
  ])('%j for %s are refused', (options, name, sentence) => {
    expect(() => from(options, name)).toThrow(sentence);
    expect(() => from(options, name)).not.toThrow(/hunter2/);
  });
});
