/** Which S3 operation an HTTP request is, told from its method, its path and its query alone. */
import { subresources } from './subresources.ts';

export interface ClassifiedRequest {
  /** The operation's name in the S3 API (`GetObject`), or `Unknown METHOD` where there is none. */
  readonly kind: string;
  /** Empty for requests to the service itself. */
  readonly bucket: string;
  /** Decoded; empty for requests to the service or a bucket. */
  readonly key: string;
  readonly query: URLSearchParams;
}

/** What no subresource in the query decides. */
const plain: Readonly<Record<'service' | 'bucket' | 'object', Readonly<Record<string, string>>>> = {
  service: { GET: 'ListBuckets', OPTIONS: 'Preflight' },
  bucket: {
    GET: 'ListObjects',
    HEAD: 'HeadBucket',
    PUT: 'CreateBucket',
    DELETE: 'DeleteBucket',
    POST: 'PostObject',
    OPTIONS: 'Preflight',
  },
  object: { GET: 'GetObject', HEAD: 'HeadObject', PUT: 'PutObject', DELETE: 'DeleteObject', OPTIONS: 'Preflight' },
};

/**
 * @param url the request's target as it was sent, path-style: `/BUCKET/KEY?QUERY`
 * @param isCopy whether the request has an `x-amz-copy-source` header
 */
export function classifyRequest(method: string, url: string, isCopy: boolean): ClassifiedRequest {
  const question = url.indexOf('?');
  const path = question < 0 ? url : url.slice(0, question);
  const query = new URLSearchParams(question < 0 ? '' : url.slice(question + 1));
  const slash = path.indexOf('/', 1);
  const bucket = decode(slash < 0 ? path.slice(1) : path.slice(1, slash));
  const key = slash < 0 ? '' : decode(path.slice(slash + 1));
  const level = bucket === '' ? 'service' : key === '' ? 'bucket' : 'object';
  return { kind: kindOf(method, level, query, isCopy), bucket, key, query };
}

function kindOf(
  method: string,
  level: 'service' | 'bucket' | 'object',
  query: URLSearchParams,
  isCopy: boolean,
): string {
  if (level !== 'service') {
    if (level === 'bucket' && method === 'GET' && query.get('list-type') === '2') return 'ListObjectsV2';
    for (const [subresource, byMethod] of subresources[level]) {
      const kind = query.has(subresource) ? byMethod[method] : undefined;
      if (kind !== undefined) return kind === 'UploadPart' && isCopy ? 'UploadPartCopy' : kind;
    }
  }
  const kind = plain[level][method];
  if (kind === 'PutObject' && isCopy) return 'CopyObject';
  return kind ?? `Unknown ${method}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not UTF-8 or a bare `%`: only the name in the record suffers, the server judges the request.
    return text;
  }
}
