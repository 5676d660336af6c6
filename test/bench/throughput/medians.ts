/** Figures of several runs, and their medians as Markdown. */

export interface Row {
  readonly what: string;
  readonly unit: string;
  /** One figure a run. */
  readonly ours: readonly number[];
  /** Of what it is held against, in the same runs; undefined: nothing. */
  readonly theirs?: { readonly name: string; readonly figures: readonly number[] };
  /** Of ours to theirs, in words. */
  readonly target?: string;
}

export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** The ratio is the median of the runs' own ratios: what slows one run down slows both of its figures. */
export function ratioOf({ ours, theirs }: Row): number | undefined {
  if (theirs === undefined) return undefined;
  return median(ours.map((figure, run) => figure / (theirs.figures[run] ?? Number.NaN)));
}

const digits = (figure: number): string =>
  figure >= 100 ? figure.toFixed(0) : figure >= 10 ? figure.toFixed(1) : figure.toFixed(2);

export function table(rows: readonly Row[]): string {
  const head = ['what', 'unit', 'windlass', 'beside it', 'ratio', 'target', 'runs'];
  const cells = rows.map((row) => {
    const ratio = ratioOf(row);
    const beside = row.theirs === undefined ? '' : `${digits(median(row.theirs.figures))} (${row.theirs.name})`;
    const each = row.ours.map((figure, run) => {
      const other = row.theirs?.figures[run];
      return other === undefined ? digits(figure) : `${digits(figure)}/${digits(other)}`;
    });
    return [
      ...[row.what, row.unit, digits(median(row.ours)), beside],
      ...[ratio === undefined ? '' : ratio.toFixed(2), row.target ?? '', each.join(', ')],
    ];
  });
  const lines = [head, head.map(() => '---'), ...cells];
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
}
