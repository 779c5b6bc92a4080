import { definePlugin, z } from '@counterweight/core';

/**
 * Poly-1 of binary cross-entropy: BCE + ε·(1 − p_t), with p_t the probability of what is true.
 * −ln p_t is the series Σ (1 − p_t)^j / j; here its first term has a factor of its own. Leng et al. 2022, "PolyLoss", Poly-1.
 */
export default definePlugin({
  kind: 'loss',
  name: 'poly',
  options: z.strictObject({
    // Below −1 a better answer would cost more: the slope changes its sign.
    epsilon: z.number().min(-1).max(100).default(1).describe('Weight ε of the term 1 − p_t. 0 is BCE.'),
  }),
  create: ({ epsilon }) => ({
    kind: 'elementwise',
    curves: (logit) => ({
      positive: logit.neg().softplus().add(logit.neg().sigmoid().mul(epsilon)), // −ln p + ε·(1 − p)
      negative: logit.softplus().add(logit.sigmoid().mul(epsilon)), // −ln(1 − p) + ε·p
    }),
  }),
});
