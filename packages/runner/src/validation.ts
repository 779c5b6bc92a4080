import { shuffle, type RandomStream } from '@counterweight/core';

/** Scores that one validation may have: 134 MB of them, two seconds of average precision. */
const ENTRIES = 2 ** 25;

/**
 * The validation examples that are scored after an epoch: all, or the same seeded sample each time.
 * @param wanted the manifest's `evaluation.validationExamples`
 * @returns ascending, a part of `split`
 */
export function validationSample(
  split: Int32Array,
  classes: number,
  wanted: number | 'auto' | 'all',
  random: RandomStream,
): Int32Array {
  const most = wanted === 'auto' ? Math.max(1, Math.floor(ENTRIES / classes)) : wanted === 'all' ? Infinity : wanted;
  if (split.length <= most) return split;
  return shuffle(split.slice(), random.fork('validation')).subarray(0, most).sort();
}
