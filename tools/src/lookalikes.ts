/** Near-copies must not stand on both sides of a split, whatever they are called. */

const alike = 0.985;
/** Thumbnails of 16 × 16. */
const thumb = 16;
const parts = 8;
const length = thumb * thumb;

/**
 * Joins the groups of images whose thumbnails are near-copies: cosine of centred grey thumbnails above 0.985.
 * All pairs are compared, but a product stops as soon as what is left of both vectors cannot lift it over the bar
 * (Cauchy and Schwarz): usually after an eighth.
 *
 * @param images [groups.length, side, side], one channel; `side` a multiple of 16
 * @param groups a group per image
 * @returns [groups.length] a group per image, joined ones with one number
 */
export function joinLookalikes(images: Uint8Array, side: number, groups: Int32Array): Int32Array {
  const count = groups.length;
  const vectors = thumbnails(images, side, count);
  const rest = restNorms(vectors, count);
  const parent = new Map<number, number>();
  const find = (group: number): number => {
    let root = group;
    for (let up = parent.get(root); up !== undefined; up = parent.get(root)) root = up;
    if (root !== group) parent.set(group, root);
    return root;
  };
  for (let a = 0; a < count; a++)
    for (let b = a + 1; b < count; b++) {
      if (!nearCopies(vectors, rest, a, b)) continue;
      const [rootA, rootB] = [find(groups[a]!), find(groups[b]!)];
      if (rootA !== rootB) parent.set(rootB, rootA);
    }
  return groups.map(find);
}

function nearCopies(vectors: Float32Array, rest: Float32Array, a: number, b: number): boolean {
  const step = length / parts;
  let [i, j, product] = [a * length, b * length, 0];
  for (let part = 1; part <= parts; part++) {
    for (const end = i + step; i < end; i++, j++) product += vectors[i]! * vectors[j]!;
    if (product + rest[a * parts + part - 1]! * rest[b * parts + part - 1]! <= alike) return false;
  }
  return true;
}

/** [count, 256] block means, centred, of length 1 (0 for a blank image); pixels scattered, so that each part sees the whole. */
function thumbnails(images: Uint8Array, side: number, count: number): Float32Array {
  const block = side / thumb;
  const vectors = new Float32Array(count * length);
  for (let image = 0; image < count; image++) {
    const vector = vectors.subarray(image * length, (image + 1) * length);
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        const pixel = Math.floor(y / block) * thumb + Math.floor(x / block);
        vector[(pixel * 37) % length]! += images[(image * side + y) * side + x]!;
      }
    const mean = vector.reduce((sum, value) => sum + value, 0) / length;
    const norm = Math.hypot(...vector.map((value) => value - mean)) || 1;
    vector.forEach((value, i) => (vector[i] = (value - mean) / norm));
  }
  return vectors;
}

/** [count, parts] length of what is left of a vector after each part. */
function restNorms(vectors: Float32Array, count: number): Float32Array {
  const rest = new Float32Array(count * parts);
  for (let image = 0; image < count; image++)
    for (let part = 0; part < parts; part++) {
      const from = image * length + ((part + 1) * length) / parts;
      rest[image * parts + part] = Math.hypot(...vectors.subarray(from, (image + 1) * length));
    }
  return rest;
}
