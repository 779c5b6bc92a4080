import type { RandomStream } from '@counterweight/core';

/** Normal numbers of mean 0, two from each pair of uniform ones (Box and Muller 1958). */
export function normals(count: number, deviation: number, random: RandomStream): Float32Array {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - random.uniform()));
    const angle = 2 * Math.PI * random.uniform();
    values[i] = radius * Math.cos(angle);
    if (i + 1 < count) values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}

/** Deviation √(2 / inputs per output): keeps the variance through relu (He et al. 2015, eq. 10). */
export const heNormals = (count: number, inputs: number, random: RandomStream): Float32Array =>
  normals(count, Math.sqrt(2 / inputs), random);
