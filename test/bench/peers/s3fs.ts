import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fusePeer } from './fuse.ts';
import type { Peer } from './peer.ts';

/** s3fs with its defaults. */
export function s3fs(): Peer {
  return fusePeer({
    name: 's3fs',
    remedy: 'apt install s3fs fuse3 rsync',
    async command(job, mountPoint) {
      const passwords = join(job.folder, 'passwords');
      await writeFile(passwords, `${job.accessKeyId}:${job.secretAccessKey}\n`, { mode: 0o600 });
      const options = [
        `url=${job.endpoint}`,
        `endpoint=${job.region}`,
        'use_path_request_style',
        `passwd_file=${passwords}`,
      ];
      return { args: [job.bucket, mountPoint, '-f', '-o', options.join(',')], env: {} };
    },
    version: (line) => /V([\d.]+)/.exec(line)?.[1] ?? line,
  });
}
