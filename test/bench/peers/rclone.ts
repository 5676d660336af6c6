import { join } from 'node:path';
import { fusePeer } from './fuse.ts';
import type { Peer } from './peer.ts';

/** rclone mount with its full cache, its uploads starting a second after the last close, as Windlass's do. */
export function rclone(): Peer {
  return fusePeer({
    name: 'rclone',
    remedy: 'apt install rclone fuse3 rsync',
    command(job, mountPoint) {
      const options = ['--vfs-cache-mode', 'full', '--vfs-write-back', '1s', '--cache-dir', join(job.folder, 'cache')];
      const env = {
        RCLONE_CONFIG: '/dev/null',
        RCLONE_S3_PROVIDER: 'Other',
        RCLONE_S3_ENDPOINT: job.endpoint,
        RCLONE_S3_REGION: job.region,
        RCLONE_S3_ACCESS_KEY_ID: job.accessKeyId,
        RCLONE_S3_SECRET_ACCESS_KEY: job.secretAccessKey,
      };
      return Promise.resolve({ args: ['mount', `:s3:${job.bucket}`, mountPoint, ...options], env });
    },
    version: (line) => line.replace(/^rclone v/, ''),
  });
}
