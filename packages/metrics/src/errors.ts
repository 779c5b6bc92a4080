import { defineErrors } from '@counterweight/core';

/** The errors of the metrics. */
export const errors = defineErrors({
  'not-finite': {
    exit: 4,
    title: 'A score is not a number.',
    found: ({ row, column }: { row: number; column: number }) => `NaN at row ${row}, class index ${column}`,
    expected: () => 'a logit for every known entry',
    remedy: () => 'look at the loss of the last steps: training may have diverged',
  },
  'scores-mismatch': {
    exit: 4,
    title: 'Scores, labels and training statistics differ in shape.',
    found: ({ found }: { found: string; expected: string }) => found,
    expected: ({ expected }: { expected: string }) => expected,
    remedy: () => 'give scores, labels and statistics of the same examples and classes',
  },
  'k-out-of-range': {
    exit: 2,
    title: 'precisionAtK looks at more classes than there are.',
    found: ({ k }: { k: number; classes: number }) => `k = ${k}`,
    expected: ({ classes }) => `a whole number from 1 to ${classes}, the number of classes`,
    remedy: ({ classes }) => `set k to ${classes} or less`,
  },
});
