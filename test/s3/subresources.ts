/** Query parameters that turn a plain request into another operation, in the order in which they decide (Amazon S3 API Reference, "Actions"). */
type ByMethod = Readonly<Record<string, string>>;
type Subresources = readonly (readonly [parameter: string, byMethod: ByMethod])[];

/** GET, PUT and DELETE of a setting of a bucket. */
function setting(name: string): ByMethod {
  return { GET: `GetBucket${name}`, PUT: `PutBucket${name}`, DELETE: `DeleteBucket${name}` };
}

export const subresources: Readonly<Record<'bucket' | 'object', Subresources>> = {
  bucket: [
    ['delete', { POST: 'DeleteObjects' }],
    ['uploads', { GET: 'ListMultipartUploads' }],
    ['versions', { GET: 'ListObjectVersions' }],
    ['session', { GET: 'CreateSession' }],
    ['location', { GET: 'GetBucketLocation' }],
    ['object-lock', { GET: 'GetObjectLockConfiguration', PUT: 'PutObjectLockConfiguration' }],
    ['policyStatus', { GET: 'GetBucketPolicyStatus' }],
    [
      'publicAccessBlock',
      { GET: 'GetPublicAccessBlock', PUT: 'PutPublicAccessBlock', DELETE: 'DeletePublicAccessBlock' },
    ],
    ['accelerate', setting('AccelerateConfiguration')],
    ['acl', setting('Acl')],
    ['analytics', setting('AnalyticsConfiguration')],
    ['cors', setting('Cors')],
    ['encryption', setting('Encryption')],
    ['intelligent-tiering', setting('IntelligentTieringConfiguration')],
    ['inventory', setting('InventoryConfiguration')],
    ['lifecycle', setting('LifecycleConfiguration')],
    ['logging', setting('Logging')],
    ['metrics', setting('MetricsConfiguration')],
    ['notification', setting('NotificationConfiguration')],
    ['ownershipControls', setting('OwnershipControls')],
    ['policy', setting('Policy')],
    ['replication', setting('Replication')],
    ['requestPayment', setting('RequestPayment')],
    ['tagging', setting('Tagging')],
    ['versioning', setting('Versioning')],
    ['website', setting('Website')],
  ],
  object: [
    ['uploads', { POST: 'CreateMultipartUpload' }],
    ['partNumber', { PUT: 'UploadPart' }],
    ['uploadId', { GET: 'ListParts', POST: 'CompleteMultipartUpload', DELETE: 'AbortMultipartUpload' }],
    ['attributes', { GET: 'GetObjectAttributes' }],
    ['acl', { GET: 'GetObjectAcl', PUT: 'PutObjectAcl' }],
    ['legal-hold', { GET: 'GetObjectLegalHold', PUT: 'PutObjectLegalHold' }],
    ['renameObject', { PUT: 'RenameObject' }],
    ['restore', { POST: 'RestoreObject' }],
    ['retention', { GET: 'GetObjectRetention', PUT: 'PutObjectRetention' }],
    ['select', { POST: 'SelectObjectContent' }],
    ['tagging', { GET: 'GetObjectTagging', PUT: 'PutObjectTagging', DELETE: 'DeleteObjectTagging' }],
    ['torrent', { GET: 'GetObjectTorrent' }],
  ],
};
