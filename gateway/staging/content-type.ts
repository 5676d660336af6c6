import mime from 'mime';
import type { InodeType } from './records.ts';

/** The content type of a new object. Links, devices and directories have those that s3fs gives them. */
export function contentTypeOf(type: InodeType, name: string): string {
  switch (type) {
    case 'directory':
      return 'application/x-directory';
    case 'file':
      return mime.getType(name) ?? 'application/octet-stream';
    case 'symlink':
    case 'fifo':
    case 'socket':
    case 'block':
    case 'character':
      return 'application/octet-stream';
  }
}
