import { describe, expect, it } from 'vitest';
import { s3Connection } from '../../configuration.ts';
import { resolveAddress } from './address.ts';

async function address(connection: object, bucket?: string, found: { region?: string; pathStyle?: boolean } = {}) {
  const credentials = () => Promise.resolve({ accessKeyId: 'a', secretAccessKey: 'b' });
  const parsed = s3Connection.parse({ kind: 's3', ...connection });
  const { origin, basePath, region, service } = await resolveAddress({
    connection: parsed,
    bucket,
    credentials,
    ...found,
  });
  return `${origin}${basePath} ${region} ${service}`;
}

describe('Addresses', () => {
  const inIreland = { region: 'eu-west-1' };
  const cases: readonly [string, object, string, string][] = [
    ['AWS buckets', inIreland, 'bucket', 'https://bucket.s3.eu-west-1.amazonaws.com eu-west-1 s3'],
    ['buckets with dots', inIreland, 'my.bucket', 'https://s3.eu-west-1.amazonaws.com/my.bucket eu-west-1 s3'],
    ['China', { region: 'cn-north-1' }, 'bucket', 'https://bucket.s3.cn-north-1.amazonaws.com.cn cn-north-1 s3'],
    [
      'FIPS and dual-stack',
      { ...inIreland, fips: true, dualStack: true },
      'bucket',
      'https://bucket.s3-fips.dualstack.eu-west-1.amazonaws.com eu-west-1 s3',
    ],
    [
      'acceleration',
      { ...inIreland, accelerate: true },
      'bucket',
      'https://bucket.s3-accelerate.amazonaws.com eu-west-1 s3',
    ],
    [
      'access point aliases',
      inIreland,
      'point-s3alias',
      'https://point-s3alias.s3.eu-west-1.amazonaws.com eu-west-1 s3',
    ],
    [
      'access point ARNs, in their own region',
      inIreland,
      'arn:aws:s3:us-west-2:123456789012:accesspoint/point',
      'https://point-123456789012.s3-accesspoint.us-west-2.amazonaws.com us-west-2 s3',
    ],
    [
      'directory buckets',
      { region: 'us-east-1' },
      'fast--use1-az4--x-s3',
      'https://fast--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com us-east-1 s3express',
    ],
    [
      'other servers, in path style where asked for',
      { ...inIreland, endpoint: 'https://s3.example.com/base', pathStyle: true },
      'bucket',
      'https://s3.example.com/base/bucket eu-west-1 s3',
    ],
    [
      'other servers',
      { ...inIreland, endpoint: 'https://s3.example.com' },
      'bucket',
      'https://bucket.s3.example.com eu-west-1 s3',
    ],
    [
      'addresses',
      { ...inIreland, endpoint: 'http://127.0.0.1:9000' },
      'bucket',
      'http://127.0.0.1:9000/bucket eu-west-1 s3',
    ],
    [
      'localhost',
      { ...inIreland, endpoint: 'http://localhost:9000' },
      'bucket',
      'http://localhost:9000/bucket eu-west-1 s3',
    ],
  ];
  for (const [what, connection, bucket, expected] of cases) {
    it(`are right for ${what}`, async () => expect(await address(connection, bucket)).toBe(expected));
  }

  it('are those of the account where there is no bucket', async () => {
    expect(await address(inIreland)).toBe('https://s3.eu-west-1.amazonaws.com eu-west-1 s3');
  });

  it('follow the region and the path style that the server asked for', async () => {
    expect(await address(inIreland, 'bucket', { region: 'ap-south-1' })).toBe(
      'https://bucket.s3.ap-south-1.amazonaws.com ap-south-1 s3',
    );
    const found = { pathStyle: true };
    expect(await address({ ...inIreland, endpoint: 'https://s3.example.com' }, 'bucket', found)).toBe(
      'https://s3.example.com/bucket eu-west-1 s3',
    );
  });

  it('are refused in words for names that no bucket can have', async () => {
    await expect(address(inIreland, 'arn:aws:sqs:x')).rejects.toThrow(
      expect.objectContaining({ code: 'InvalidRequest' }),
    );
  });
});
