import { z } from 'zod';

/**
 * The files of a run folder, as data: what a run writes and a report reads, and all that they know of each other.
 * `manifest.yaml` is the manifest as given; `per-class.csv` starts with the columns of `PER_CLASS_COLUMNS`.
 */
const number = z.number().nullable();
const numbers = z.record(z.string(), number);
const group = z.object({ classes: z.int(), averagePrecision: number }).catchall(number);
/** Values by name, or a set of them by group. */
const values = z.record(z.string(), z.union([number, numbers]));

/** Of one split. Null where undefined. */
export const splitMetrics = z
  .object({
    averagePrecision: z.object({
      macro: number,
      micro: number,
      weighted: number,
      classes: z.int(),
      /** Classes left out: without positives in this split, or below `minimumPositives`. */
      excluded: z.int(),
    }),
    prevalenceRatio: z.object({ decided: number, summed: number, threshold: z.number() }),
    f1: z.object({ macro: number, micro: number }).catchall(number),
    groups: z.object({ head: group, medium: group, tail: group }),
  })
  .partial()
  .catchall(values);
export type SplitMetrics = z.infer<typeof splitMetrics>;

/** `metrics.json` */
export const runMetrics = z.object({
  validation: splitMetrics,
  test: splitMetrics,
  /** One seeded uniform score matrix under the same rules, on the test split. */
  chance: z.object({ averagePrecision: z.object({ macro: number, micro: number }) }),
  /** The best predictor there can be under the same rules, where the data set knows it. */
  optimum: z.object({ averagePrecision: z.object({ macro: number, micro: number }) }).optional(),
  /** Of training, validation included, without loading data and without the test split. */
  seconds: z.number(),
  steps: z.int(),
});
export type RunMetrics = z.infer<typeof runMetrics>;

const resolvedPlugin = z.object({
  kind: z.string(),
  name: z.string(),
  use: z.string(),
  version: z.string(),
  path: z.string(),
});

/** `resolved.json`: every default written out, every version recorded. */
export const resolvedRun = z.object({
  /** The manifest with every default. */
  manifest: z.record(z.string(), z.unknown()),
  plugins: z.array(resolvedPlugin),
  data: z.object({
    fingerprint: z.string(),
    shape: z.array(z.int()),
    classes: z.int(),
    examples: z.object({ train: z.int(), validation: z.int(), test: z.int() }),
    labelsPerExample: z.number(),
  }),
  /** What the model was built for: enough to build it again without the data set. */
  input: z.object({
    shape: z.array(z.int()),
    dtype: z.enum(['uint8', 'float32']),
    classes: z.int(),
    mean: z.array(z.number()),
    deviation: z.array(z.number()),
  }),
  /**
   * Where the manifest came from: what a resumed run reads again. Absolute; overrides as given. `code`: it was made by code, and
   * there is no such file; its folder is where relative paths start.
   */
  source: z.object({ file: z.string(), set: z.array(z.string()), code: z.boolean().optional() }),
  seed: z.int(),
  engine: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  versions: z.record(z.string(), z.string()),
  parameters: z.int(),
});
export type ResolvedRun = z.infer<typeof resolvedRun>;

/** One line of `events.jsonl`. */
export const runEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('start'), time: z.string() }),
  z.object({
    type: z.literal('epoch'),
    epoch: z.int(),
    step: z.int(),
    loss: z.number(),
    learningRate: z.number(),
    /** Since the start of training. */
    seconds: z.number(),
    /** Of the epoch's own seconds, waiting for inputs. */
    waited: z.number().optional(),
    keptPositives: z.int(),
    keptNegatives: z.int(),
    /** By dotted name: `averagePrecision.macro`. */
    validation: numbers,
  }),
  /** The run went on from a checkpoint, `step` steps into training; what it had recorded after that was dropped. */
  z.object({ type: z.literal('resume'), time: z.string(), step: z.int() }),
  z.object({ type: z.literal('warning'), message: z.string() }),
  z.object({
    type: z.literal('end'),
    time: z.string(),
    status: z.enum(['done', 'stopped', 'diverged', 'interrupted', 'failed']),
    reason: z.string().optional(),
  }),
]);
export type RunEvent = z.infer<typeof runEvent>;

/** `test-examples.json`: a few test inputs for a person to look at; `pixels` is base64 of the raw bytes, row-major. */
export const testExamples = z.object({
  shape: z.array(z.int()),
  examples: z.array(
    z.object({
      id: z.string(),
      pixels: z.string(),
      labels: z.array(z.string()),
      /** How many classes are predicted at the manifest's threshold. */
      decided: z.int(),
      /** Highest first; σ of the logit. */
      predicted: z.array(z.object({ class: z.string(), probability: z.number() })),
    }),
  ),
});
export type TestExamples = z.infer<typeof testExamples>;

/** First columns of `per-class.csv`; empty where undefined. */
export const PER_CLASS_COLUMNS = [
  'class',
  'positives_train',
  'positives_validation',
  'positives_test',
  'average_precision',
] as const;

export const RUN_FILES = {
  manifest: 'manifest.yaml',
  resolved: 'resolved.json',
  events: 'events.jsonl',
  metrics: 'metrics.json',
  perClass: 'per-class.csv',
  testExamples: 'test-examples.json',
  /**
   * Folders. `callbacks/NAME` is a callback's own (RUN_FOLDER); `model` holds the network in tfjs layers format, `classes.json`
   * and `state.safetensors`, which `predict` reads.
   */
  callbacks: 'callbacks',
  checkpoints: 'checkpoints',
  model: 'model',
} as const;
