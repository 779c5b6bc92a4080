import { latentsOf, type Recipe } from './recipe.js';

/**
 * Logits of the labels' probabilities, z = b + s·a·v: the best that a predictor can know, for it knows the latents.
 * Two rows and four classes at a time, so that the eight sums stay in registers; in float64, for V8 multiplies float32 at
 * half the speed. Each sum runs in the order of the latents, whatever the block.
 * @param examples [rows]
 * @returns [rows, classes]
 */
export function logitsOf(recipe: Recipe, examples: Int32Array): Float32Array {
  const { classes, latents, strength, biases: b, directions: a } = recipe;
  const rows = examples.length;
  const v = new Float64Array(rows * latents);
  examples.forEach((example, row) => {
    const latent = latentsOf(recipe, example, v.subarray(row * latents, (row + 1) * latents));
    for (let k = 0; k < latents; k++) latent[k]! *= strength;
  });
  const z = new Float32Array(rows * classes);
  for (let group = 0; group < classes; group += 4) {
    const c = Math.min(group, classes - 4); // the last group overlaps the one before it
    const [a0, a1, a2, a3] = [c * latents, (c + 1) * latents, (c + 2) * latents, (c + 3) * latents];
    for (let row = 0; row < rows; row += 2) {
      const next = Math.min(row + 1, rows - 1);
      const [v0, v1] = [row * latents, next * latents];
      let [s00, s01, s02, s03] = [b[c]!, b[c + 1]!, b[c + 2]!, b[c + 3]!];
      let [s10, s11, s12, s13] = [s00, s01, s02, s03];
      for (let k = 0; k < latents; k++) {
        const p = v[v0 + k]!;
        const q = v[v1 + k]!;
        const w0 = a[a0 + k]!;
        const w1 = a[a1 + k]!;
        const w2 = a[a2 + k]!;
        const w3 = a[a3 + k]!;
        s00 += p * w0;
        s01 += p * w1;
        s02 += p * w2;
        s03 += p * w3;
        s10 += q * w0;
        s11 += q * w1;
        s12 += q * w2;
        s13 += q * w3;
      }
      const [z0, z1] = [row * classes + c, next * classes + c];
      z[z0] = s00;
      z[z0 + 1] = s01;
      z[z0 + 2] = s02;
      z[z0 + 3] = s03;
      z[z1] = s10;
      z[z1 + 1] = s11;
      z[z1 + 2] = s12;
      z[z1 + 3] = s13;
    }
  }
  return z;
}
