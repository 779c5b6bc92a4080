import { errors } from './errors.js';

/** @throws features-too-large: a bomb, or close to one (deflate packs up to 1,032 to 1) */
export function checkSize(packed: number, unpacked: number): void {
  if (unpacked > Math.max(1e9, 100 * packed)) throw errors['features-too-large']({ packed, unpacked });
}
