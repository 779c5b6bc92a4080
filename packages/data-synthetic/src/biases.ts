import { sigmoid } from '@counterweight/core';

import { bisect } from './bisect.js';

/**
 * The bias b of each class with E σ(b + s·g) = π, g ~ N(0, 1): the latents then move the labels and leave the prior as it is.
 * @param priors [classes] in (0, 1)
 * @param strength s, at least 0
 * @returns [classes]
 */
export function biases(priors: Float64Array, strength: number): Float64Array {
  const { nodes, weights } = normalNodes(strength);
  const mean = (bias: number): number => {
    let sum = 0;
    for (let i = 0; i < nodes.length; i++) sum += weights[i]! * sigmoid(bias + strength * nodes[i]!);
    return sum;
  };
  // σ(z) ≤ e^z, so π ≤ e^(b + s²/2); the same of 1 − π.
  const slack = strength ** 2 / 2 + 1e-9;
  return priors.map((prior) =>
    bisect((bias) => mean(bias) - prior, Math.log(prior) - slack, slack - Math.log1p(-prior)),
  );
}

/**
 * The trapezoidal rule for a mean over N(0, 1), which converges geometrically: σ(s·g) has its poles at g = ±iπ/s, so a
 * step h errs by e^(−2π²/(s·h)), here e^(−33).
 */
function normalNodes(strength: number): { nodes: Float64Array; weights: Float64Array } {
  const step = 0.6 / Math.max(strength, 2.4);
  const half = Math.ceil(8.5 / step);
  const nodes = Float64Array.from({ length: 2 * half + 1 }, (_, i) => (i - half) * step);
  const density = nodes.map((x) => Math.exp(-(x ** 2) / 2));
  const sum = density.reduce((total, value) => total + value, 0);
  return { nodes, weights: density.map((value) => value / sum) };
}
