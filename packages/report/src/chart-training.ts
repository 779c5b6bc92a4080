import { chart, seriesScales, type SeriesStyle } from './chart.js';
import type { Html } from './html.js';
import { logTicks } from './log-ticks.js';
import type { Run } from './run.js';

const VALIDATION = 'averagePrecision.macro';

/** One line a run over the epochs; null when no run has a value. */
async function curve(
  values: readonly { readonly name: string; readonly epoch: number; readonly value: number }[],
  styles: readonly SeriesStyle[],
  scale: 'linear' | 'log',
  words: { readonly id: string; readonly title: string; readonly description: string; readonly axis: string },
): Promise<Html | null> {
  if (values.length === 0) return null;
  const { color, dash } = seriesScales(styles);
  const heights = values.map(({ value }) => value);
  const [least, most] = [Math.min(...heights) / 1.1, Math.max(...heights) * 1.1];
  return chart(
    {
      data: { values: [...values] },
      width: 430,
      height: 250,
      mark: { type: 'line', strokeWidth: 2.2, point: values.length === styles.length },
      encoding: {
        x: {
          field: 'epoch',
          type: 'quantitative',
          scale: { domainMin: 1, nice: false },
          axis: { title: 'epoch', grid: false, tickMinStep: 1, tickCount: 8, format: 'd' },
        },
        y: {
          field: 'value',
          type: 'quantitative',
          scale: scale === 'log' ? { type: 'log', domain: [least, most], nice: false } : { domainMin: 0 },
          axis: {
            title: words.axis,
            tickCount: 6,
            ...(scale === 'log' && { format: '~g', values: logTicks(least, most) }),
          },
        },
        color: { field: 'name', type: 'nominal', scale: color, legend: null },
        strokeDash: { field: 'name', type: 'nominal', scale: dash, legend: null },
      },
    },
    { ...words, key: styles },
  );
}

/** Validation AP and training loss by epoch (drawn from 1: after the first). */
export function trainingCharts(
  runs: readonly Run[],
  styles: readonly SeriesStyle[],
): Promise<readonly (Html | null)[]> {
  const points = (value: (epoch: Run['epochs'][number]) => number | null | undefined) =>
    runs.flatMap(({ name, epochs }) =>
      epochs.flatMap((record) => {
        const at = value(record);
        return at === null || at === undefined ? [] : [{ name, epoch: record.epoch + 1, value: at }];
      }),
    );
  return Promise.all([
    curve(
      points(({ validation }) => validation[VALIDATION]),
      styles,
      'linear',
      {
        id: 'validation',
        title: 'Learning, as validation sees it',
        description: 'Macro AP on the validation split after each epoch.',
        axis: 'validation macro AP',
      },
    ),
    curve(
      points(({ loss }) => loss).filter(({ value }) => value > 0),
      styles,
      'log',
      {
        id: 'loss',
        title: 'Training loss',
        description: 'Log scale. Losses of different strategies are different quantities: compare shapes, not heights.',
        axis: 'training loss',
      },
    ),
  ]);
}
