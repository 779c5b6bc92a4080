/** A number, list or object that is not what the reference says. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';
}

export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}
/** What the authors of the reference files ask of code in float32 and in float64: there the far tails count too. */
export const FLOAT32: Tolerance = { absolute: 1e-6, relative: 1e-5 };
export const FLOAT64: Tolerance = { absolute: 1e-300, relative: 1e-9 };
/** Sums that may come out as 0 after cancellation. */
export const FLOAT64_SUM: Tolerance = { absolute: 1e-12, relative: 1e-9 };

/**
 * Whether an answer is what a reference file says. Lists may be typed arrays; NaN is null; Infinity is a string in the file.
 * Objects must have the same keys.
 * @throws Mismatch at the first difference
 */
export function agree(path: string, got: unknown, want: unknown, tolerance: Tolerance): void {
  if (typeof got === 'number') agreeNumbers(path, got, want, tolerance);
  else if (isList(got)) {
    if (!isList(want) || want.length !== got.length)
      throw new Mismatch(`${path}: a list of ${got.length}, but the file has ${show(want)}`);
    for (let i = 0; i < got.length; i++) agree(`${path}[${i}]`, got[i], want[i], tolerance);
  } else if (typeof got === 'object' && got !== null) {
    if (typeof want !== 'object' || want === null)
      throw new Mismatch(`${path}: an object, but the file has ${show(want)}`);
    const keys = new Set([...Object.keys(got), ...Object.keys(want)]);
    for (const key of keys)
      agree(`${path}.${key}`, (got as Record<string, unknown>)[key], (want as Record<string, unknown>)[key], tolerance);
  } else if (!Object.is(got, want)) throw new Mismatch(`${path}: ${show(got)}, but the file has ${show(want)}`);
}

function agreeNumbers(path: string, got: number, want: unknown, { absolute, relative }: Tolerance): void {
  const wanted = want === null ? NaN : want === 'Infinity' ? Infinity : want === '-Infinity' ? -Infinity : want;
  if (typeof wanted !== 'number') throw new Mismatch(`${path}: ${got}, but the file has ${show(want)}`);
  if (Object.is(got, wanted) || Math.abs(got - wanted) <= absolute + relative * Math.abs(wanted)) return;
  throw new Mismatch(`${path}: ${got}, but the file has ${show(want)}`);
}

type List = ArrayLike<unknown>;
const isList = (value: unknown): value is List =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value);

const show = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80));
