import type { Baseline, Summary } from '@counterweight/report';

type Scores = Baseline['averagePrecision'];

/** `summary.json`: the quick start in numbers. */
export interface QuickstartSummary {
  readonly strategies: Readonly<
    Record<
      string,
      {
        readonly averagePrecision: Scores;
        readonly prevalenceRatio: { readonly decided: number | null; readonly summed: number | null };
        readonly steps: number;
        readonly seconds: number;
      }
    >
  >;
  readonly chance: { readonly averagePrecision: Scores };
  readonly ridge: { readonly averagePrecision: Scores };
}

export function quickstartSummary(runs: readonly Summary[], chance: Scores, ridge: Scores): QuickstartSummary {
  const strategies = runs.map(({ name, macro, micro, decided, summed, steps, seconds }) => [
    name,
    { averagePrecision: { macro, micro }, prevalenceRatio: { decided, summed }, steps, seconds },
  ]);
  return {
    strategies: Object.fromEntries(strategies) as QuickstartSummary['strategies'],
    chance: { averagePrecision: chance },
    ridge: { averagePrecision: ridge },
  };
}

/** The summary as lines for a terminal. */
export function summaryTable({ strategies, chance, ridge }: QuickstartSummary): string {
  const number = (value: number | null | undefined, digits: number): string => value?.toFixed(digits) ?? '–';
  const scores = ({ macro, micro }: Scores): string[] => [number(macro, 3), number(micro, 3)];
  const rows = [
    ['', 'macro AP', 'micro AP', 'decided', 'summed', 'steps', 'seconds'],
    ...Object.entries(strategies).map(([name, { averagePrecision, prevalenceRatio, steps, seconds }]) => [
      name,
      ...scores(averagePrecision),
      number(prevalenceRatio.decided, 2),
      number(prevalenceRatio.summed, 2),
      String(steps),
      number(seconds, 0),
    ]),
    ['ridge on pixels', ...scores(ridge.averagePrecision)],
    ['chance', ...scores(chance.averagePrecision)],
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
