import { useEffect, useRef, useState, type ReactNode } from 'react';
import { visibleRows } from '../model/visible-rows.ts';

/** A list of which only what is seen is drawn, so that it may have any length. All rows are equally high. */
export function VirtualList<T>(props: {
  readonly label: string;
  readonly items: readonly T[];
  /** Pixels. */
  readonly rowHeight: number;
  readonly keyOf: (item: T) => string;
  readonly children: (item: T) => ReactNode;
}) {
  const { label, items, rowHeight, keyOf, children } = props;
  const list = useRef<HTMLDivElement>(null);
  const [scrollTop, setScrollTop] = useState(0);
  const [height, setHeight] = useState(0);
  useEffect(() => {
    const element = list.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const { first, end } = visibleRows(scrollTop, height, rowHeight, items.length);
  return (
    // It scrolls, so the keyboard has to reach it.
    <div
      ref={list}
      className="virtual"
      role="list"
      aria-label={label}
      tabIndex={0}
      onScroll={(event) => setScrollTop(event.currentTarget.scrollTop)}
    >
      <div role="presentation" style={{ height: items.length * rowHeight, position: 'relative' }}>
        {items.slice(first, end).map((item, index) => (
          <div
            key={keyOf(item)}
            role="listitem"
            aria-posinset={first + index + 1}
            aria-setsize={items.length}
            className="virtual-row"
            style={{ top: (first + index) * rowHeight, height: rowHeight }}
          >
            {children(item)}
          </div>
        ))}
      </div>
    </div>
  );
}
