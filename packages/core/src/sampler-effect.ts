import { errors } from './errors.js';
import { labelStatistics, type LabelStatistics, type SparseLabels } from './labels.js';
import { originOf, sameOrigin } from './plugin-origin.js';
import type { RandomStream } from './random.js';
import type { DrawSampler } from './sampler.js';

/** What drawing examples does to every class's prior, computed from the labels before any training. */
export interface SamplerEffect {
  /** [pool] probability of each example per draw. */
  readonly probabilities: Float64Array;
  /** [classes] Σ Q·y over Σ Q of known entries, clipped as priors are. */
  readonly sampledPrior: Float64Array;
  /** [classes] sampled prior over prior, unclipped; NaN for a class without positives. */
  readonly gain: Float64Array;
  readonly expectedCardinality: number;
  /** 1/ΣQ² */
  readonly effectiveSampleSize: number;
  /** ½Σ|Q − 1/N| */
  readonly totalVariation: number;
  /** Different examples in N draws: Σ 1 − (1 − Q)ᴺ. */
  readonly expectedDistinct: number;
}

/** @param probabilities [pool] */
export function samplerEffect(pool: Int32Array, probabilities: Float64Array, labels: SparseLabels): SamplerEffect {
  const size = pool.length;
  let [squares, variation, distinct] = [0, 0, 0];
  for (const q of probabilities) {
    squares += q * q;
    variation += Math.abs(q - 1 / size);
    distinct += -Math.expm1(size * Math.log1p(-q));
  }
  const uniform = labelStatistics(labels, pool);
  const drawn = labelStatistics(
    labels,
    pool,
    probabilities.map((q) => size * q),
  );
  const share = ({ positives, known }: LabelStatistics, c: number): number => positives[c]! / known[c]!;
  return {
    probabilities,
    sampledPrior: drawn.prior,
    gain: uniform.positives.map((count, c) => (count === 0 ? NaN : share(drawn, c) / share(uniform, c))),
    expectedCardinality: drawn.labelsPerExample,
    effectiveSampleSize: 1 / squares,
    totalVariation: variation / 2,
    expectedDistinct: distinct,
  };
}

const COUNTED_EPOCHS = 16;

/**
 * The probabilities of a chain of draw samplers: exact where one sampler tells them, else counted over 16 epochs of draws.
 * A sampler sees the sampled prior of those before it, here and in the `samplers` returned: train with those.
 * @throws draw-invalid
 */
export function chainEffect(
  samplers: readonly DrawSampler[],
  pool: Int32Array,
  labels: SparseLabels,
  statistics: LabelStatistics,
  random: RandomStream,
): {
  readonly effect: SamplerEffect;
  readonly statistics: LabelStatistics;
  readonly samplers: readonly DrawSampler[];
} {
  const chain: DrawSampler[] = [];
  let seen = statistics;
  let effect = samplerEffect(pool, new Float64Array(pool.length).fill(1 / pool.length), labels);
  samplers.forEach((sampler, position) => {
    chain.push(seeing(sampler, seen));
    const exact = position === 0 ? sampler.probabilities?.(pool, { labels, statistics: seen }) : undefined;
    if (exact !== undefined && !(exact instanceof Float64Array && exact.length === pool.length))
      throw invalid(
        sampler,
        `probabilities: ${inWords(exact)}`,
        `Float64Array of ${pool.length}, one per example of the pool`,
      );
    const probabilities = exact ?? counted(chain, pool, labels, statistics, random);
    const sum = probabilities.reduce((a, b) => a + b, 0);
    if (!(Math.abs(sum - 1) < 1e-6) || probabilities.some((q) => !(q >= 0)))
      throw invalid(sampler, `probabilities with the sum ${sum}`);
    effect = samplerEffect(pool, probabilities, labels);
    seen = { ...statistics, sampledPrior: effect.sampledPrior };
  });
  return { effect, statistics: seen, samplers: chain };
}

/** A sampler that is told these statistics, whoever asks it to draw. */
function seeing(sampler: DrawSampler, statistics: LabelStatistics): DrawSampler {
  return {
    ...sameOrigin(sampler),
    kind: 'draw',
    draw: (pool, context) => sampler.draw(pool, { ...context, statistics }),
  };
}

function counted(
  samplers: readonly DrawSampler[],
  pool: Int32Array,
  labels: SparseLabels,
  statistics: LabelStatistics,
  random: RandomStream,
): Float64Array {
  const counts = new Map<number, number>();
  let total = 0;
  for (let epoch = 0; epoch < COUNTED_EPOCHS; epoch++) {
    const drawn = drawEpoch(samplers, pool, { epoch, labels, statistics, random });
    total += drawn.length;
    for (const example of drawn) counts.set(example, (counts.get(example) ?? 0) + 1);
  }
  return Float64Array.from(pool, (example) => (counts.get(example) ?? 0) / total);
}

/**
 * The examples of one epoch: each sampler draws from what the one before it drew; not yet shuffled.
 * @param context `random` is the run's stream for samplers; it is forked here by position and epoch
 * @throws draw-invalid
 */
export function drawEpoch(
  samplers: readonly DrawSampler[],
  pool: Int32Array,
  context: {
    readonly epoch: number;
    readonly labels: SparseLabels;
    readonly statistics: LabelStatistics;
    readonly random: RandomStream;
  },
): Int32Array {
  const allowed = samplers.length > 0 ? new Set(pool) : undefined;
  return samplers.reduce((from, sampler, position) => {
    const random = context.random.fork(position).fork(context.epoch);
    // A copy: one that sorts or shuffles what it is given would change the data set.
    const drawn: unknown = sampler.draw(from.slice(), { ...context, random });
    if (!(drawn instanceof Int32Array)) throw invalid(sampler, inWords(drawn), 'Int32Array of examples');
    if (drawn.length === 0) throw invalid(sampler, 'no example at all');
    const stranger = drawn.find((example) => !allowed?.has(example));
    if (stranger !== undefined) throw invalid(sampler, `example ${stranger}, which is not in the pool`);
    return drawn;
  }, pool);
}

function invalid(sampler: DrawSampler, found: string, expected?: string): Error {
  const origin = originOf(sampler);
  const place = origin?.place;
  return errors['draw-invalid']({ found: origin ? `${origin.use}: ${found}` : found, expected }, place && { place });
}

const inWords = (value: unknown): string =>
  ArrayBuffer.isView(value) || Array.isArray(value)
    ? `${value.constructor.name} of ${(value as ArrayLike<unknown>).length}`
    : value === null
      ? 'null'
      : typeof value;

/** A sampler helps when so many of the rarer half of the classes gain. */
const WORTHWHILE_SHARE = 0.1;
/** Of the draws that would have to move to be uniform; below that the rule hardly applies. */
const UNIFORM = 0.02;

/** The effect in words for a plan: how the priors of rare, middling and common classes move, and whether that can matter. */
export function describeSamplerEffect(effect: SamplerEffect, statistics: LabelStatistics): readonly string[] {
  const classes = [...effect.gain.keys()].filter((c) => !Number.isNaN(effect.gain[c]!));
  classes.sort((a, b) => statistics.prior[a]! - statistics.prior[b]!);
  const third = (from: number): string => {
    const gains = classes
      .slice(Math.floor((from * classes.length) / 3), Math.floor(((from + 1) * classes.length) / 3))
      .map((c) => effect.gain[c]!)
      .sort((a, b) => a - b);
    const at = (q: number): string => (gains[Math.floor(q * (gains.length - 1))] ?? 1).toFixed(2);
    return `×${at(0.1)} / ×${at(0.5)} / ×${at(0.9)}`;
  };
  const size = effect.probabilities.length;
  const rareHalf = classes.slice(0, Math.ceil(classes.length / 2));
  const gaining = rareHalf.filter((c) => effect.gain[c]! > 1.1).length;
  const gain =
    gaining === 0
      ? 'no class below the median prior gains more than 10 %'
      : `${gaining} of the ${rareHalf.length} classes below the median prior gain more than 10 %`;
  const verdict =
    gaining > 0 && gaining >= WORTHWHILE_SHARE * rareHalf.length
      ? ''
      : (effect.totalVariation < UNIFORM ? ': the draw is almost uniform; with these options, ' : ': ') +
        `at ${statistics.labelsPerExample.toFixed(0)} labels per example drawing examples cannot help; ` +
        'use weights, a focusing loss or mining of label entries, which act on entries';
  return [
    `priors change by (10th / 50th / 90th percentile): rarest third ${third(0)}, middle ${third(1)}, commonest ${third(2)}`,
    `labels per example ${statistics.labelsPerExample.toFixed(2)} → ${effect.expectedCardinality.toFixed(2)}; ` +
      `${Math.round(effect.expectedDistinct)} different examples in ${size} draws (uniform: ${Math.round(size * (1 - Math.exp(-1)))})`,
    gain + verdict,
  ];
}
