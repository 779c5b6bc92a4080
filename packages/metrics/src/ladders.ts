/**
 * How many entries score at, and between, the positives of a list: all that average precision and ROC AUC need to know.
 * A ladder's rungs are the distinct scores of its positives. An entry is counted on the rung that it equals or in the gap
 * above the highest rung that it exceeds; below the first rung it changes no metric. Entries are never sorted; memory is
 * O(positives).
 */
export interface Ladders {
  /** [ladders + 1]: ladder l has the rungs `rungs[offsets[l] … offsets[l + 1])`. */
  readonly offsets: Uint32Array;
  /** Ascending within a ladder. */
  readonly rungs: Float32Array;
  /** [rungs] positives with that score. */
  readonly positives: Float64Array;
  /** [2 × rungs] entries counted on rung j at 2j, and above it but below the next at 2j + 1. */
  readonly entries: Float64Array;
  /**
   * An index: the span of a ladder of n rungs is cut in CELLS · n cells of equal width, and `below[CELLS · offsets[l] + l + g]` of
   * its rungs lie before cell g ≤ CELLS · n.
   */
  readonly below: Uint32Array;
}

/** Cells per rung: so many that most cells hold none and the search in them ends at once. */
const CELLS = 4;

/**
 * Ladders without entries yet.
 * @param scores of positives, list after list; sorted in place and kept
 * @param offsets [lists + 1]
 */
export function buildLadders(scores: Float32Array, offsets: Uint32Array): Ladders {
  const lists = offsets.length - 1;
  const ends = new Uint32Array(lists + 1);
  const positives = new Float64Array(scores.length);
  let used = 0; // never overtakes what is read: the rungs are gathered in place
  for (let list = 0; list < lists; list++) {
    const sorted = scores.subarray(offsets[list], offsets[list + 1]).sort();
    for (let i = 0; i < sorted.length; i++) {
      const score = sorted[i]!;
      if (i === 0 || score !== scores[used - 1]!) scores[used++] = score;
      positives[used - 1]! += 1;
    }
    ends[list + 1] = used;
  }
  const rungs = scores.subarray(0, used);
  return {
    offsets: ends,
    rungs,
    positives: positives.subarray(0, used),
    entries: new Float64Array(2 * used),
    below: index(rungs, ends),
  };
}

function index(rungs: Float32Array, offsets: Uint32Array): Uint32Array {
  const lists = offsets.length - 1;
  const below = new Uint32Array(CELLS * rungs.length + lists);
  for (let list = 0; list < lists; list++) {
    const { first, cells, start, low, scale } = span({ rungs, offsets }, list);
    for (let i = first; i < offsets[list + 1]!; i++) below[start + cell(rungs[i]!, low, scale, cells) + 1]! += 1;
    for (let g = 1; g <= cells; g++) below[start + g]! += below[start + g - 1]!;
  }
  return below;
}

/** Where a ladder's rungs and cells begin, and how scores map to cells. */
function span({ rungs, offsets }: Pick<Ladders, 'rungs' | 'offsets'>, ladder: number) {
  const first = offsets[ladder]!;
  const n = offsets[ladder + 1]! - first;
  const cells = CELLS * n;
  const [low, high] = n === 0 ? [NaN, NaN] : [rungs[first]!, rungs[first + n - 1]!];
  return { first, n, low, high, cells, start: CELLS * first + ladder, scale: cells / (high - low) };
}

/** Never falls as the score rises, also with infinite ends (NaN | 0 is 0): what the search rests on. For scores up to the highest rung. */
const cell = (score: number, low: number, scale: number, cells: number): number =>
  Math.min(((score - low) * scale) | 0, cells - 1);

/**
 * Counts entries in a ladder; NaN is not counted.
 * Time O(1) an entry for scores spread evenly, O(log n) at worst.
 * @param which every `stride`-th score from `start` to `end`; all without it; `by` −1 takes entries back
 */
export function countEntries(
  ladders: Ladders,
  ladder: number,
  scores: Float32Array,
  which: { readonly start?: number; readonly end?: number; readonly stride?: number; readonly by?: number } = {},
): void {
  const { start: begin = 0, end: stop = scores.length, stride = 1, by = 1 } = which;
  const { rungs, entries, below } = ladders;
  const { first, n, low, high, cells, start, scale } = span(ladders, ladder);
  for (let i = begin; i < stop; i += stride) {
    const score = scores[i]!;
    if (!(score >= low)) continue;
    let rung = n;
    if (score < high) {
      const g = start + cell(score, low, scale, cells);
      rung = below[g]!;
      let end = below[g + 1]!;
      while (rung < end) {
        const middle = (rung + end) >>> 1;
        if (rungs[first + middle]! <= score) rung = middle + 1;
        else end = middle;
      }
    }
    const j = first + rung - 1;
    entries[2 * j + (score > rungs[j]! ? 1 : 0)]! += by;
  }
}

/**
 * The scores that `countEntries` would count, roughly in order: neighbours then meet the same part of a large ladder, which
 * would otherwise miss the processor's caches at every entry.
 */
export function roughlyInOrder(ladders: Ladders, ladder: number, scores: Float32Array): Float32Array {
  const { low, high } = span(ladders, ladder);
  const scale = BUCKETS / (high - low);
  const starts = new Uint32Array(BUCKETS + 1);
  const buckets = new Uint16Array(scores.length);
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!;
    const bucket = !(score >= low) ? BUCKETS : score < high ? cell(score, low, scale, BUCKETS) : BUCKETS - 1;
    buckets[i] = bucket;
    starts[bucket]! += 1;
  }
  let begin = 0;
  for (let bucket = 0; bucket <= BUCKETS; bucket++) {
    const size = starts[bucket]!;
    starts[bucket] = begin;
    begin += size;
  }
  const counted = starts[BUCKETS]!;
  const ordered = new Float32Array(scores.length);
  for (let i = 0; i < scores.length; i++) ordered[starts[buckets[i]!]!++] = scores[i]!;
  return ordered.subarray(0, counted);
}

const BUCKETS = 1024;

/** Takes back the positives, where they were counted among the entries. */
export function discountPositives({ positives, entries }: Ladders): void {
  positives.forEach((count, rung) => (entries[2 * rung]! -= count));
}

/**
 * Walks down a ladder.
 * @param visit `positives` and `tied` negatives enter with this rung; `above` negatives score higher than it
 */
export function descend(
  ladders: Ladders,
  ladder: number,
  visit: (positives: number, tied: number, above: number) => void,
): void {
  const { offsets, positives, entries } = ladders;
  let above = 0;
  for (let rung = offsets[ladder + 1]! - 1; rung >= offsets[ladder]!; rung--) {
    above += entries[2 * rung + 1]!;
    visit(positives[rung]!, entries[2 * rung]!, above);
    above += entries[2 * rung]!;
  }
}
