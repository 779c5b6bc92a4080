import { defineErrors } from '@counterweight/core';

const LISTED = 64;

/** Of a step. */
interface Position {
  readonly epoch: number;
  readonly step: number;
  readonly examples: Int32Array;
}

const positionInWords = ({ epoch, step, examples }: Position): string =>
  `epoch ${epoch}, step ${step}, examples ${[...examples.subarray(0, LISTED)].join(', ')}` +
  (examples.length > LISTED ? ` and ${examples.length - LISTED} more` : '');

interface NotFinite {
  readonly use: string;
  readonly doing: string;
  readonly found: string;
  readonly expected: string;
  readonly at?: Position;
}

/** The errors of the trainer. */
export const errors = defineErrors({
  'tensor-shape-wrong': {
    exit: 4,
    title: 'A plugin returned a tensor of another shape or type than its contract says.',
    found: ({ what, found }: { what: string; found: string; expected: string }) => `${what}: ${found}`,
    expected: ({ expected }: { expected: string }) => expected,
    remedy: () => 'take another plugin, or tell its author: the contract stands at the method in @counterweight/core',
  },
  'table-length-wrong': {
    exit: 4,
    title: 'A loss uses a table per class that has another length than there are classes.',
    found: ({ length }: { length: number; classes: number }) => `perClass with ${length} numbers`,
    expected: ({ classes }) => `${classes} numbers, one per class`,
    remedy: () => 'take another loss, or tell its author: the length is that of LABEL_STATISTICS.positives',
  },
  'soft-target-refused': {
    exit: 3,
    title: 'The loss takes hard labels only.',
    found: ({ example, column, target }: { example: number; column: number; target: number }) =>
      `target ${target} at example ${example}, class index ${column}`,
    expected: () => 'targets of 0 or 1',
    remedy: () => 'round the targets, or choose a loss that takes soft ones',
  },
  'needs-elementwise-loss': {
    exit: 2,
    title: 'Label entries can be mined or weighted only under an elementwise loss.',
    found: ({ what }: { what: 'a mining sampler' | 'example weights' }) =>
      `${what} with a loss that couples the entries of a batch`,
    remedy: ({ what }) =>
      what === 'a mining sampler' ? 'remove the sampler, or choose an elementwise loss' : 'choose an elementwise loss',
  },
  'needs-loss-without-memory': {
    exit: 2,
    title: 'A loss with memory cannot be one of a tfjs layers model.',
    found: () => 'a batch loss with save and load',
    expected: () => 'an elementwise loss, or a batch loss that remembers nothing from batch to batch',
    remedy: () => 'train with `fit` of @counterweight/trainer, or take another loss',
  },
  'labels-not-dense': {
    exit: 3,
    title: 'These are not the labels and logits of a batch.',
    found: ({ found }: { found: string; expected: string }) => found,
    expected: ({ expected }: { expected: string }) => expected,
    remedy: () => 'a last layer with one unit per class and no activation; labels as a matrix of 0 and 1',
  },
  'no-training-examples': {
    exit: 3,
    title: 'There is nothing to train on.',
    found: () => 'a training split without examples',
    expected: () => 'at least one example in the split train',
    remedy: () => 'give the split train to some examples, or a share above 0',
  },
  'optimizer-state-wrong': {
    exit: 3,
    title: 'A saved optimiser state does not belong to this model.',
    found: ({ name, found }: { name: string; found: string; expected: string }) => `${name}: ${found}`,
    expected: ({ expected }: { expected: string }) => expected,
    remedy: () => 'restore it with the model and the options it was saved with',
  },
  'training-state-wrong': {
    exit: 3,
    title: 'A saved state of training does not belong to this run.',
    found: ({ name, found }: { name: string; found: string; expected: string }) => `${name}: ${found}`,
    expected: ({ expected }: { expected: string }) => expected,
    remedy: () => 'resume with the manifest, the data and the versions of plugins that the run began with',
  },
  'early-stopping-needs-validation': {
    exit: 2,
    title: 'Early stopping watches the validation split, and there is none.',
    found: () => 'a validation split without examples',
    expected: () => 'at least one example in the split validation',
    remedy: () => 'give some examples the split validation, or set training.earlyStopping: null',
  },
  'early-stopping-metric-unknown': {
    exit: 2,
    title: 'Early stopping watches a metric that the evaluation does not give.',
    found: ({ metric }: { metric: string; given: readonly string[]; nearest: string | undefined }) => metric,
    expected: ({ given }: { given: readonly string[] }) => `one of ${[...given].sort().join(', ')}`,
    remedy: ({ nearest }: { nearest: string | undefined }) =>
      nearest === undefined
        ? 'name a metric in evaluation.metrics that gives one number'
        : `--set training.earlyStopping.metric=${nearest}`,
  },
  'plugin-not-finite': {
    exit: 4,
    title: 'A plugin gave a number that is not finite.',
    found: ({ use, doing, found, at }: NotFinite) =>
      `${use}, ${doing}: ${found}${at ? `; at ${positionInWords(at)}` : ''}`,
    expected: ({ expected }: NotFinite) => expected,
    remedy: () => 'take another plugin, or tell its author; the run goes on from its last checkpoint with --resume',
  },
  diverged: {
    exit: 6,
    title: 'Training diverged: the loss, a gradient or a parameter is no longer a number.',
    found: ({ what, ...at }: { readonly what: string } & Position) => `${what} at ${positionInWords(at)}`,
    expected: () => 'a finite loss, finite gradients and parameters',
    remedy: () =>
      '--set training.optimizer.learningRate=0.001, a longer training.schedule.warmup, or --set training.clipNorm=1',
  },
});
