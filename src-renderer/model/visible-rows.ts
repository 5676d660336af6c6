/** Which rows of a long list are drawn. Pure. */

/** Rows beyond what is seen, on both sides, so that scrolling shows no gaps. */
const beyond = 6;

/** @param scrollTop of the list @param height of what is seen of it @param rowHeight all in pixels */
export function visibleRows(
  scrollTop: number,
  height: number,
  rowHeight: number,
  count: number,
): { readonly first: number; readonly end: number } {
  const first = Math.max(0, Math.min(count, Math.floor(scrollTop / rowHeight) - beyond));
  return { first, end: Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + beyond) };
}
