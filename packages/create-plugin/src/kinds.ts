/** What of a package differs from kind to kind beyond the files of `templates/KIND`. */
interface KindFacts {
  /** What it is, for whoever chooses. */
  readonly title: string;
  /** The kind by the contract of core, as the keyword `counterweight-…` has it. */
  readonly plugin: 'loss' | 'sampler' | 'model' | 'metric' | 'callback' | 'optimizer' | 'dataset';
  /** The last word of names in its code. */
  readonly noun: string;
  /** Peers besides core. */
  readonly peers: readonly string[];
  /** What its example and its tests need besides, of our packages. */
  readonly uses: readonly string[];
}

const TFJS = ['@tensorflow/tfjs-core'];
const DATA = '@counterweight/data-synthetic';
const MODEL = '@counterweight/cnn';
const LOSS = '@counterweight/loss-weighted-bce';
const TRAINER = '@counterweight/trainer';

/** What can be made, in the order of the question. */
export const KINDS = {
  loss: {
    title: 'a loss of single entries: a curve for positives, a curve for negatives',
    plugin: 'loss',
    noun: 'Loss',
    peers: [],
    uses: [DATA, MODEL],
  },
  'batch-loss': {
    title: 'a loss that couples the entries of a batch, in tensor operations',
    plugin: 'loss',
    noun: 'Loss',
    peers: TFJS,
    uses: [DATA, MODEL],
  },
  sampler: {
    title: 'a sampler that draws the examples of an epoch',
    plugin: 'sampler',
    noun: 'Sampler',
    peers: [],
    uses: [DATA, MODEL, LOSS],
  },
  miner: {
    title: 'a sampler that mines: picks the entries of a batch that count',
    plugin: 'sampler',
    noun: 'Miner',
    peers: TFJS,
    uses: [DATA, MODEL, LOSS, TRAINER],
  },
  model: {
    title: 'a network',
    plugin: 'model',
    noun: 'Model',
    peers: TFJS,
    uses: [DATA, LOSS],
  },
  metric: {
    title: 'a number that tells how good scores are',
    plugin: 'metric',
    noun: 'Metric',
    peers: [],
    uses: [DATA, MODEL, LOSS],
  },
  callback: {
    title: 'something that watches a run',
    plugin: 'callback',
    noun: 'Callback',
    peers: [],
    uses: [DATA, MODEL, LOSS],
  },
  optimizer: {
    title: 'an optimiser',
    plugin: 'optimizer',
    noun: 'Optimizer',
    peers: TFJS,
    uses: [DATA, MODEL, LOSS],
  },
  dataset: {
    title: 'a reader of data',
    plugin: 'dataset',
    noun: 'Dataset',
    peers: [],
    uses: [MODEL, LOSS],
  },
} as const satisfies Record<string, KindFacts>;

/** A kind as it is asked for: of losses and samplers there are two each. */
export type PluginKind = keyof typeof KINDS;

export const isKind = (word: string): word is PluginKind => Object.hasOwn(KINDS, word);
