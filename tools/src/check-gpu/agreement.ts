import type { Results } from './cases.js';

/** float32 sums of some thousand terms in another order; TF32, with 10 bits of mantissa, is off by a hundred times as much. */
const TOLERANCE = 2e-5;

export interface Agreement {
  readonly name: string;
  /** The largest difference, relative to the largest value. */
  readonly distance: number;
  readonly good: boolean;
}

/** How far each array of one device is from the other's. What one has and the other has not is infinitely far. */
export function agreements(found: Results, expected: Results, tolerance = TOLERANCE): readonly Agreement[] {
  return [...new Set([...Object.keys(expected), ...Object.keys(found)])].map((name) => {
    const distance = distanceOf(found[name], expected[name]);
    return { name, distance, good: distance <= tolerance };
  });
}

function distanceOf(found: Float32Array | undefined, expected: Float32Array | undefined): number {
  if (!found || found.length !== expected?.length) return Infinity;
  let [difference, largest] = [0, 0];
  for (let i = 0; i < found.length; i++) {
    const [a, b] = [found[i]!, expected[i]!];
    if (Object.is(a, b)) continue;
    if (!Number.isFinite(a) || !Number.isFinite(b)) return Infinity;
    difference = Math.max(difference, Math.abs(a - b));
  }
  for (const value of expected) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  return difference === 0 ? 0 : difference / Math.max(largest, Number.MIN_VALUE);
}
