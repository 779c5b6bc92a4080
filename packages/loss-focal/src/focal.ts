import { sigmoidPow, type ElementwiseLoss } from '@counterweight/core';

export interface FocalOptions {
  /** Focusing exponent γ, 0 to 10. */
  readonly gamma: number;
  /** Weight of a positive, in (0, 1); a negative gets 1 − α. Null: both 1. */
  readonly alpha: number | null;
}

/** Focal loss: BCE times (1 − p_t)^γ, with p_t the probability of what is true. Lin et al. 2017, eq. 4 and 5. */
export const focal = ({ gamma, alpha }: FocalOptions): ElementwiseLoss => ({
  kind: 'elementwise',
  curves: (logit) => {
    const positive = sigmoidPow(logit.neg(), gamma).mul(logit.neg().softplus()); // q^γ · −ln p
    const negative = sigmoidPow(logit, gamma).mul(logit.softplus()); // p^γ · −ln q
    return alpha === null
      ? { positive, negative }
      : { positive: positive.mul(alpha), negative: negative.mul(1 - alpha) };
  },
});
