import type { RunMetrics } from '@counterweight/core';

import { clock } from './duration.js';

/** What came out of a run, as a person reads it; the numbers are those of `metrics.json`. */
export function resultText(
  folder: string,
  { test, chance, optimum, steps, seconds }: RunMetrics,
  waited?: number,
): string {
  const { averagePrecision: ap, prevalenceRatio: ratio, groups } = test;
  const rows: readonly (readonly [string, string])[] = [
    ...(ap
      ? [
          [
            'test AP',
            `macro ${score(ap.macro)}  micro ${score(ap.micro)}  over ${ap.classes} classes (${ap.excluded} left out)`,
          ] as const,
          [
            'chance',
            `macro ${score(chance.averagePrecision.macro)}  micro ${score(chance.averagePrecision.micro)}`,
          ] as const,
          ...(optimum
            ? [
                [
                  'possible',
                  `macro ${score(optimum.averagePrecision.macro)}  micro ${score(optimum.averagePrecision.micro)}, by the best predictor there can be`,
                ] as const,
              ]
            : []),
        ]
      : []),
    ...(ratio
      ? [
          [
            'predicted',
            `${times(ratio.decided)} as many as true at ${ratio.threshold}; probabilities add up to ${times(ratio.summed)}`,
          ] as const,
        ]
      : []),
    ...(groups
      ? [
          [
            'groups',
            (['head', 'medium', 'tail'] as const)
              .map((name) => `${name} ${score(groups[name].averagePrecision)} (${groups[name].classes})`)
              .join('  '),
          ] as const,
        ]
      : []),
    ...others(test),
    [
      'trained',
      `${steps} steps in ${clock(seconds)}${waited === undefined ? '' : `, ${((100 * waited) / Math.max(seconds, 1e-9)).toFixed(1)} % of it waiting for inputs`}`,
    ],
    ['folder', folder],
  ];
  return rows.map(([name, text]) => `${name.padEnd(9)} ${text}\n`).join('');
}

/** Told above in words. */
const TOLD = ['averagePrecision', 'prevalenceRatio', 'groups'];

/** What any other metric gave, a stranger's too. Values by group are in `metrics.json`. */
const others = (test: RunMetrics['test']): readonly (readonly [string, string])[] =>
  Object.entries(test).flatMap(([metric, values]) => {
    if (TOLD.includes(metric)) return [];
    const told = Object.entries(values ?? {}).flatMap(([name, value]) =>
      typeof value === 'object' && value !== null ? [] : [`${name} ${number(value)}`],
    );
    return told.length === 0 ? [] : [[metric, told.join('  ')] as const];
  });

const number = (value: number | null): string =>
  value === null || Number.isInteger(value) ? String(value ?? 'undefined') : score(value);

const score = (value: number | null): string => (value === null ? 'undefined' : value.toFixed(4));
const times = (value: number | null): string => (value === null ? 'undefined' : `×${value.toPrecision(3)}`);
