/**
 * The k-th largest of the first `length` values, which are left in another order; expected time O(length), also when most
 * are equal. Floyd and Rivest 1975, algorithm 489 (SELECT): the pivot is the right quantile of a sample, so that most
 * comparisons come out alike.
 *
 * @param k from 1 to `length`
 */
export function kthLargest(values: Float32Array, length: number, k: number): number {
  select(values, 0, length - 1, k - 1);
  return values[k - 1]!;
}

/** Above this many values a sample is worth its price. */
const SAMPLED = 600;

/** Moves the value that belongs at index `k` in falling order there, larger ones before it and smaller ones behind. */
function select(values: Float32Array, left: number, right: number, k: number): void {
  while (right > left) {
    if (right - left > SAMPLED) {
      const n = right - left + 1;
      const i = k - left + 1;
      const sample = 0.5 * Math.exp((2 * Math.log(n)) / 3);
      const deviation = 0.5 * Math.sqrt((Math.log(n) * sample * (n - sample)) / n) * Math.sign(i - n / 2);
      select(
        values,
        Math.max(left, Math.floor(k - (i * sample) / n + deviation)),
        Math.min(right, Math.floor(k + ((n - i) * sample) / n + deviation)),
        k,
      );
    }
    const pivot = values[k]!;
    let i = left;
    let j = right;
    while (i <= j) {
      while (values[i]! > pivot) i++;
      while (values[j]! < pivot) j--;
      if (i > j) break;
      const swapped = values[i]!;
      values[i++] = values[j]!;
      values[j--] = swapped;
    }
    // [left, j] ≥ pivot ≥ [i, right]; what lies between equals it.
    if (k <= j) right = j;
    else if (k >= i) left = i;
    else return;
  }
}
