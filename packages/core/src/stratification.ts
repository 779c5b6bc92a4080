/**
 * Iterative stratification: splits that keep the share of every class (Sechidis, Tsoumakas and Vlahavas 2011,
 * "On the stratification of multi-label data", algorithm 1). The rarest class is dealt first, while its examples are still free.
 */
import { errors } from './errors.js';
import type { SparseLabels } from './labels.js';
import { shuffle, type RandomStream } from './random.js';

export interface StratifyOptions {
  /** The rows to deal, each once; default all. */
  readonly rows?: Int32Array;
  /** [labels.rows] a group per row: rows of one group stay together. Default: each row alone. */
  readonly groups?: Int32Array;
  /** Deals units in random order and breaks ties at random. Default: ascending order, ties to the lowest fold. */
  readonly random?: RandomStream;
}

/**
 * Deals rows into folds whose sizes, and whose positives of every class, come close to `shares` (no exact size is promised).
 * A fold with share 0 stays empty.
 *
 * @param shares [folds], at most 255, at least 0, sum 1
 * @returns the fold of each of `rows`, in their order. The same (labels, shares, seed) give the same folds.
 *   Time O(positives + classes²), the square being a scan for the rarest class.
 * @throws split-shares-invalid
 */
export function stratify(labels: SparseLabels, shares: readonly number[], options: StratifyOptions = {}): Uint8Array {
  const folds = foldsOf(shares);
  const { random } = options;
  const units = unitsOf(labels, options);
  const holders = holdersOf(units, labels.columns);

  const foldOf = new Int16Array(units.count).fill(-1);
  const remaining = holders.offsets.slice(1).map((end, c) => end - (holders.offsets[c] ?? 0));
  // What each fold still wants: examples, and positives per class, real-valued.
  const wish = Float64Array.from(shares, (share) => share * units.row.length);
  const classWish = Float64Array.from({ length: labels.columns * shares.length }, (_, i) => {
    return shares[i % shares.length]! * (holders.positives[Math.floor(i / shares.length)] ?? 0);
  });

  const give = (unit: number, fold: number): void => {
    foldOf[unit] = fold;
    wish[fold]! -= units.size[unit]!;
    for (let i = units.offsets[unit]!; i < units.offsets[unit + 1]!; i++) {
      const column = units.classes[i]!;
      classWish[column * shares.length + fold]! -= units.positives[i]!;
      remaining[column]! -= 1;
    }
  };

  let open = Array.from(remaining.keys());
  for (;;) {
    open = open.filter((column) => remaining[column]! > 0);
    const rarest = open.reduce(
      (best, column) => (remaining[column]! < (remaining[best] ?? Infinity) ? column : best),
      -1,
    );
    if (rarest < 0) break;
    const wishes = classWish.subarray(rarest * shares.length, (rarest + 1) * shares.length);
    for (const unit of dealt(holders, rarest, foldOf, units.size)) give(unit, neediest(folds, [wishes, wish], random));
  }
  for (const unit of units.order) if (foldOf[unit]! < 0) give(unit, neediest(folds, [wish], random));

  return Uint8Array.from(units.row, (unit) => foldOf[unit]!);
}

/** The folds that may receive anything. */
function foldsOf(shares: readonly number[]): number[] {
  const whole = shares.reduce((sum, share) => sum + share, 0);
  if (shares.length > 255 || !shares.every((share) => share >= 0) || !(Math.abs(whole - 1) < 1e-6))
    throw errors['split-shares-invalid']({ shares });
  return shares.flatMap((share, fold) => (share > 0 ? [fold] : []));
}

/** What moves as one: a row or a group of rows. */
interface Units {
  readonly count: number;
  /** [rows to deal] the unit of each. */
  readonly row: Int32Array;
  /** [count] units in the order of dealing. */
  readonly order: Int32Array;
  /** [count] rows in the unit. */
  readonly size: Int32Array;
  /** Compressed rows: the classes of a unit, each once, and how many of its rows are positive. */
  readonly offsets: Int32Array;
  readonly classes: Int32Array;
  readonly positives: Int32Array;
}

function unitsOf(labels: SparseLabels, { rows, groups, random }: StratifyOptions): Units {
  const dealt = rows ?? Int32Array.from({ length: labels.rows }, (_, row) => row);
  const numbers = new Map<number, number>();
  const row = dealt.map((example, i) => {
    if (!groups) return i;
    const group = groups[example] ?? -1;
    const unit = numbers.get(group) ?? numbers.size;
    numbers.set(group, unit);
    return unit;
  });
  const count = groups ? numbers.size : dealt.length;
  const order = Int32Array.from({ length: count }, (_, unit) => unit);
  if (random) shuffle(order, random);
  const members = bucket(row, count);
  const size = order.map((_, unit) => members.offsets[unit + 1]! - members.offsets[unit]!);

  const { offsets: from, classes: column } = labels.positives;
  const offsets = new Int32Array(count + 1);
  const listed = dealt.reduce((sum, example) => sum + from[example + 1]! - from[example]!, 0);
  const classes = new Int32Array(listed);
  const positives = new Int32Array(listed);
  const seenAt = new Int32Array(labels.columns).fill(-1);
  let end = 0;
  for (let unit = 0; unit < count; unit++) {
    const start = (offsets[unit] = end);
    for (let m = members.offsets[unit]!; m < members.offsets[unit + 1]!; m++) {
      const example = dealt[members.items[m]!]!;
      for (let i = from[example]!; i < from[example + 1]!; i++) {
        const at = seenAt[column[i]!]!;
        if (at >= start) positives[at]! += 1;
        else {
          seenAt[column[i]!] = end;
          classes[end] = column[i]!;
          positives[end++] = 1;
        }
      }
    }
  }
  offsets[count] = end;
  return { count, row, order, size, offsets, classes, positives };
}

/** The other way round: which units hold a class, in the order of dealing, and how many positives it has. */
interface Holders {
  readonly offsets: Int32Array;
  readonly units: Int32Array;
  readonly positives: Float64Array;
}

function holdersOf({ order, offsets, classes, positives }: Units, columns: number): Holders {
  const start = new Int32Array(columns + 1);
  const total = new Float64Array(columns);
  for (let i = 0; i < offsets[order.length]!; i++) {
    start[classes[i]! + 1]! += 1;
    total[classes[i]!]! += positives[i]!;
  }
  for (let c = 0; c < columns; c++) start[c + 1]! += start[c]!;
  const units = new Int32Array(start[columns]!);
  const next = start.slice();
  for (const unit of order)
    for (let i = offsets[unit]!; i < offsets[unit + 1]!; i++) units[next[classes[i]!]!++] = unit;
  return { offsets: start, units, positives: total };
}

/** The units of a class that are still free, large ones first: they are the hardest to place. */
function dealt(holders: Holders, column: number, foldOf: Int16Array, size: Int32Array): Int32Array {
  const free = holders.units
    .subarray(holders.offsets[column], holders.offsets[column + 1])
    .filter((unit) => foldOf[unit]! < 0);
  return free.sort((a, b) => size[b]! - size[a]!);
}

/** The fold that wants most by the first list, ties by the next, then at random or the lowest. */
function neediest(folds: readonly number[], wishes: readonly Float64Array[], random?: RandomStream): number {
  let best = folds;
  for (const wish of wishes) {
    const most = Math.max(...best.map((fold) => wish[fold]!));
    // Equal wishes differ in the last bits after different subtractions.
    best = best.filter((fold) => wish[fold]! >= most - 1e-9);
    if (best.length === 1) break;
  }
  return best[random && best.length > 1 ? random.integer(best.length) : 0]!;
}

/** Counting sort: the positions of each value below `count`, in order. */
function bucket(values: Int32Array, count: number): { readonly offsets: Int32Array; readonly items: Int32Array } {
  const offsets = new Int32Array(count + 1);
  for (const value of values) offsets[value + 1]! += 1;
  for (let i = 0; i < count; i++) offsets[i + 1]! += offsets[i]!;
  const items = new Int32Array(values.length);
  const next = offsets.slice();
  values.forEach((value, i) => (items[next[value]!++] = i));
  return { offsets, items };
}
