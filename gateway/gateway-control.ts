/** What a running gateway does for its parent: control.ts's methods over the parts that gateway.ts has put together. */
import { ControlError, type GatewayControl, type GatewayNotice, type GatewayStatus, type Transfer } from './control.ts';
import { FileSystemError } from './filesystem/errors.ts';
import type { FileTree } from './filesystem/file-tree.ts';
import type { FileState as TreeFileState, Transfer as TreeTransfer } from './filesystem/transfers.ts';
import type { Notice } from './staging/notices.ts';
import type { StoreError } from './store/object-store.ts';

export function gatewayControl(
  files: FileTree,
  bound: { readonly address: string; readonly port: number },
): GatewayControl {
  const { transfers, notices, queue } = files;
  const status = (): GatewayStatus => ({
    address: bound.address,
    port: bound.port,
    exports: files
      .exports()
      .map(({ name, configuration: { bucket, prefix, readOnly } }) => ({ name, bucket, prefix, readOnly })),
    pending: queue.counts.pending,
    failed: queue.counts.failed,
    stagedBytes: files.stagedBytes,
    isPaused: queue.isPaused,
    notices: notices.all().length,
  });
  const shownNotice = ({ export: exportId, ...notice }: Notice): GatewayNotice => ({
    ...notice,
    export: files.exports().find(({ id }) => id === exportId)?.name ?? '',
  });
  return {
    handlers: {
      status: () => Promise.resolve(status()),
      transfers: ({ limit }) =>
        Promise.resolve({ transfers: transfers.list(limit).map(shownTransfer), total: queue.counts.pending }),
      file: async ({ path }) => shownFile(await stateOf(files, path)),
      notices: () => Promise.resolve({ notices: notices.all().map(shownNotice) }),
      dismissNotice: ({ id }) => Promise.resolve({ wasThere: notices.dismiss(id) }),
      flush: async () => {
        if (queue.isPaused)
          throw new ControlError(
            'paused',
            'Uploads are paused, so nothing is sent: resume them first (windlass resume).',
          );
        queue.retry();
        await files.flush();
        return status();
      },
      pause: () => {
        queue.pause();
        return Promise.resolve({});
      },
      resume: () => {
        queue.resume();
        return Promise.resolve({});
      },
    },
    subscribe: (listener) => {
      const ends = [
        notices.onAdd((notice) => listener({ event: 'notice', data: shownNotice(notice) })),
        transfers.listen((told) => {
          if (told.event === 'transfer') listener({ event: 'transfer', data: shownTransfer(told.transfer) });
          else listener({ event: 'transfer-ended', data: { sequence: told.sequence } });
        }),
      ];
      return () => ends.forEach((end) => end());
    },
  };
}

/** @throws ControlError */
async function stateOf(files: FileTree, path: string): Promise<TreeFileState> {
  try {
    return await Promise.resolve(files.transfers.file(path));
  } catch (error) {
    if (!(error instanceof FileSystemError)) throw error;
    if (error.code === 'ISDIR') throw new ControlError('is-directory', `${path} is a folder: ask for a file in it.`);
    throw new ControlError(
      'not-found',
      `This gateway knows no file ${path}. A path begins with the name of an export, such as /photos/a.jpg.`,
    );
  }
}

function shownTransfer({ error, ...transfer }: TreeTransfer): Transfer {
  return { ...transfer, ...shownError(error) };
}

function shownFile({ error, ...state }: TreeFileState): Omit<TreeFileState, 'error'> & ReturnType<typeof shownError> {
  return { ...state, ...shownError(error) };
}

function shownError(error: StoreError | undefined): {
  readonly error?: { readonly code: string; readonly message: string };
} {
  return error === undefined ? {} : { error: { code: error.code, message: error.message } };
}
