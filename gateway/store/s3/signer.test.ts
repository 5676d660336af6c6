import { describe, expect, it } from 'vitest';
import { Signer } from './signer.ts';

/** The example keys of AWS's documentation. */
const credentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const signer = new Signer({ region: 'us-east-1', service: 's3' }, () => Promise.resolve(credentials));
const now = Date.UTC(2013, 4, 24);
const host = 'examplebucket.s3.amazonaws.com';
const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

describe('Signer', () => {
  // AWS, "Signature Calculations for the Authorization Header: Transferring Payload in a Single Chunk", examples.
  it('signs a ranged GET as AWS documents it', async () => {
    const headers = { host, range: 'bytes=0-9', 'x-amz-content-sha256': empty };
    const signed = await signer.sign({ method: 'GET', path: '/test.txt', query: {}, headers }, now);
    expect(signed['authorization']).toContain(
      'Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    );
  });

  it('signs a listing as AWS documents it, every time', async () => {
    const headers = { host, 'x-amz-content-sha256': empty };
    const request = { method: 'GET', path: '/', query: { 'max-keys': '2', prefix: 'J' }, headers };
    for (let time = 0; time < 2; time++) {
      expect((await signer.sign(request, now))['authorization']).toContain(
        'Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
      );
    }
  });

  it('sends the session token along', async () => {
    const temporary = new Signer({ region: 'us-east-1', service: 's3' }, () =>
      Promise.resolve({ ...credentials, sessionToken: 'token' }),
    );
    const signed = await temporary.sign({ method: 'GET', path: '/', query: {}, headers: { host } }, now);
    expect(signed['x-amz-security-token']).toBe('token');
    expect(signed['authorization']).toContain('x-amz-security-token');
  });
});
