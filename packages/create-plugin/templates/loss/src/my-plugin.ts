import { sigmoidPow, z, type ElementwiseLoss } from '@counterweight/core';

export const options = z.strictObject({
  gammaPositive: z.number().min(0).max(10).default(0).describe('Focusing exponent γ⁺ of positives. 0 is BCE.'),
  gammaNegative: z.number().min(0).max(10).default(2).describe('Focusing exponent γ⁻ of negatives. 0 is BCE.'),
});
export type MyPluginOptions = z.output<typeof options>;

/**
 * Asymmetric focusing: easy negatives lose weight, positives keep theirs. With p = σ(z), q = 1 − p:
 *
 *     l₁ = q^γ⁺ · −ln p        l₀ = p^γ⁻ · −ln q
 *
 * Ridnik et al. 2021, "Asymmetric loss for multi-label classification", without its probability shift.
 */
export const myPlugin = ({ gammaPositive, gammaNegative }: MyPluginOptions): ElementwiseLoss => ({
  kind: 'elementwise',
  // Slopes are derived. −ln p is written softplus(−z), which keeps its digits where ln(σ(z)) loses them.
  curves: (logit) => ({
    positive: sigmoidPow(logit.neg(), gammaPositive).mul(logit.neg().softplus()),
    negative: sigmoidPow(logit, gammaNegative).mul(logit.softplus()),
  }),
});
