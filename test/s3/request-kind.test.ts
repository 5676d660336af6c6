import { describe, expect, it } from 'vitest';
import { classifyRequest } from './request-kind.ts';

const requests: readonly (readonly [kind: string, method: string, url: string, isCopy?: true])[] = [
  ['ListBuckets', 'GET', '/'],
  ['ListBuckets', 'GET', '/?x-id=ListBuckets&max-buckets=10'],
  ['HeadBucket', 'HEAD', '/photos'],
  ['HeadBucket', 'HEAD', '/photos/'],
  ['CreateBucket', 'PUT', '/photos'],
  ['DeleteBucket', 'DELETE', '/photos'],
  ['GetBucketLocation', 'GET', '/photos?location'],
  ['GetBucketVersioning', 'GET', '/photos/?versioning'],
  ['PutBucketVersioning', 'PUT', '/photos?versioning='],
  ['GetBucketPolicy', 'GET', '/photos?policy'],
  ['GetBucketPolicyStatus', 'GET', '/photos?policyStatus'],
  ['ListObjects', 'GET', '/photos?prefix=a/&delimiter=/'],
  ['ListObjectsV2', 'GET', '/photos?list-type=2&prefix=versions'],
  ['ListObjectsV2', 'GET', '/photos/?prefix=a%2F&list-type=2&continuation-token=uploads'],
  ['ListObjectVersions', 'GET', '/photos?versions&prefix=a'],
  ['ListMultipartUploads', 'GET', '/photos?uploads'],
  ['DeleteObjects', 'POST', '/photos?delete'],
  ['DeleteObjects', 'POST', '/photos/?delete=&x-id=DeleteObjects'],
  ['PostObject', 'POST', '/photos'],
  ['GetObject', 'GET', '/photos/a/b.jpg'],
  ['GetObject', 'GET', '/photos/a?versionId=3&partNumber=1'],
  ['GetObject', 'GET', '/photos/acl?x-id=GetObject'],
  ['GetObjectAcl', 'GET', '/photos/a?acl'],
  ['GetObjectTagging', 'GET', '/photos/a?tagging'],
  ['GetObjectAttributes', 'GET', '/photos/a?attributes'],
  ['HeadObject', 'HEAD', '/photos/a'],
  ['HeadObject', 'HEAD', '/photos//'],
  ['PutObject', 'PUT', '/photos/a?x-id=PutObject'],
  ['PutObject', 'PUT', '/photos/directory/'],
  ['CopyObject', 'PUT', '/photos/b', true],
  ['PutObjectTagging', 'PUT', '/photos/a?tagging'],
  ['DeleteObject', 'DELETE', '/photos/a?versionId=null'],
  ['CreateMultipartUpload', 'POST', '/photos/a?uploads'],
  ['UploadPart', 'PUT', '/photos/a?partNumber=1&uploadId=x'],
  ['UploadPartCopy', 'PUT', '/photos/a?uploadId=x&partNumber=2', true],
  ['CompleteMultipartUpload', 'POST', '/photos/a?uploadId=x'],
  ['AbortMultipartUpload', 'DELETE', '/photos/a?uploadId=x'],
  ['ListParts', 'GET', '/photos/a?uploadId=x'],
  ['RestoreObject', 'POST', '/photos/a?restore'],
  ['Preflight', 'OPTIONS', '/photos/a'],
  ['Unknown PATCH', 'PATCH', '/photos/a'],
];

describe('the kind of an S3 request', () => {
  for (const [kind, method, url, isCopy = false] of requests) {
    it(`is ${kind} for ${method} ${url}${isCopy ? ' with a source' : ''}`, () => {
      expect(classifyRequest(method, url, isCopy).kind).toBe(kind);
    });
  }

  it('comes with the bucket and the decoded key', () => {
    const { bucket, key } = classifyRequest('GET', '/photos/a%20b//%C3%A9?versionId=1', false);
    expect([bucket, key]).toEqual(['photos', 'a b//é']);
  });

  it('is told even where the key cannot be decoded', () => {
    expect(classifyRequest('GET', '/photos/%FF%', false)).toMatchObject({ kind: 'GetObject', key: '%FF%' });
  });
});
