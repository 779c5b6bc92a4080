import { chart, INK, seriesScales, SOFT, type SeriesStyle } from './chart.js';
import type { Html } from './html.js';
import { logTicks } from './log-ticks.js';
import { mean } from './numbers.js';
import type { Run } from './run.js';
import type { GroupBounds } from './summary.js';

/** Fewer classes than this make no point: their mean says little. */
const LEAST_CLASSES = 5;
const EDGES = Array.from({ length: 8 }, (_, i) => 10 ** i).flatMap((power) => [power, 2 * power, 5 * power]);

interface Bin {
  readonly name: string;
  /** Geometric middle of the classes' training counts. */
  readonly count: number;
  readonly value: number;
  readonly classes: number;
}

/** Mean AP of the classes whose training count lies in [1, 2), [2, 5), [5, 10), …; test positives required. */
export function binsByTrainingCount({ name, perClass }: Run): readonly Bin[] {
  return EDGES.flatMap((from, i) => {
    const to = EDGES[i + 1] ?? Infinity;
    const inside = perClass.filter(
      ({ train, averagePrecision }) => train >= from && train < to && averagePrecision !== null,
    );
    const value = mean(inside.flatMap(({ averagePrecision: ap }) => (ap === null ? [] : [ap])));
    const middle = mean(inside.map(({ train }) => Math.log(train)));
    if (inside.length < LEAST_CLASSES || value === null || middle === null) return [];
    return [{ name, count: Math.exp(middle), value, classes: inside.length }];
  });
}

/** AP by training positives of a class, with the bounds of tail and head marked. */
export async function trainingCountsChart(
  runs: readonly Run[],
  styles: readonly SeriesStyle[],
  bounds: GroupBounds | null,
): Promise<Html | null> {
  const bins = runs.flatMap((run) => binsByTrainingCount(run));
  if (bins.length === 0) return null;
  const { color, dash } = seriesScales(styles);
  const counts = bins.map(({ count }) => count);
  const [least, most] = [Math.min(...counts) / 1.2, Math.max(...counts) * 1.2];
  const x = {
    field: 'count',
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain: [least, most], nice: false },
    axis: { title: 'training positives of a class', grid: false, format: '~g', values: logTicks(least, most) },
  };
  const marked = bounds ? [bounds.tail, bounds.head].filter((bound) => bound > least && bound < most) : [];
  const names = bounds
    ? [
        { label: 'tail', from: least, to: Math.min(bounds.tail, most) },
        { label: 'medium', from: Math.max(bounds.tail, least), to: Math.min(bounds.head, most) },
        { label: 'head', from: Math.max(bounds.head, least), to: most },
      ].flatMap(({ label, from, to }) => (to > from ? [{ label, count: Math.sqrt(from * to) }] : []))
    : [];
  return chart(
    {
      width: 430,
      height: 250,
      layer: [
        {
          data: { values: marked.map((count) => ({ count })) },
          mark: { type: 'rule', color: SOFT, strokeDash: [3, 3] },
          encoding: { x },
        },
        {
          data: { values: names },
          mark: { type: 'text', color: INK, baseline: 'bottom', y: -4 },
          encoding: { x, text: { field: 'label', type: 'nominal' } },
        },
        {
          data: { values: [...bins] },
          mark: { type: 'line', strokeWidth: 2.2, point: { size: 40, filled: true } },
          encoding: {
            x,
            y: {
              field: 'value',
              type: 'quantitative',
              scale: { domainMin: 0 },
              axis: { title: 'mean test AP', tickCount: 6 },
            },
            color: { field: 'name', type: 'nominal', scale: color, legend: null },
            strokeDash: { field: 'name', type: 'nominal', scale: dash, legend: null },
          },
        },
      ],
    },
    {
      id: 'training-counts',
      title: 'Rare against common classes',
      description: `Mean test AP of classes with a test positive, by how many training positives they have; bins of at least ${LEAST_CLASSES} classes.`,
      key: styles,
    },
  );
}
