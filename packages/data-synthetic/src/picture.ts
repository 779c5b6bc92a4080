import { normalQuantile } from './normal-quantile.js';
import { gridOf } from './options.js';
import { fillRandomBits } from './random-bits.js';
import { quantilesOf, type Recipe } from './recipe.js';

/** A reader of pictures. Each call overwrites what the last one returned. */
export type Painter = (example: number) => Uint8ClampedArray;

/**
 * Paints an example: a square grid of cells of q pixels, in each a soft disc that four latents place, size and colour.
 * Centre: the cell's + 0.3q(2U − 1) each way; radius r = q(0.10 + 0.22U); alpha = clip(r + ½ − distance, 0, 1); colour
 * (U, 0.1, 1 − U) on grey ½, cut off at the cell's edge. Then noise, clipped to bytes.
 * @param size pixels; a multiple of the grid
 * @param noise deviation, of a range of 1
 * @returns [size, size, 3] on each call
 */
export function painter(recipe: Recipe, size: number, noise: number): Painter {
  const grid = gridOf(recipe.latents);
  const q = size / grid;
  const quantiles = new Float64Array(recipe.latents);
  const pixels = new Uint8ClampedArray(size * size * 3);
  const bits = new Uint32Array(Math.ceil(pixels.length / 2));
  const deviates = normalTable(255 * noise);
  const stream = recipe.random.fork('pixels');
  return (example) => {
    quantilesOf(recipe, example, quantiles);
    fillRandomBits(bits, stream.fork(example));
    for (let cell = 0; cell < grid * grid; cell++) {
      const centreX = q * (0.5 + 0.3 * (2 * quantiles[4 * cell]! - 1));
      const centreY = q * (0.5 + 0.3 * (2 * quantiles[4 * cell + 1]! - 1));
      const reach = q * (0.1 + 0.22 * quantiles[4 * cell + 2]!) + 0.5;
      const hue = quantiles[4 * cell + 3]!;
      const [red, green, blue] = [255 * (hue - 0.5), 255 * (0.1 - 0.5), 255 * (0.5 - hue)];
      const corner = Math.floor(cell / grid) * q * size + (cell % grid) * q;
      for (let y = 0; y < q; y++)
        for (let x = 0; x < q; x++) {
          const distance = Math.sqrt((x + 0.5 - centreX) ** 2 + (y + 0.5 - centreY) ** 2);
          const alpha = Math.min(Math.max(reach - distance, 0), 1);
          const i = 3 * (corner + y * size + x);
          pixels[i] = 127.5 + alpha * red + deviates[half(bits, i)]!;
          pixels[i + 1] = 127.5 + alpha * green + deviates[half(bits, i + 1)]!;
          pixels[i + 2] = 127.5 + alpha * blue + deviates[half(bits, i + 2)]!;
        }
    }
    return pixels;
  };
}

/** The i-th number of 16 bits. */
const half = (bits: Uint32Array, i: number): number => (bits[i >> 1]! >>> ((i & 1) << 4)) & 0xffff;

/** Normal numbers as fast as a look-up: 65,536 equally likely quantiles, out to 4.3 deviations; a byte shows no difference. */
const normalTable = (deviation: number): Float32Array =>
  Float32Array.from({ length: 2 ** 16 }, (_, j) => deviation * normalQuantile((j + 0.5) / 2 ** 16));
