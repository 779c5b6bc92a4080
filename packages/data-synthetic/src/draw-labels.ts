import { setImmediate } from 'node:timers/promises';

import type { Csr } from '@counterweight/core';

import { logitsOf } from './logits.js';
import { fillRandomBits } from './random-bits.js';
import type { Recipe } from './recipe.js';

/** Rows whose logits and latents stay in the processor's caches. */
const BLOCK = 64;

/**
 * Draws the labels of examples from `from` to `to`: y ~ Bernoulli(σ(z)), independent given the logits z.
 * Time O(examples × classes × latents), with a pause for other work every few milliseconds; memory O(labels).
 * @returns one row per example
 */
export async function drawLabels(recipe: Recipe, from: number, to: number): Promise<Csr> {
  const { classes, random } = recipe;
  const stream = random.fork('labels');
  const bits = new Uint32Array(classes);
  const found = new Uint16Array(classes);
  const offsets = new Uint32Array(to - from + 1);
  const rows: Uint16Array[] = [];
  for (let first = from; first < to; first += BLOCK) {
    const examples = Int32Array.from({ length: Math.min(BLOCK, to - first) }, (_, i) => first + i);
    const logits = logitsOf(recipe, examples);
    examples.forEach((example, i) => {
      fillRandomBits(bits, stream.fork(example));
      const count = bernoulli(logits.subarray(i * classes, (i + 1) * classes), bits, found);
      const row = example - from;
      offsets[row + 1] = offsets[row]! + count;
      rows.push(found.slice(0, count));
    });
    await setImmediate();
  }
  const all = new Uint16Array(offsets.at(-1)!);
  rows.forEach((row, i) => {
    all.set(row, offsets[i]);
  });
  return { offsets, classes: all };
}

const STEPS = 2 ** 12;
/** logit(j / STEPS): no z below it lets a u from j / STEPS on be below σ(z). */
const LOWEST = Float64Array.from({ length: STEPS }, (_, j) => Math.log(j / (STEPS - j)));

/** Lists the classes with u < σ(z), u = bits / 2³². The table spares 49 of 50 sigmoids. Returns how many there are. */
function bernoulli(logits: Float32Array, bits: Uint32Array, found: Uint16Array): number {
  let count = 0;
  for (let c = 0; c < bits.length; c++) {
    const u = bits[c]!;
    const z = logits[c]!;
    if (z > LOWEST[u >>> 20]! && u < 2 ** 32 / (1 + Math.exp(-z))) found[count++] = c;
  }
  return count;
}
