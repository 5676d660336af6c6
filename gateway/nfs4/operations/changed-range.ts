import type { FileUse } from '../../filesystem/file-system.ts';
import type { StateidValue } from '../codec/basic.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type CompoundContext } from '../operation.ts';

/**
 * The file in which ALLOCATE and DEALLOCATE change a range, by a stateid that lets it be written.
 * @throws Nfs4Error WRONG_TYPE (RFC 7862 §15.1.3, §15.4.3), INVAL (empty, or beyond 2^64), and what WRITE says to a stateid
 */
export async function changedRange(
  context: CompoundContext,
  { stateid, offset, length }: { readonly stateid: StateidValue; readonly offset: number; readonly length: number },
): Promise<FileUse> {
  const node = context.requireCurrent();
  if (node.isDirectory) throw new Nfs4Error(Nfs4Status.WRONG_TYPE, 'only files have space');
  if (length === 0 || offset + length > Number.MAX_SAFE_INTEGER) throw new Nfs4Error(Nfs4Status.INVAL, 'no such range');
  return { node, open: await context.state.openFor(stateid, node, context, 'write') };
}
