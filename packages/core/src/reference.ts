import {
  labelsFromRows,
  labelStatistics,
  outputBias,
  randomStream,
  samplerEffect,
  stratify,
  weightsFromCounts,
  z,
  type CountRule,
  type ElementwiseLoss,
  type LabelStatistics,
} from '@counterweight/core';
import { mapped, type Mapping, type ReferenceAdapter, type ReferenceCounts } from '@counterweight/testing';

/** Null is off. */
const cap = z
  .number()
  .nullish()
  .transform((given) => given ?? undefined);
const beta = z.number();

const rule = <Shape extends z.ZodRawShape>(
  key: 'posWeight' | 'classWeight',
  shape: Shape,
  read: (parameters: z.output<z.ZodObject<Shape>>) => CountRule,
): Mapping<[ReferenceCounts], Record<string, Float64Array>> =>
  mapped(shape, (parameters, { positives, total }: ReferenceCounts) => ({
    [key]: weightsFromCounts(read(parameters), { positives, known: positives.map(() => total) }).weights,
  }));

const bce: ElementwiseLoss = {
  kind: 'elementwise',
  curves: (logit) => ({ positive: logit.neg().softplus(), negative: logit.softplus() }),
};

/** Statistics of a table with the counts: class c in the first `positives[c]` rows. */
function statisticsOf({ positives, total }: ReferenceCounts): LabelStatistics {
  const classes = [...positives.keys()];
  const rows = Array.from({ length: total }, (_, row) => classes.filter((c) => row < positives[c]!));
  return labelStatistics(labelsFromRows(rows, classes.length), Int32Array.from(rows.keys()));
}

export default {
  weightRules: {
    ratio: rule('posWeight', { cap }, (options) => ({ rule: 'ratio', ...options })),
    power: rule('posWeight', { exponent: z.number(), cap }, (options) => ({ rule: 'power', ...options })),
    log2: rule('posWeight', { cap }, (options) => ({ rule: 'log2', ...options })),
    effectiveRatio: rule('posWeight', { beta, cap }, (options) => ({ rule: 'effectiveRatio', ...options })),
    classBalanced: rule('classWeight', { beta, cap }, (options) => ({ rule: 'classBalanced', ...options })),
    priors: mapped({}, (_, counts: ReferenceCounts) => {
      const { prior } = statisticsOf(counts);
      return { priors: prior, outputBias: outputBias(bce, prior) };
    }),
  },
  samplers: {
    uniform: mapped({}, () => ({
      sampler: {
        kind: 'draw',
        draw: (pool) => pool,
        probabilities: (pool) => new Float64Array(pool.length).fill(1 / pool.length),
      },
    })),
  },
  samplerEffect: (labels, probabilities) => {
    const pool = Int32Array.from({ length: labels.rows }, (_, row) => row);
    const { gain, sampledPrior: _, ...effect } = samplerEffect(pool, probabilities, labels);
    const { positives } = labelStatistics(labels, pool);
    return {
      ...effect,
      gain,
      expectedPrior: gain.map((g, c) => (positives[c] === 0 ? 0 : (g * positives[c]!) / labels.rows)),
    };
  },
  stratify: (labels, folds, seed) =>
    stratify(labels, Array<number>(folds).fill(1 / folds), seed === undefined ? {} : { random: randomStream(seed) }),
} satisfies ReferenceAdapter;
