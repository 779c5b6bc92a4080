import { chart, INK, seriesScales, SOFT, type SeriesStyle } from './chart.js';
import type { Html } from './html.js';
import { logTicks } from './log-ticks.js';
import { ratio } from './numbers.js';
import type { Summary } from './summary.js';

/** Predicted over true labels of each run, on a log scale around 1. A ratio of 0 stands at the left end. */
export async function prevalenceChart(runs: readonly Summary[], styles: readonly SeriesStyle[]): Promise<Html | null> {
  const given = runs.flatMap(({ name, decided, summed }) =>
    [
      { name, ratio: decided, shape: 'decided' },
      { name, ratio: summed, shape: 'summed' },
    ].flatMap((row) => (row.ratio === null ? [] : [{ ...row, ratio: row.ratio }])),
  );
  if (given.length === 0) return null;
  const positive = given.map((row) => row.ratio).filter((value) => value > 0);
  const least = Math.min(0.5, ...positive) / 1.6;
  const most = Math.max(2, ...positive) * 1.6;
  const values = given.map((row) => ({
    ...row,
    at: Math.max(row.ratio, least),
    label: ratio(row.ratio),
    fill: row.shape === 'decided' ? styles.find(({ name }) => name === row.name)?.color : 'var(--card)',
  }));
  const x = {
    field: 'at',
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain: [least, most], nice: false },
    axis: { title: 'predicted labels for each true one', format: '~g', values: logTicks(least, most) },
  };
  const color = seriesScales(styles).color;
  const label = (shape: string, dy: number) => ({
    transform: [{ filter: { field: 'shape', equal: shape } }],
    mark: { type: 'text' as const, dy, fontSize: 12 },
    encoding: { x, text: { field: 'label', type: 'nominal' as const } },
  });
  const names = styles.map(({ name }) => name);
  const y = {
    field: 'name',
    type: 'nominal' as const,
    sort: names,
    axis: { title: null, labelColor: INK, labelFontSize: 13, grid: true },
  };
  return chart(
    {
      width: 310,
      height: { step: 52 },
      layer: [
        { data: { values: [{ at: 1 }] }, mark: { type: 'rule', color: INK, strokeWidth: 1.5 }, encoding: { x } },
        {
          data: { values: [{ at: 1, label: 'as many as are true' }] },
          mark: { type: 'text', align: 'center', baseline: 'bottom', color: SOFT, y: -5 },
          encoding: { x, text: { field: 'label', type: 'nominal' } },
        },
        {
          data: { values },
          encoding: { y },
          layer: [
            { mark: { type: 'line', color: SOFT, strokeWidth: 1.5 }, encoding: { x, detail: { field: 'name' } } },
            {
              mark: { type: 'point', size: 130, strokeWidth: 2.2, opacity: 1 },
              encoding: {
                x,
                stroke: { field: 'name', type: 'nominal', legend: null, scale: color },
                fill: { field: 'fill', type: 'nominal', legend: null, scale: null },
              },
            },
            label('decided', -14),
            label('summed', 15),
          ],
        },
      ],
    },
    {
      id: 'prevalence',
      title: 'Too many or too few',
      description:
        'Filled: labels predicted at the threshold, over true labels. Hollow: the sum of all probabilities over true labels. 1 is right; log scale.',
    },
  );
}
