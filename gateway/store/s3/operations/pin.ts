import { StoreError, type Pin, type Version } from '../../object-store.ts';
import { quoteKey } from '../../key.ts';

export const pinQuery = (pin: Pin | undefined): Record<string, string> =>
  pin?.versionId === undefined ? {} : { versionId: pin.versionId };

export const pinHeaders = (pin: Pin | undefined): Record<string, string> =>
  pin === undefined || pin.versionId !== undefined ? {} : { 'if-match': pin.etag };

/** Some servers ignore If-Match on reads; what they sent says what it is. */
export function requirePinned(pin: Pin | undefined, version: Version, key: string): void {
  if (pin === undefined || pin.etag === version.etag) return;
  throw new StoreError(
    'PreconditionFailed',
    `${quoteKey(key)} has been changed: it is at ${version.etag}, not ${pin.etag}.`,
  );
}
