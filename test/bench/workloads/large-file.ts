import { large, workDirectory } from './contents.ts';
import { md5Of, type Workload } from './workload.ts';

const mebibyte = 1024 * 1024;

export const largeFileWorkloads: readonly Workload[] = [
  {
    name: 'write-large',
    title: 'writing 64 MiB',
    targetRequests: 11,
    before: workDirectory,
    script: `yes windlass | head -c ${large.bytes} > "$DIRECTORY/large"`,
    after: { 'work/large': large },
  },
  {
    name: 'read-large',
    title: 'reading 64 MiB',
    targetRequests: 9,
    before: { ...workDirectory, 'work/large': large },
    script: 'md5sum < "$DIRECTORY/large"',
    output: () => `${md5Of([large])}  -`,
    after: { 'work/large': large },
  },
  {
    name: 'patch-large',
    title: 'patching one byte of 64 MiB',
    targetRequests: 7,
    before: { ...workDirectory, 'work/large': large },
    script: `printf X | dd of="$DIRECTORY/large" bs=1 seek=${32 * mebibyte} conv=notrunc status=none`,
    after: { 'work/large': { ...large, patch: { offset: 32 * mebibyte, text: 'X' } } },
  },
  {
    name: 'copy-large',
    title: '`cp` of 64 MiB inside the mount',
    targetRequests: 3,
    // No data moves, only listings and the copy's answer.
    maximumBytes: mebibyte,
    before: { ...workDirectory, 'work/large': large },
    script: 'cp "$DIRECTORY/large" "$DIRECTORY/copy"',
    after: { 'work/large': large, 'work/copy': large },
  },
];
