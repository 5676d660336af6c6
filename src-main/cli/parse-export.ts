import path from 'node:path';
import { ParseError } from './parse-error.ts';

export interface ExportSpecification {
  readonly name: string;
  readonly bucket: string;
  /** Empty, or ending in `/`. */
  readonly prefix: string;
}

export interface FolderSpecification {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
}

/**
 * `NAME=BUCKET[/PREFIX]`.
 *
 * @throws ParseError
 */
export function parseExport(text: string): ExportSpecification {
  const [name, place] = splitName(text, 'NAME=BUCKET or NAME=BUCKET/PREFIX, such as photos=my-bucket/photos');
  const slash = place.indexOf('/');
  const bucket = slash === -1 ? place : place.slice(0, slash);
  const rest = slash === -1 ? '' : place.slice(slash + 1);
  if (bucket.startsWith('arn:')) {
    throw new ParseError(`needs a bucket's name or an access point's alias, and not the ARN ${JSON.stringify(place)}`);
  }
  // Names that S3 gives out today, and those that it gave out in its first years.
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{2,254}$/.test(bucket)) {
    throw new ParseError(`needs the name of a bucket after NAME=, and not ${JSON.stringify(bucket)}`);
  }
  const prefix = rest === '' || rest.endsWith('/') ? rest : `${rest}/`;
  const components = prefix.split('/').slice(0, -1);
  if (components.some((component) => component === '' || component === '.' || component === '..')) {
    throw new ParseError(`needs a prefix without empty, "." and ".." components, and not ${JSON.stringify(rest)}`);
  }
  return { name, bucket, prefix };
}

/**
 * `NAME=DIR`.
 *
 * @param workingFolder what a relative DIR starts from
 * @throws ParseError
 */
export function parseFolder(text: string, workingFolder: string): FolderSpecification {
  const [name, folder] = splitName(text, 'NAME=DIR, such as scratch=/srv/scratch');
  return { name, folder: path.resolve(workingFolder, folder) };
}

function splitName(text: string, form: string): readonly [name: string, rest: string] {
  const equals = text.indexOf('=');
  if (equals === -1 || equals === text.length - 1) {
    throw new ParseError(`needs ${form}, and not ${JSON.stringify(text)}`);
  }
  const name = text.slice(0, equals);
  // What an export is called is the first component of the path that clients mount.
  if (name === '' || name === '.' || name === '..' || /[/\0-\x1f\x7f]/.test(name) || Buffer.byteLength(name) > 255) {
    throw new ParseError(
      `needs a name of 1 to 255 bytes without "/" and control characters before the "=", and not ${JSON.stringify(name)}`,
    );
  }
  return [name, text.slice(equals + 1)];
}
