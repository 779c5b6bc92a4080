import { clock } from './duration.js';
import type { Estimate } from './estimate.js';
import type { Plan, Spread } from './plan.js';

/** A plan as a person reads it. */
export function planText({
  plugins,
  data,
  samplers,
  weights,
  start,
  training,
  estimate,
  notices,
  warnings,
}: Plan): string {
  const { examples, groups } = data;
  const rows: readonly (readonly [string, string])[] = [
    ...plugins.map(({ kind, use, version, path }) => [kind, `${use} ${version}  (${path})`] as const),
    [
      'examples',
      `${examples.train} train, ${examples.validation} validation, ${examples.test} test, ${data.shape.join('×')} each`,
    ],
    [
      'classes',
      `${data.classes}: ${groups.head} head, ${groups.medium} medium, ${groups.tail} tail by training positives`,
    ],
    ['labels', `${data.labelsPerExample.toFixed(2)} per example`],
    ['positives', `per class ${spreadText(data.positives, String)} (smallest, median, largest)`],
    ['prior', `per class ${spreadText(data.prior, percent)}`],
    ...Object.entries(weights).map(
      ([side, values]) =>
        ['weights', `${side} ${spreadText(values, (w) => w.toPrecision(3))} (smallest, median, largest)`] as const,
    ),
    ...samplers.flatMap(({ use, effect }) =>
      effect.map((line, i) => [i === 0 ? 'sampler' : '', i === 0 ? `${use}: ${line}` : line] as const),
    ),
    ...(start === null
      ? []
      : [
          [
            'start',
            `loss ${start.loss.toPrecision(4)} with the output bias from the priors; σ adds up to ${start.rawLabelsPerExample.toFixed(2)} labels per example`,
          ] as const,
        ]),
    ['training', `${training.epochs} epochs, ${training.steps} steps`],
    ...(estimate ? estimateRows(estimate) : []),
    ...notices.map((notice) => ['notice', notice] as const),
    ...warnings.map((warning) => ['warning', warning] as const),
  ];
  return rows.map(([name, text]) => `${name.padEnd(10)}${text}\n`).join('');
}

function estimateRows({
  parameters,
  secondsPerStep,
  seconds,
  bytes,
}: Estimate): readonly (readonly [string, string])[] {
  const whole = clock(seconds.training + seconds.evaluation);
  return [
    [
      'time',
      `about ${whole} on this machine: ${(1000 * secondsPerStep).toPrecision(3)} ms a step, ${clock(seconds.evaluation)} of evaluation; reading inputs not counted`,
    ],
    ['memory', `about ${size(bytes.peak)} at its highest; labels ${size(bytes.labels)}, scores ${size(bytes.scores)}`],
    ['disk', `${size(bytes.checkpoint)} a checkpoint; ${parameters.toLocaleString('en')} parameters`],
  ];
}

const size = (bytes: number): string =>
  bytes < 1e9 ? `${(bytes / 1e6).toPrecision(3)} MB` : `${(bytes / 1e9).toPrecision(3)} GB`;

const spreadText = ({ min, median, max }: Spread, write: (value: number) => string): string =>
  [min, median, max].map(write).join(' / ');

const percent = (share: number): string => `${(100 * share).toPrecision(3)} %`;
