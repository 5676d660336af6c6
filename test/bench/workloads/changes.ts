import { small, smallFiles, workDirectory } from './contents.ts';
import type { Workload } from './workload.ts';

const file = small('1');
const files = smallFiles('work/before/', 200);
const beforeDirectory = { 'work/before/': { repeat: '', bytes: 0 } };

export const changeWorkloads: readonly Workload[] = [
  {
    name: 'append',
    title: '50 appends',
    targetRequests: 2,
    before: workDirectory,
    script: 'for i in $(seq 50); do echo appended >> "$DIRECTORY/log"; done',
    after: { 'work/log': { repeat: 'appended\n', bytes: 450 } },
  },
  {
    name: 'move-file',
    title: '`mv` of a file',
    targetRequests: 3,
    before: { ...workDirectory, 'work/before': file },
    script: 'mv "$DIRECTORY/before" "$DIRECTORY/after"',
    after: { 'work/after': file },
  },
  {
    name: 'move-directory',
    title: '`mv` of a directory of 200',
    targetRequests: 204,
    before: { ...workDirectory, ...beforeDirectory, ...files },
    script: 'mv "$DIRECTORY/before" "$DIRECTORY/after"',
    after: smallFiles('work/after/', 200),
  },
  {
    name: 'attributes',
    title: '`chmod` and `touch`',
    targetRequests: 3,
    before: { ...workDirectory, 'work/file': file },
    script: 'chmod 600 "$DIRECTORY/file"; touch -d @1577836800 "$DIRECTORY/file"',
    after: { 'work/file': file },
    attributes: { 'work/file': { mtime: 1_577_836_800, mode: 0o600 } },
  },
  {
    name: 'remove',
    title: '`rm -r` of 200 files',
    targetRequests: 3,
    before: { ...workDirectory, ...beforeDirectory, ...files },
    script: 'rm -r "$DIRECTORY/before"',
    after: {},
  },
  {
    name: 'save',
    title: 'editor save (write temp, rename over)',
    targetRequests: 2,
    before: { ...workDirectory, 'work/document': file },
    script: 'yes 2 | head -c 4096 > "$DIRECTORY/.document.swp"; mv "$DIRECTORY/.document.swp" "$DIRECTORY/document"',
    after: { 'work/document': small('2') },
  },
];
