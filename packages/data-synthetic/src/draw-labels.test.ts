import { randomStream, rowOf, sigmoid, type Csr } from '@counterweight/core';
import { beforeAll, describe, expect, test } from 'vitest';

import { drawLabels } from './draw-labels.js';
import { logitsOf } from './logits.js';
import { options } from './options.js';
import { makeRecipe, type Recipe } from './recipe.js';

const recipeOf = (given: object, seed = 5): Recipe => makeRecipe(options.parse(given), randomStream(seed));
const range = (from: number, to: number): Int32Array => Int32Array.from({ length: to - from }, (_, i) => from + i);

describe('20,000 examples of 42 classes', () => {
  const examples = 20_000;
  const classes = 42;
  const recipe = recipeOf({ classes, labelsPerExample: 8, rarest: 0.05, commonest: 0.6, latents: 16 });
  let labels: Csr;
  let logits: Float32Array;
  beforeAll(async () => {
    labels = await drawLabels(recipe, 0, examples);
    logits = logitsOf(recipe, range(0, examples));
  });

  test('counts are binomial about the priors', () => {
    const counts = new Float64Array(classes);
    for (const c of labels.classes) counts[c]!++;
    recipe.priors.forEach((prior, c) => {
      const deviation = Math.sqrt(examples * prior * (1 - prior));
      expect(Math.abs(counts[c]! - examples * prior)).toBeLessThan(4.5 * deviation);
    });
  });

  test('labels co-occur as the latents say: E σ(z)σ(z′) over two normals of correlation a·a′', () => {
    const { directions: a, biases: b, latents, strength } = recipe;
    const together = new Float64Array(classes * classes);
    for (let row = 0; row < examples; row++)
      for (const c of rowOf(labels, row)) for (const d of rowOf(labels, row)) together[c * classes + d]!++;
    let strongest = 0;
    for (let c = 0; c < classes; c++)
      for (let d = 0; d < c; d++) {
        let cosine = 0;
        for (let k = 0; k < latents; k++) cosine += a[c * latents + k]! * a[d * latents + k]!;
        strongest = Math.max(strongest, Math.abs(cosine));
        let expected = 0;
        let total = 0;
        for (let g = -6; g <= 6; g += 0.25)
          for (let h = -6; h <= 6; h += 0.25) {
            const weight = Math.exp(-(g ** 2 + h ** 2) / 2);
            const other = cosine * g + Math.sqrt(1 - cosine ** 2) * h;
            expected += weight * sigmoid(b[c]! + strength * g) * sigmoid(b[d]! + strength * other);
            total += weight;
          }
        expected /= total;
        const deviation = Math.sqrt(examples * expected * (1 - expected));
        expect(Math.abs(together[c * classes + d]! - examples * expected)).toBeLessThan(5 * deviation);
      }
    expect(strongest).toBeGreaterThan(0.5); // else this would not tell them from independent ones
  });

  test('σ of the logits is calibrated: in every bin as many labels as probabilities sum to', () => {
    const bins = Array.from({ length: 25 }, () => ({ labels: 0, mean: 0, variance: 0 }));
    const binOf = (z: number): number => Math.min(Math.max(Math.floor(z + 16), 0), 24);
    for (const z of logits) {
      const bin = bins[binOf(z)]!;
      bin.mean += sigmoid(z);
      bin.variance += sigmoid(z) * (1 - sigmoid(z));
    }
    for (let row = 0; row < examples; row++)
      for (const c of rowOf(labels, row)) bins[binOf(logits[row * classes + c]!)]!.labels++;
    const filled = bins.filter(({ variance }) => variance > 25);
    expect(filled.length).toBeGreaterThan(8);
    for (const { labels: found, mean, variance } of filled)
      expect(Math.abs(found - mean)).toBeLessThan(4.5 * Math.sqrt(variance));
  });
});

describe('examples do not depend on how they are asked for', () => {
  // 7 classes: the last group of four overlaps the one before; odd numbers of rows.
  const recipe = recipeOf({ classes: 7, labelsPerExample: 2, rarest: 0.1, commonest: 0.6 });

  test('labels in one go equal labels in parts', async () => {
    const whole = await drawLabels(recipe, 0, 301);
    for (const cut of [1, 63, 64, 65, 130, 300]) {
      const parts = [await drawLabels(recipe, 0, cut), await drawLabels(recipe, cut, 301)];
      for (let i = 0; i < 301; i++) {
        const part = i < cut ? rowOf(parts[0]!, i) : rowOf(parts[1]!, i - cut);
        expect([...part]).toEqual([...rowOf(whole, i)]);
      }
    }
  });

  test('logits, in any order and company, equal b + s·a·v', () => {
    const asked = Int32Array.of(17, 3, 250, 3, 0);
    const together = logitsOf(recipe, asked);
    asked.forEach((example, i) => {
      expect([...together.subarray(7 * i, 7 * i + 7)]).toEqual([...logitsOf(recipe, Int32Array.of(example))]);
    });
    // Classes in the directions of the axes read the latents out.
    const axes = new Float64Array(64 * 64);
    for (let k = 0; k < 64; k++) axes[k * 65] = 1;
    const readOut = { ...recipe, classes: 64, directions: axes, biases: new Float64Array(64) };
    asked.forEach((example, i) => {
      const scaled = logitsOf(readOut, Int32Array.of(example));
      for (let c = 0; c < 7; c++) {
        const product = scaled.reduce(
          (sum, value, k) => sum + value * recipe.directions[c * 64 + k]!,
          recipe.biases[c]!,
        );
        expect(together[7 * i + c]).toBeCloseTo(product, 5);
      }
    });
  });

  test('another seed: other labels', async () => {
    const other = recipeOf({ classes: 7, labelsPerExample: 2, rarest: 0.1, commonest: 0.6 }, 6);
    const [one, two] = [await drawLabels(recipe, 0, 100), await drawLabels(other, 0, 100)];
    expect([...one.classes]).not.toEqual([...two.classes]);
  });
});
