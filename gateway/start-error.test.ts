import { describe, expect, it } from 'vitest';
import { gatewayConfiguration } from './configuration.ts';
import { DatabaseError } from './database/database.ts';
import { FolderLockedError } from './database/folder-lock.ts';
import { GatewayStartError, startErrorFor } from './start-error.ts';
import { PortmapperError } from './rpc/portmapper/error.ts';
import { StoreError } from './store/object-store.ts';

const configuration = gatewayConfiguration.parse({
  dataFolder: '/data',
  bind: { address: '127.0.0.1', port: 2049 },
  exports: [],
});

const systemError = (code: string, syscall: string, path?: string) =>
  Object.assign(new Error(`${code}: internal wording, ${syscall}`), { code, syscall, path });

describe('what stops a gateway from starting', () => {
  it.each([
    ['a port in use', systemError('EADDRINUSE', 'listen'), 'PortInUse', /^Port 2049 of 127\.0\.0\.1 is in use/],
    ['a port below 1024', systemError('EACCES', 'listen'), 'PortNotPermitted', /need root/],
    ['a foreign address', systemError('EADDRNOTAVAIL', 'listen'), 'AddressUnavailable', /127\.0\.0\.1/],
    ['a locked folder', new FolderLockedError('/data', 42), 'DataFolderInUse', /\/data .*process 42/],
    ['newer data', new DatabaseError('The data are newer.'), 'DataFolderUnusable', /^The data are newer\.$/],
    ['a folder of another user', systemError('EACCES', 'mkdir', '/data'), 'DataFolderUnusable', /no right/],
    ['a full disk', systemError('ENOSPC', 'open', '/data/x'), 'DataFolderUnusable', /full/],
    ['a missing bucket', new StoreError('NoSuchBucket', 'No bucket.'), 'BucketMissing', /^No bucket\.$/],
    ['wrong keys', new StoreError('Unauthenticated', 'Wrong keys.'), 'CredentialsRefused', /^Wrong keys\.$/],
    ['a taken port 111', new PortmapperError('taken', 'Port 111 is taken.'), 'PortmapperUnavailable', /^Port 111/],
    ['no S3', new StoreError('Unavailable', 'Nobody there.'), 'EndpointUnreachable', /^Nobody there\.$/],
  ])('%s has a code and a sentence', (_what, cause, code, sentence) => {
    const error = startErrorFor(cause, configuration);
    expect(error).toBeInstanceOf(GatewayStartError);
    expect(error).toMatchObject({ code, cause });
    expect(error?.message).toMatch(sentence);
    expect(error?.message).not.toContain('internal wording');
  });

  it('is left alone where it is said already', () => {
    const error = new GatewayStartError('BucketMissing', 'No bucket.');
    expect(startErrorFor(error, configuration)).toBe(error);
  });

  it.each([
    ['a defect', new TypeError('x is not a function')],
    ['an error of a file elsewhere', systemError('EACCES', 'open', '/elsewhere')],
    ['an unknown error of listening', systemError('EINVAL', 'listen')],
  ])('is not explained where it is %s', (_what, cause) => {
    expect(startErrorFor(cause, configuration)).toBeUndefined();
  });
});
