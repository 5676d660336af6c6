import { describe, expect, it } from 'vitest';
import { StagingArea } from './testing/staging-area.ts';
import type { Fileid } from './records.ts';

const unsettled = ({ tree }: StagingArea): number[] => [...tree.unsettled()].map(([fileid]) => fileid);

describe('Inodes that a start must see to', () => {
  it('are those with staged bytes and those without a name, over restarts too', async () => {
    const area = await StagingArea.open();
    const [staged, settled, nameless] = ['a', 'b', 'c'].map((name) => area.add('file', name)) as [
      Fileid,
      Fileid,
      Fileid,
    ];
    area.database.transact(() => area.tree.update(staged, { staged: { baseLength: 0, generation: 1 } }));
    area.database.transact(() => area.tree.update(nameless, { parent: 0 }));
    expect(unsettled(area)).toEqual([staged, nameless]);
    const next = await area.restart();
    next.tree.begin();
    expect(unsettled(next)).toEqual([staged, nameless]);
    next.database.transact(() => {
      next.tree.update(staged, { staged: undefined });
      next.tree.drop(nameless);
      next.tree.update(settled, { parent: 0 });
    });
    expect(unsettled(next)).toEqual([settled]);
  });
});
