import type { FileUse } from '../../filesystem/file-system.ts';
import type { StateidValue } from '../codec/basic.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type CompoundContext } from '../operation.ts';

/**
 * The files of COPY and CLONE, the saved and the current one, by the stateids that say they may be read and written.
 * @throws Nfs4Error NOFILEHANDLE, WRONG_TYPE, and what READ and WRITE say to a stateid
 */
export async function copiedFiles(
  context: CompoundContext,
  { sourceStateid, targetStateid }: { readonly sourceStateid: StateidValue; readonly targetStateid: StateidValue },
): Promise<{ readonly source: FileUse; readonly target: FileUse }> {
  const saved = context.requireSaved();
  const current = context.requireCurrent();
  if (saved.isDirectory || current.isDirectory) throw new Nfs4Error(Nfs4Status.WRONG_TYPE, 'only files are copied');
  const source = { node: saved, open: await context.state.openFor(sourceStateid, saved, context, 'read') };
  const target = { node: current, open: await context.state.openFor(targetStateid, current, context, 'write') };
  return { source, target };
}
