import { chart, INK, LINE, type SeriesStyle } from './chart.js';
import type { Html } from './html.js';
import { score } from './numbers.js';
import type { Baseline, Summary } from './summary.js';

/** Bars of macro and micro AP, baselines last and in grey. */
export function scoresChart(
  runs: readonly Summary[],
  baselines: readonly Baseline[],
  styles: readonly SeriesStyle[],
): Promise<Html> {
  const rows = [
    ...runs.map(({ name, macro, micro }) => ({ name, macro, micro })),
    ...baselines.map(({ name, averagePrecision }) => ({ name, ...averagePrecision })),
  ];
  const values = rows.flatMap(({ name, macro, micro }) =>
    [
      { name, kind: 'macro AP', value: macro },
      { name, kind: 'micro AP', value: micro },
    ].flatMap(({ value, ...row }) => (value === null ? [] : [{ ...row, value, label: score(value) }])),
  );
  const names = rows.map(({ name }) => name);
  return chart(
    {
      data: { values },
      facet: { column: { field: 'kind', type: 'nominal', sort: ['macro AP', 'micro AP'] } },
      spacing: 36,
      spec: {
        width: 400,
        height: { step: 30 },
        encoding: {
          y: { field: 'name', type: 'nominal', sort: names, axis: { title: null, labelColor: INK, labelFontSize: 13 } },
          x: {
            field: 'value',
            type: 'quantitative',
            // Room for the label of the longest bar.
            scale: { domain: [0, Math.min(1.12, Math.max(0.1, ...values.map(({ value }) => value)) * 1.15)] },
            axis: { title: null, tickCount: 5, gridColor: LINE },
          },
        },
        layer: [
          {
            mark: { type: 'bar', height: 18, cornerRadiusEnd: 3 },
            encoding: {
              color: {
                field: 'name',
                type: 'nominal',
                legend: null,
                scale: {
                  domain: names,
                  range: [...styles.map(({ color }) => color), ...baselines.map(() => 'var(--baseline)')],
                },
              },
            },
          },
          { mark: { type: 'text', align: 'left', dx: 6 }, encoding: { text: { field: 'label', type: 'nominal' } } },
        ],
      },
    },
    {
      id: 'scores',
      title: 'How well each ranks',
      description:
        'Average precision on the test split: macro is the mean over classes, so that rare ones count as much as common ones; micro ranks all entries together.',
    },
  );
}
