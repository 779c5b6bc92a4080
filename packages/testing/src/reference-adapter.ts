/**
 * What a package's unpublished `reference.ts` exports by default: how names and parameters of the reference files map to its
 * own code. `npm run check:reference` knows from these what exists; what no adapter names is skipped, by name.
 */
import { z, type AnyPlugin, type DrawSampler, type SparseLabels } from '@counterweight/core';

export interface ReferenceAdapter {
  /** By the name in `elementwise[].loss`, `curves.cases[].loss` and `inverseLink.cases[].loss`. */
  readonly losses?: Readonly<Record<string, Mapping<[], ReferenceLoss>>>;
  /** By `weights[].rule`; answers the keys of the case: posWeight, classWeight, priors, outputBias. */
  readonly weightRules?: Readonly<Record<string, Mapping<[ReferenceCounts], Readonly<Record<string, Float64Array>>>>>;
  /** By the list in `mining[]`: entries, examples. */
  readonly miners?: Readonly<
    Record<string, Mapping<[], { readonly plugin: AnyPlugin<'sampler'>; readonly options: unknown }>>
  >;
  /** By `tables[].cases[].sampler`. */
  readonly samplers?: Readonly<Record<string, Mapping<[], ReferenceSampler>>>;
  /** What drawing with some probabilities does to the priors; answers the keys of the case. */
  readonly samplerEffect?: (labels: SparseLabels, probabilities: Float64Array) => Readonly<Record<string, unknown>>;
  /** The fold of each row, folds of equal share; without a seed every tie goes to the lowest index. */
  readonly stratify?: (labels: SparseLabels, folds: number, seed?: number) => ArrayLike<number>;
  /**
   * By the block of a case in metrics.json: ranking, decisions, calibration, groups, … The mapped parameters are the keys of the
   * block that are inputs (`threshold`, `bins`); the answer has values by the other keys: numbers, null, lists (typed arrays
   * too; NaN is null) or objects of these. A key that is answered and not in the file fails; one in the file and not answered is
   * skipped, by name.
   */
  readonly metrics?: Readonly<Record<string, Mapping<[MetricCase], Answer | Promise<Answer>>>>;
}

type Answer = Readonly<Record<string, unknown>>;

export interface ReferenceLoss {
  readonly plugin: AnyPlugin<'loss'>;
  readonly options: unknown;
  /** Instead of the plugin's default weights (absent: none): a number for all classes or one each. */
  readonly weights?: Readonly<
    Partial<Record<'positive' | 'negative' | 'class', number | readonly number[] | undefined>>
  >;
}

export interface ReferenceCounts {
  /** [classes] */
  readonly positives: Float64Array;
  readonly total: number;
}

export interface ReferenceSampler {
  readonly sampler: DrawSampler;
  /** Further numbers of the case that the sampler knows: classFactor, exampleFactor, classProbability. */
  readonly details?: (pool: Int32Array, labels: SparseLabels) => Readonly<Record<string, Float64Array>>;
}

export interface MetricCase {
  /** Probabilities, exact in float32, row-major [rows, columns]. */
  readonly scores: Float64Array;
  readonly rows: number;
  readonly columns: number;
  readonly labels: SparseLabels;
  /** [columns] positives of a training split of `trainTotal` examples. */
  readonly trainCounts: Float64Array;
  readonly trainTotal: number;
}

/** A function of a case's parameters that names every one it understands. */
export interface Mapping<Context extends readonly unknown[], Result> {
  readonly parameters: readonly string[];
  /** @throws ZodError on a parameter that is unknown, missing or of another type */
  (parameters: unknown, ...context: Context): Result;
}

/**
 * Makes a mapping that reads its parameters strictly.
 * @example mapped({ gamma: z.number() }, ({ gamma }) => ({ plugin: focal, options: { gamma } }))
 */
export function mapped<Shape extends z.ZodRawShape, Context extends readonly unknown[], Result>(
  shape: Shape,
  map: (parameters: z.output<z.ZodObject<Shape>>, ...context: Context) => Result,
): Mapping<Context, Result> {
  const schema = z.strictObject(shape);
  return Object.assign(
    (parameters: unknown, ...context: Context) =>
      map(schema.parse(parameters) as z.output<z.ZodObject<Shape>>, ...context),
    { parameters: Object.keys(shape) },
  );
}
