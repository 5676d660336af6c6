/** What the gateway does when its parent asks: each method of control.ts over the file tree. */
import { controlProtocol } from './control.ts';
import type { ControlEvents, ControlHandlers } from './control-session.ts';
import type { FileTree } from './filesystem/file-tree.ts';

/** @param stop asked to end the gateway; its process does that when it has answered */
export function controlHandlers(
  files: FileTree,
  since: number,
  stop: (finishUploads: boolean) => void,
): ControlHandlers {
  const { transfers } = files;
  return {
    hello: () => ({ protocol: controlProtocol }),
    stats: () => {
      const { bandwidth, ...stats } = transfers.stats();
      return { pid: process.pid, since, bandwidth: bandwidth ?? null, ...stats };
    },
    file: ({ path }) => ({ file: transfers.file(path) ?? null }),
    transfers: ({ limit }) => transfers.transfers(limit),
    notices: () => ({ notices: transfers.notices() }),
    dismiss: ({ id }) => ({ dismissed: transfers.dismiss(id) }),
    flush: async () => {
      await files.flush();
      const { pending, failed, isPaused } = transfers.stats();
      return { pending, failed, isPaused };
    },
    pause: async () => {
      await transfers.pause(true);
      return {};
    },
    resume: async () => {
      await transfers.pause(false);
      return {};
    },
    bandwidth: async ({ limit }) => {
      await transfers.limit(limit ?? undefined);
      return {};
    },
    stop: ({ finishUploads }) => {
      setImmediate(() => stop(finishUploads));
      return {};
    },
  };
}

export function controlEvents({ transfers }: FileTree): ControlEvents {
  return (listener) =>
    transfers.listen({
      transfer: (transfer) => listener('transfer', { transfer }),
      transferDone: (id) => listener('transfer-done', { id }),
      notice: (notice) => listener('notice', { notice }),
      noticeDismissed: (id) => listener('notice-dismissed', { id }),
      paused: (isPaused) => listener('paused', { isPaused }),
    });
}
