import { defineErrors } from '@counterweight/core';

export const errors = defineErrors({
  'pool-without-labels': {
    exit: 3,
    title: 'The rule classPower has nothing to draw.',
    found: ({ classes }: { classes: number }) =>
      `no example of the pool has a positive in any of ${String(classes)} classes`,
    expected: () => 'at least one positive',
    remedy: () => 'remove the sampler, or check the labels of the training split',
  },
});
