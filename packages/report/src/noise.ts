import { mean } from './numbers.js';
import type { Summary } from './summary.js';

/**
 * Differences of macro AP below this are not told from those between seeds: plain BCE on the Tabler icons with two seeds
 * reached 0.438 and 0.439, losses that should rank equally up to 0.007 apart (2026-11-24, two cores).
 */
export const SEED_NOISE = 0.01;

export type Verdict = 'better' | 'worse' | 'noise' | 'unknown';

/** Whether a run ranks better than another, beyond noise. */
export function compareRanking(own: Summary, other: Summary): Verdict {
  if (own.macro === null || other.macro === null) return 'unknown';
  const change = own.macro - other.macro;
  // Scores are written with few digits: 0.45 − 0.44 must not be 0.010000000000000009.
  if (Math.abs(change) < noiseBetween(own, other) - 1e-9) return 'noise';
  return change > 0 ? 'better' : 'worse';
}

/**
 * The macro AP that must lie between two runs to say anything: `SEED_NOISE`, or two standard errors of the mean of the
 * classes' differences where that is more, as with few classes or few test images.
 */
export function noiseBetween(own: Summary, other: Summary): number {
  const differences = [...own.byClass].flatMap(([name, ap]) => {
    const before = other.byClass.get(name);
    return before === undefined ? [] : [ap - before];
  });
  const center = mean(differences);
  if (center === null || differences.length < 2) return SEED_NOISE;
  const squares = differences.reduce((sum, difference) => sum + (difference - center) ** 2, 0);
  const standardError = Math.sqrt(squares / (differences.length - 1) / differences.length);
  return Math.max(SEED_NOISE, 2 * standardError);
}
