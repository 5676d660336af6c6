import { small, smallFiles, numbers, tree, treeIn, workDirectory } from './contents.ts';
import { md5Of, type Workload } from './workload.ts';

const files = smallFiles('work/', 200);

export const smallFileWorkloads: readonly Workload[] = [
  {
    name: 'new-files',
    title: '200 new 4 KiB files',
    targetRequests: 202,
    before: workDirectory,
    script: 'for i in $(seq -w 200); do yes "$i" | head -c 4096 > "$DIRECTORY/file-$i"; done',
    after: files,
  },
  {
    name: 'list',
    title: '`ls -l` of 200 files',
    targetRequests: 1,
    before: { ...workDirectory, ...files },
    script: 'ls -l "$DIRECTORY" | grep -c " 4096 "',
    output: () => '200',
    after: files,
  },
  {
    name: 'read-files',
    title: 'reading 200 files',
    targetRequests: 201,
    before: { ...workDirectory, ...files },
    script: 'cat "$DIRECTORY"/file-* | md5sum',
    output: () => `${md5Of(numbers(200).map(small))}  -`,
    after: files,
  },
  {
    name: 'rsync',
    title: '`rsync -a` of 200 files in 20 directories',
    targetRequests: 225,
    before: workDirectory,
    setUp: treeIn('$SCRATCH'),
    script: 'rsync -a "$SCRATCH/" "$DIRECTORY/tree/"',
    after: tree('work/tree/'),
  },
  {
    name: 'find',
    title: '`find` over 20 directories',
    targetRequests: 3,
    before: { ...workDirectory, ...tree('work/tree/') },
    script: 'find "$DIRECTORY/tree" -type f | wc -l',
    output: () => '200',
    after: tree('work/tree/'),
  },
  {
    name: 'list-all',
    title: '`ls -lR` over 20 directories',
    targetRequests: 3,
    before: { ...workDirectory, ...tree('work/tree/') },
    script: 'ls -lR "$DIRECTORY/tree" | grep -c " 4096 .*file-"',
    output: () => '200',
    after: tree('work/tree/'),
  },
  {
    name: 'unpack',
    title: '`tar x` of 200 files in 20 directories',
    targetRequests: 225,
    before: workDirectory,
    setUp: `mkdir "$SCRATCH/tree"; ${treeIn('$SCRATCH/tree')}; tar -cf "$SCRATCH/archive" -C "$SCRATCH" tree`,
    script: 'tar -xf "$SCRATCH/archive" -C "$DIRECTORY"',
    after: tree('work/tree/'),
  },
  {
    name: 'copy-files',
    title: '`cp -r` of 200 files inside the mount',
    before: { ...workDirectory, ...tree('work/tree/') },
    script: 'cp -r "$DIRECTORY/tree" "$DIRECTORY/copy"',
    after: { ...tree('work/tree/'), ...tree('work/copy/') },
  },
];
