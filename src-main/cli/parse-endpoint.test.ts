import { describe, expect, it } from 'vitest';
import { parseEndpoint, wantsPathStyle } from './parse-endpoint.ts';

describe('an endpoint', () => {
  it.each([
    ['https://s3.example.com', 'https://s3.example.com'],
    ['http://127.0.0.1:9000/', 'http://127.0.0.1:9000'],
    ['HTTPS://S3.Example.com:443', 'https://s3.example.com'],
    ['http://[::1]:9000', 'http://[::1]:9000'],
  ])('%s is %s', (text, expected) => {
    expect(parseEndpoint(text)).toBe(expected);
  });

  it.each([
    ['', 'begins with https://'],
    ['localhost:9000', 'begins with https://'],
    ['s3.example.com', 'begins with https://'],
    ['ftp://example.com', 'begins with https://'],
    ['https://example.com/bucket', 'the host alone, https://example.com'],
    ['https://example.com?x=1', 'the host alone'],
  ])('%j is refused, because it needs what %s', (text, reason) => {
    expect(() => parseEndpoint(text)).toThrow(reason);
  });

  it('with keys in it is refused without repeating them', () => {
    expect(() => parseEndpoint('https://AKIA:hunter2@example.com')).toThrow(/^(?!.*(AKIA|hunter2)).*must not hold/);
  });

  it.each([
    ['https://s3.example.com', true],
    ['http://127.0.0.1:9000', true],
    ['http://[::1]:9000', true],
    ['http://minio', true],
    ['https://amazonaws.com.example.com', true],
    ['https://s3.eu-central-1.amazonaws.com', false],
    ['https://s3-fips.dualstack.us-east-1.amazonaws.com', false],
    ['https://s3.cn-north-1.amazonaws.com.cn', false],
    ['https://s3.us-east-1.api.aws', false],
  ])('%s is spoken to in path style: %s', (endpoint, expected) => {
    expect(wantsPathStyle(endpoint)).toBe(expected);
  });
});
