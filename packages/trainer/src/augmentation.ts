import { z, type RandomStream } from '@counterweight/core';

export const augmentationOptions = z.strictObject({
  flip: z
    .enum(['none', 'horizontal', 'vertical', 'both'])
    .default('none')
    .describe('Mirror an image along these axes, each half of the time.'),
  shift: z.int().min(0).default(2).describe('Move an image by up to so many pixels in each direction.'),
  fill: z
    .enum(['edge', 'zero', 'white'])
    .default('edge')
    .describe('What enters behind a moved image: its edge, 0 or 255.'),
});
export type Augmentation = z.output<typeof augmentationOptions>;

/**
 * Random flips and shifts (a crop of the padded image), straight from bytes to floats.
 * @param images [batch, height, width, channels]
 * @param shape [height, width, channels]; anything else than three numbers is copied as it is
 * @param random forked here by position in the batch: what happens to an image does not depend on the others
 * @param into as long as `images`, overwritten; default: fresh
 * @returns `into`
 */
export function augment(
  images: Uint8Array | Float32Array,
  shape: readonly number[],
  { flip, shift, fill }: Augmentation,
  random: RandomStream,
  into = new Float32Array(images.length),
): Float32Array {
  if (!isMoving(shape, { flip, shift })) {
    into.set(images);
    return into;
  }
  const [height, width, channels] = shape as [number, number, number];
  if (fill !== 'edge') into.fill(fill === 'white' ? 255 : 0);
  const size = height * width * channels;
  const line = width * channels;
  const sources = new Int32Array(line);
  for (let from = 0, position = 0; from < images.length; from += size, position++) {
    const own = random.fork(position);
    const coin = (axis: 'horizontal' | 'vertical'): boolean =>
      (flip === axis || flip === 'both') && own.integer(2) === 1;
    const rows = axis(height, coin('vertical'), own.integer(2 * shift + 1) - shift, fill);
    const columns = axis(width, coin('horizontal'), own.integer(2 * shift + 1) - shift, fill);
    for (let x = columns.first; x < columns.last; x++)
      for (let c = 0; c < channels; c++) sources[x * channels + c] = columns.source[x]! * channels + c;
    const [first, last] = [columns.first * channels, columns.last * channels];
    for (let y = rows.first; y < rows.last; y++) {
      const source = from + rows.source[y]! * line;
      const target = from + y * line;
      for (let i = first; i < last; i++) into[target + i] = images[source + sources[i]!]!;
    }
  }
  return into;
}

/** Whether anything is to be done. */
export const isMoving = (shape: readonly number[], { flip, shift }: Pick<Augmentation, 'flip' | 'shift'>): boolean =>
  shape.length === 3 && (shift > 0 || flip !== 'none');

/** Along one axis: the source of each target index in [first, last); outside there is fill. */
function axis(
  size: number,
  mirrored: boolean,
  shift: number,
  fill: Augmentation['fill'],
): { source: Int32Array; first: number; last: number } {
  const source = new Int32Array(size);
  for (let i = 0; i < size; i++) {
    const inside = Math.min(Math.max(i - shift, 0), size - 1);
    source[i] = mirrored ? size - 1 - inside : inside;
  }
  if (fill === 'edge') return { source, first: 0, last: size };
  return { source, first: Math.min(Math.max(shift, 0), size), last: Math.max(Math.min(size + shift, size), 0) };
}
