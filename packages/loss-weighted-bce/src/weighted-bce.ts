import type { ElementwiseLoss } from '@counterweight/core';

/** Binary cross-entropy of a logit: −ln σ(z) at a positive, −ln (1 − σ(z)) at a negative. Weights come from the reserved key. */
export const binaryCrossEntropy = (): ElementwiseLoss => ({
  kind: 'elementwise',
  curves: (logit) => ({
    positive: logit.neg().softplus(), // −ln p
    negative: logit.softplus(), // −ln q
  }),
});
