import { useRef } from 'react';
import type { Notice } from '../../src-main/api/notices.ts';
import { Badge } from '../components/badge.tsx';
import { Empty, Page } from '../components/page.tsx';
import { ProblemBox } from '../components/problem-box.tsx';
import { VirtualList } from '../components/virtual-list.tsx';
import { useAction } from '../model/use-action.ts';
import { texts } from '../texts.ts';
import type { ViewProps } from './main-window.tsx';

export function NoticesView({ windlass, state, reload }: ViewProps) {
  const { isRunning, problem, run } = useAction();
  const list = useRef<HTMLDivElement>(null);
  const dismiss = ({ id }: Notice): void => {
    void run(async () => {
      await windlass.dismissNotice({ id });
      await reload();
      // The button that had the focus is gone.
      const next = list.current?.querySelector<HTMLElement>('[role="list"]') ?? document.querySelector('h1');
      next?.focus();
    });
  };
  const drives = new Map(state.mounts.map(({ id, volumeName }) => [id, volumeName]));
  return (
    <Page title={texts.notices.title} explanation={texts.notices.explanation}>
      {problem !== undefined && <ProblemBox problem={problem} />}
      {state.notices.length === 0 ? (
        <Empty title={texts.notices.none} hint={texts.notices.noneHint} />
      ) : (
        <div ref={list} className="fill">
          <VirtualList label={texts.notices.title} items={state.notices.toReversed()} rowHeight={144} keyOf={idOf}>
            {(notice) => (
              <article className="notice">
                <div className="notice-text">
                  <p>
                    <Badge tone="busy" text={texts.notices.kinds[notice.kind] ?? texts.notices.other} />
                    <span className="muted">
                      {[drives.get(notice.mount ?? ''), new Date(notice.time).toLocaleString()]
                        .filter((text) => text !== undefined)
                        .join(' · ')}
                    </span>
                  </p>
                  <p className="path" title={notice.key}>
                    {notice.key}
                  </p>
                  <p className="notice-message" title={notice.message}>
                    {notice.message}
                  </p>
                </div>
                <button
                  type="button"
                  disabled={isRunning}
                  aria-label={texts.notices.dismissOf(notice.key)}
                  onClick={() => dismiss(notice)}
                >
                  {texts.notices.dismiss}
                </button>
              </article>
            )}
          </VirtualList>
        </div>
      )}
    </Page>
  );
}

const idOf = ({ id }: Notice): string => id;
