import { defineErrors } from './error.js';

/** The errors of core itself. */
export const errors = defineErrors({
  'labels-invalid': {
    exit: 3,
    title: 'Sparse labels break their own rules.',
    found: ({ found }: { found: string; expected: string }) => found,
    expected: ({ expected }: { expected: string }) => expected,
    remedy: () => 'build labels with `labelsFromRows`, or pack ascending rows with `csr`',
  },
  'weight-invalid': {
    exit: 2,
    title: 'A class weight is not a finite number of at least 0.',
    found: ({ name, index, value }: { name: string; index: number; value: number }) =>
      `${name}[${String(index)}] = ${String(value)}`,
    expected: () => 'finite numbers, at least 0, one per class',
    remedy: () => 'correct that number, or set `weights: none`',
  },
  'link-not-monotone': {
    exit: 4,
    title: 'The loss has no inverse link: equal probabilities would come from several logits.',
    found: ({ logit, column, use }: { logit: number; column: number; use?: string | undefined }) =>
      `${use === undefined ? '' : `${use}: `}ln g0 − ln(−g1) does not rise at logit ${logit.toFixed(2)} (class index ${String(column)})`,
    expected: () => 'a link that rises over logits from −30 to 30, or the property link: none',
    remedy: () => 'declare `link: "none"` in the loss and fit a calibrator on validation data',
  },
  'plugin-throws': {
    exit: 4,
    title: 'A plugin failed.',
    found: ({ use, doing, message }: { use: string; doing: string; message: string }) => `${use}, ${doing}: ${message}`,
    expected: () => 'no failure; this is a fault of the plugin, or of how it was installed',
    remedy: () => 'tell its author; what it threw is the cause of this error (the command prints it with --verbose)',
  },
  'plugin-breaks-contract': {
    exit: 4,
    title: 'A plugin gave something other than its contract says.',
    found: ({ use, doing, found }: { use: string; doing: string; found: string; expected: string }) =>
      `${use}, ${doing}: ${found}`,
    expected: ({ expected }: { expected: string }) => expected,
    remedy: () => 'take another plugin, or tell its author: the contract stands at the method in @counterweight/core',
  },
  'draw-invalid': {
    exit: 4,
    title: 'A sampler drew something that is not an example of its pool.',
    found: ({ found }: { found: string; expected?: string | undefined }) => found,
    expected: ({ expected }: { expected?: string | undefined }) =>
      expected ?? 'indices from the pool; probabilities that are at least 0 and sum to 1',
    remedy: () => 'take the sampler out of the manifest; its author finds the fault with `drawConformance`',
  },
  'weights-on-batch-loss': {
    exit: 2,
    title: 'A loss of whole batches takes no weights.',
    found: ({ use }: { use: string }) => `weights for ${use}`,
    expected: () => 'weights: none; weights multiply the curves of an elementwise loss',
    remedy: () => 'remove weights, or take an elementwise loss',
  },
  'weight-table-unread': {
    exit: 2,
    title: 'A table of weights is read by a run only.',
    found: ({ file }: { file: string }) => file,
    expected: () => 'a number or a rule',
    remedy: () => 'read the table, and call weighted(loss, { positive: numbers })',
  },
  'plugin-needs': {
    exit: 4,
    title: 'A plugin was not given what it asks for.',
    found: ({ plugin, what }: { plugin: string; what: string }) => `${plugin} asks for ${what}`,
    expected: () => 'everything that the plugin injects; of its own accord it has LOGGER and RANDOM',
    remedy: ({ what }: { what: string }) =>
      what === 'LABEL_STATISTICS'
        ? 'createLoss(plugin, options, { statistics: labelStatistics(labels, rows) })'
        : `createFrom(plugin, options, [[${what}, value]])`,
  },
  'split-shares-invalid': {
    exit: 2,
    title: 'The shares of the splits do not make a whole.',
    found: ({ shares }: { shares: readonly number[] }) => shares.join(' + '),
    expected: () => 'numbers of at least 0 with the sum 1',
    remedy: () => 'splits: { train: 0.7, validation: 0.1, test: 0.2 }',
  },
});
