import { randomStream } from '@counterweight/core';
import { describe, expect, test } from 'vitest';

import { options } from './options.js';
import { painter } from './picture.js';
import { makeRecipe, quantilesOf, type Recipe } from './recipe.js';

const recipeOf = (latents: number): Recipe =>
  makeRecipe(options.parse({ classes: 10, labelsPerExample: 0.4, latents, size: 48 }), randomStream(2));

describe.each([
  [64, 32],
  [36, 48],
])('%i latents on %i pixels, without noise', (latents, size) => {
  const recipe = recipeOf(latents);
  const paint = painter(recipe, size, 0);
  const q = size / Math.sqrt(latents / 4);

  test('every pixel is what the formula says', () => {
    for (const example of [0, 1, 4_321]) {
      const picture = paint(example);
      const u = quantilesOf(recipe, example, new Float64Array(latents));
      for (let y = 0; y < size; y++)
        for (let x = 0; x < size; x++) {
          const [column, row] = [Math.floor(x / q), Math.floor(y / q)];
          const [across, down, width, hue] = u.subarray(4 * (row * (size / q) + column));
          const centre = [
            (column + 0.5) * q + 0.3 * q * (2 * across! - 1),
            (row + 0.5) * q + 0.3 * q * (2 * down! - 1),
          ];
          const distance = Math.hypot(x + 0.5 - centre[0]!, y + 0.5 - centre[1]!);
          const alpha = Math.min(Math.max(q * (0.1 + 0.22 * width!) + 0.5 - distance, 0), 1);
          [hue!, 0.1, 1 - hue!].forEach((colour, channel) => {
            const value = 255 * ((1 - alpha) * 0.5 + alpha * colour);
            expect(Math.abs(picture[3 * (y * size + x) + channel]! - value)).toBeLessThan(0.501);
          });
        }
    }
  });
});

describe('noise', () => {
  const recipe = recipeOf(64);

  test('is normal with the deviation asked for, clipped to bytes, another in every pixel', () => {
    const [plain, noisy] = [painter(recipe, 32, 0), painter(recipe, 32, 0.1)];
    const grey: number[] = [];
    let product = 0;
    for (let example = 0; example < 50; example++) {
      const clean = plain(example).slice();
      const found = noisy(example);
      let before = 0;
      clean.forEach((value, i) => {
        if (value !== 128) return;
        const noise = found[i]! - 127.5;
        grey.push(noise);
        product += noise * before;
        before = noise;
      });
    }
    const n = grey.length;
    const mean = grey.reduce((sum, value) => sum + value, 0) / n;
    const within = (deviations: number): number =>
      grey.filter((value) => Math.abs(value) <= Math.floor(25.5 * deviations) + 0.5).length / n;
    expect(n).toBeGreaterThan(50_000);
    expect(Math.abs(mean)).toBeLessThan((4 * 25.5) / Math.sqrt(n));
    const deviation = Math.sqrt(grey.reduce((sum, value) => sum + value ** 2, 0) / n);
    expect(deviation / 25.5).toBeCloseTo(1, 2);
    expect(within(1)).toBeCloseTo(0.683, 1);
    expect(within(2)).toBeCloseTo(0.954, 1);
    expect(Math.abs(product / n / 25.5 ** 2)).toBeLessThan(4 / Math.sqrt(n));
  });

  test('belongs to the example: the same again, whatever was painted between, and none alike', () => {
    const paint = painter(recipe, 32, 0.1);
    const first = paint(7).slice();
    expect([...paint(8)]).not.toEqual([...first]);
    expect([...paint(7)]).toEqual([...first]);
    expect([...painter(recipe, 32, 0.1)(7)]).toEqual([...first]);
  });
});
