import type { Decisions } from './decisions.js';
import { mean, total, weightedMean } from './means.js';

export interface F1 {
  readonly values: {
    /** Mean of the F1 of the included classes with a positive; null without any. */
    readonly macro: number | null;
    /** Of the entries of all included classes together. */
    readonly micro: number;
    /** Mean weighted by positives. */
    readonly weighted: number | null;
    /** F1 of the classes' mean precision and mean recall: also called macro F1 (Opitz and Burst 2019), always named apart here. */
    readonly ofMeans: number | null;
    /** Of the entries of all included classes together, as `recall`. */
    readonly precision: number;
    readonly recall: number;
  };
  /** [classes] each; 0 / 0 is 0. */
  readonly perClass: { readonly f1: Float64Array; readonly precision: Float64Array; readonly recall: Float64Array };
}

/** F1 = 2PR / (P + R) = 2·hits / (decided + positives). 0 / 0 is 0. */
export function f1({ hits, decided, positives, included }: Decisions): F1 {
  const precision = hits.map((count, column) => orZero(count, decided[column]!));
  const recall = hits.map((count, column) => orZero(count, positives[column]!));
  const each = hits.map((count, column) => orZero(2 * count, decided[column]! + positives[column]!));
  const averaged = included.map((yes, column) => (yes && positives[column]! > 0 ? 1 : 0));
  const [meanPrecision, meanRecall] = [mean(precision, averaged).value, mean(recall, averaged).value];
  const [allHits, allDecided, allPositives] = [
    total(hits, included),
    total(decided, included),
    total(positives, included),
  ];
  return {
    values: {
      macro: mean(each, averaged).value,
      micro: orZero(2 * allHits, allDecided + allPositives),
      weighted: weightedMean(each, positives, averaged),
      ofMeans:
        meanPrecision === null || meanRecall === null
          ? null
          : orZero(2 * meanPrecision * meanRecall, meanPrecision + meanRecall),
      precision: orZero(allHits, allDecided),
      recall: orZero(allHits, allPositives),
    },
    perClass: { f1: each, precision, recall },
  };
}

const orZero = (a: number, b: number): number => (b === 0 ? 0 : a / b);
