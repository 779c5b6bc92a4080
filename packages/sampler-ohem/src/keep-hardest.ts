import { kthLargest } from './kth-largest.js';
import type { OhemOptions } from './options.js';
import type { Scope } from './scopes.js';

/** A loss below every other: an entry that is no known negative. */
export const NO_CANDIDATE = -Infinity;

/**
 * Sets `kept` to 1 at the hardest negatives of one scope; equal losses: the earlier entry. A NaN counts as hardest, so that
 * it is seen. Time O(entries).
 *
 * @param losses `NO_CANDIDATE` where there is no known negative
 * @param scratch at least as long as the scope
 */
export function keepHardest(
  losses: Float32Array,
  { start, end, positives, negatives }: Scope,
  { negativesPerPositive, minNegatives }: Pick<OhemOptions, 'negativesPerPositive' | 'minNegatives'>,
  kept: Float32Array,
  scratch: Float32Array,
): void {
  // 0.07 · 100 is 7.000000000000001 in binary: not an eighth.
  const wanted = Math.max(minNegatives, Math.ceil(negativesPerPositive * positives - 1e-9));
  let room = Math.min(negatives, wanted);
  if (room === 0) return;

  scratch.set(losses.subarray(start, end));
  const threshold = kthLargest(scratch, end - start, room);
  for (let at = start; at < end; at++) {
    if (losses[at]! <= threshold) continue;
    kept[at] = 1;
    room--;
  }
  for (let at = start; room > 0 && at < end; at++) {
    if (losses[at] !== threshold) continue;
    kept[at] = 1;
    room--;
  }
}
