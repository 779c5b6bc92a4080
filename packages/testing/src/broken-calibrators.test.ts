/** Every check of a calibrator catches a plugin that breaks its law. */
import { definePlugin, z, type AnyPlugin, type Calibration, type Scores, type SparseLabels } from '@counterweight/core';
import { test } from 'vitest';

import { targetsOf } from './batches.js';
import { calibratorChecks, calibratorConformance } from './conformance.js';
import { proven, type Broken } from './fixtures/proven.js';

const plugin = (fit: (logits: Scores, labels: SparseLabels) => Calibration): AnyPlugin<'calibrator'> =>
  definePlugin({ kind: 'calibrator', name: 'broken', options: z.strictObject({}), create: () => ({ fit }) });

/** Shifts each class so that its mean logit is 0. */
function centred(
  logits: Scores,
  labels: SparseLabels,
  weight = (target: number | null) => (target === null ? 0 : 1),
): Calibration {
  const sums = new Float64Array(labels.columns);
  const counts = new Float64Array(labels.columns);
  const values = logits.block(0, logits.rows) as Float32Array;
  targetsOf(labels).forEach((target, i) => {
    if (weight(target) === 0) return;
    sums[i % labels.columns]! += values[i]!;
    counts[i % labels.columns]! += 1;
  });
  return {
    format: 'shift',
    perClass: Array.from(sums, (sum, c) => ({ method: 'shift', values: [counts[c]! > 0 ? -sum / counts[c]! : 0] })),
  };
}

let fits = 0;
const broken: Broken<'calibrator'> = {
  'an unknown option is refused and the options have a JSON Schema': {
    'a loose schema': definePlugin({
      kind: 'calibrator',
      name: 'broken',
      options: z.object({}),
      create: () => ({ fit: (logits, labels) => centred(logits, labels) }),
    }),
  },
  'a calibration is plain JSON with an entry for each class, finite on any split': {
    'classes with positives only': plugin((logits, labels) => {
      const { perClass, ...more } = centred(logits, labels);
      return { ...more, perClass: perClass.slice(1) };
    }),
    'a mean of nothing': plugin((logits, labels) => {
      const { perClass, ...more } = centred(logits, labels);
      return { ...more, perClass: perClass.map((one) => ({ ...one, values: one.values.map((x) => x / x) })) };
    }),
    'no format': plugin((logits, labels) => ({ ...centred(logits, labels), format: '' })),
    'no method': plugin((logits, labels) => {
      const { perClass, ...more } = centred(logits, labels);
      return { ...more, perClass: perClass.map(({ values }) => ({ values }) as unknown as (typeof perClass)[number]) };
    }),
    'a typed array': plugin((logits, labels) => {
      const { perClass, ...more } = centred(logits, labels);
      const values = Float64Array.of(1) as unknown as number[];
      return { ...more, perClass: perClass.map((one) => ({ ...one, values })) };
    }),
  },
  'the same scores give the same calibration, and stay as they are': {
    'a counter': plugin((logits, labels) => ({ ...centred(logits, labels), format: `fit ${++fits}` })),
    'scores sorted in place': plugin((logits, labels) => {
      const found = centred(logits, labels);
      (logits.block(0, logits.rows) as Float32Array).sort();
      return found;
    }),
  },
  'unknown entries count nothing, also under a score that is NaN': {
    'unknown taken for negative': plugin((logits, labels) => centred(logits, labels, () => 1)),
  },
};

proven(calibratorChecks, broken);

calibratorConformance({ test, plugin: plugin((logits, labels) => centred(logits, labels)) });
