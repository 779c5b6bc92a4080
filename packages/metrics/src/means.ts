/** Means over the classes that are included and defined (not NaN); null where none is. */
export function mean(
  perClass: Float64Array,
  included: Uint8Array,
): { readonly value: number | null; readonly classes: number } {
  let sum = 0;
  let classes = 0;
  perClass.forEach((value, column) => {
    if (included[column] === 0 || Number.isNaN(value)) return;
    sum += value;
    classes += 1;
  });
  return { value: classes === 0 ? null : sum / classes, classes };
}

/** The same with a weight per class; null where the weights sum to 0. */
export function weightedMean(perClass: Float64Array, weights: Float64Array, included: Uint8Array): number | null {
  let sum = 0;
  let total = 0;
  perClass.forEach((value, column) => {
    if (included[column] === 0 || Number.isNaN(value)) return;
    sum += weights[column]! * value;
    total += weights[column]!;
  });
  return ratio(sum, total);
}

/** A sum over the included classes. */
export function total(perClass: Float64Array, included: Uint8Array): number {
  return perClass.reduce((sum, value, column) => (included[column] === 0 ? sum : sum + value), 0);
}

/** A quotient; null over 0. */
export const ratio = (a: number, b: number): number | null => (b === 0 ? null : a / b);
