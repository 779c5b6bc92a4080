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
    found: ({ logit, column }: { logit: number; column: number }) =>
      `ln g0 − ln(−g1) does not rise at logit ${logit.toFixed(2)} (class index ${String(column)})`,
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
  'draw-invalid': {
    exit: 4,
    title: 'A sampler drew something that is not an example of its pool.',
    found: ({ found }: { found: string }) => found,
    expected: () => 'indices from the pool; probabilities that are at least 0 and sum to 1',
    remedy: () => 'take the sampler out of the manifest; its author finds the fault with `drawConformance`',
  },
  'split-shares-invalid': {
    exit: 2,
    title: 'The shares of the splits do not make a whole.',
    found: ({ shares }: { shares: readonly number[] }) => shares.join(' + '),
    expected: () => 'numbers of at least 0 with the sum 1',
    remedy: () => 'splits: { train: 0.7, validation: 0.1, test: 0.2 }',
  },
});
