import { tree, treeIn, workDirectory } from './contents.ts';
import type { Workload } from './workload.ts';

/** A repository of 200 files in 20 directories. */
const repository = `mkdir "$SCRATCH/repository"
cd "$SCRATCH/repository"
${treeIn('$SCRATCH/repository')}
git init -q -b main
git add .
git -c user.name=bench -c user.email=bench@localhost commit -q -m files`;

const clone = 'git clone -q --no-local "$SCRATCH/repository" "$DIRECTORY/clone"';
const after = { after: tree('work/clone/'), unchecked: 'work/clone/.git/' };

export const gitWorkloads: readonly Workload[] = [
  {
    name: 'git-clone',
    title: '`git clone` of 200 files in 20 directories',
    before: workDirectory,
    setUp: repository,
    script: clone,
    ...after,
  },
  {
    name: 'git-status',
    title: '`git status` in that clone, in the next mount',
    before: workDirectory,
    earlier: `${repository}\n${clone}`,
    script: 'git -C "$DIRECTORY/clone" -c safe.directory="*" status --porcelain',
    output: () => '',
    ...after,
  },
];
