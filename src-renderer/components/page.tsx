import { useEffect, useRef, type ReactNode } from 'react';

/** A view: its heading takes the focus when it appears, so that readers of the screen hear where they are. */
export function Page(props: {
  readonly title: string;
  readonly explanation: string;
  readonly action?: ReactNode;
  readonly children: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <>
      <header className="page-header">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {props.title}
          </h1>
          <p className="muted">{props.explanation}</p>
        </div>
        {props.action}
      </header>
      {props.children}
    </>
  );
}

/** In the place of a list that has nothing yet. */
export function Empty(props: { readonly title: string; readonly hint: string; readonly action?: ReactNode }) {
  return (
    <div className="empty">
      <p className="empty-title">{props.title}</p>
      <p className="muted">{props.hint}</p>
      {props.action}
    </div>
  );
}
