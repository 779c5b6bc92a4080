import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { randomStream } from '@counterweight/core';

import { augment, augmentationOptions, type Augmentation } from './augmentation.js';

const options = (given: object): Augmentation => augmentationOptions.parse({ shift: 0, ...given });
/** Every pixel of every image is told from every other. */
const images = (count: number, [height, width, channels]: readonly [number, number, number]): Uint8Array =>
  Uint8Array.from({ length: count * height * width * channels }, (_, i) => (i * 7 + 1) % 251);

/** All that can become of an image, written by coordinates. */
function variants(
  image: Uint8Array,
  [height, width, channels]: readonly [number, number, number],
  { flip, shift, fill }: Augmentation,
): string[] {
  const found: string[] = [];
  for (const vertical of flip === 'vertical' || flip === 'both' ? [false, true] : [false])
    for (const horizontal of flip === 'horizontal' || flip === 'both' ? [false, true] : [false])
      for (let down = -shift; down <= shift; down++)
        for (let right = -shift; right <= shift; right++) {
          const at = (y: number, x: number, c: number): number => {
            const [inY, inX] = [
              Math.min(Math.max(y - down, 0), height - 1),
              Math.min(Math.max(x - right, 0), width - 1),
            ];
            if (fill !== 'edge' && (inY !== y - down || inX !== x - right)) return fill === 'white' ? 255 : 0;
            const [fromY, fromX] = [vertical ? height - 1 - inY : inY, horizontal ? width - 1 - inX : inX];
            return image[(fromY * width + fromX) * channels + c]!;
          };
          const pixels: number[] = [];
          for (let y = 0; y < height; y++)
            for (let x = 0; x < width; x++) for (let c = 0; c < channels; c++) pixels.push(at(y, x, c));
          found.push(pixels.join());
        }
  return found;
}

describe.each([
  [[5, 4, 1], {}],
  [[4, 5, 3], { flip: 'horizontal' }],
  [[3, 3, 2], { flip: 'vertical', shift: 1, fill: 'zero' }],
  [[3, 4, 1], { flip: 'both', shift: 1, fill: 'edge' }],
  [[4, 3, 3], { shift: 2, fill: 'white' }],
  [[2, 2, 1], { shift: 3, fill: 'zero' }],
] as const)('%j with %j', (shape, given) => {
  const all = options(given);
  const size = shape[0] * shape[1] * shape[2];

  test('every image becomes one of its variants, and every variant comes up', () => {
    const count = 600;
    const one = images(1, shape);
    const got = augment(
      Uint8Array.from({ length: count * size }, (_, i) => one[i % size]!),
      shape,
      all,
      randomStream(1),
    );
    const wanted = new Set(variants(one, shape, all));
    const seen = new Set(Array.from({ length: count }, (_, i) => [...got.subarray(i * size, (i + 1) * size)].join()));
    expect(seen).toEqual(wanted);
  });
});

test('what happens to an image depends on the stream and its position only', () => {
  const shape = [6, 6, 1] as const;
  const all = options({ flip: 'both', shift: 3 });
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 9 }), (seed, count) => {
      const whole = augment(images(9, shape), shape, all, randomStream(seed));
      const part = augment(images(9, shape).subarray(0, count * 36), shape, all, randomStream(seed));
      expect(part).toEqual(whole.subarray(0, count * 36));
    }),
    { numRuns: 30 },
  );
});

test('memory that is used again holds nothing of what was in it', () => {
  const shape = [5, 5, 2] as const;
  for (const given of [{}, { shift: 2, fill: 'zero' }, { shift: 2, fill: 'white', flip: 'both' }, { shift: 9 }]) {
    const [all, pixels] = [options(given), images(3, shape)];
    const dirty = new Float32Array(pixels.length).fill(NaN);
    const got = augment(pixels, shape, all, randomStream(2), dirty);
    expect(got).toBe(dirty);
    expect(got).toEqual(augment(pixels, shape, all, randomStream(2)));
  }
});

test('features that are no image are copied', () => {
  const features = Float32Array.of(1, 2, 3, 4);
  const got = augment(features, [2], options({ flip: 'both', shift: 2 }), randomStream(0));
  expect(got).toEqual(features);
  expect(got).not.toBe(features);
});
