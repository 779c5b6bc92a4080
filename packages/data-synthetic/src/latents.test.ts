import type { RandomStream } from '@counterweight/core';
import { expect, test } from 'vitest';

import { latentsOf, quantilesOf, type Recipe } from './recipe.js';

/** The least and the largest number that a stream of 32 bits gives. */
test.each([0, 1 - 2 ** -32])('a uniform number of %d is a finite latent', (uniform) => {
  const random: RandomStream = { fork: () => random, uniform: () => uniform, integer: () => 0, normal: () => 0 };
  const recipe = { random } as Recipe;
  for (const u of quantilesOf(recipe, 0, new Float64Array(4))) expect(u > 0 && u < 1).toBe(true);
  for (const v of latentsOf(recipe, 0, new Float64Array(4))) expect(Math.abs(v)).toBeLessThan(7);
});
