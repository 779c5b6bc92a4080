import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

import type { BatchLabels } from '@counterweight/core';

import { knownEntries } from './known-entries.js';
import type { Method } from './plugin-call.js';

/** A method of a plugin that gave a number that is not finite, and what it gave. */
export interface Culprit {
  readonly method: Method;
  readonly found: string;
  readonly expected: string;
}

/** Logits up to which a loss must have finite values: the conformance kit's. Beyond, an honest exponential may overflow. */
const FINITE_TO = 80;
/** And up to which it must not be NaN. */
const NUMBER_TO = 1e4;

/** Weights beyond are those of a training that diverges: a network may then overflow through nobody's fault. */
export const ORDINARY_WEIGHT = 100;

/** Whether a value is none that a loss may give for logits of at most this size. */
export const isFault = (value: number, logit: number): boolean =>
  !Number.isFinite(value) && Math.abs(logit) <= (Number.isNaN(value) ? NUMBER_TO : FINITE_TO);

/**
 * The first of some values per known entry that a loss must not give, in words.
 * @param values [batch, classes], as `logits`
 */
export function faultyEntry(name: string, values: Tensor, logits: Tensor, { labels }: BatchLabels): string | undefined {
  const [found, at] = [values.dataSync(), logits.dataSync()];
  const isKnown = knownEntries(labels);
  const entry = found.findIndex((value, i) => isFault(value, at[i]!) && isKnown(i));
  if (entry < 0) return undefined;
  const [row, column] = [Math.floor(entry / labels.columns), entry % labels.columns];
  return `${name} ${found[entry]} at logit ${at[entry]!.toPrecision(4)} (row ${row} of the batch, class index ${column})`;
}

/** The largest number without its sign; NaN or Infinity where one is not finite. */
export function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    if (!(size <= most)) most = size; // NaN stays: no comparison with it is true
    if (Number.isNaN(most)) return NaN;
  }
  return most;
}

/** `tidy` for what is no tensor. */
export function inTidy<T>(make: () => T): T {
  let made: { readonly value: T } | undefined;
  tf.tidy(() => {
    made = { value: make() };
  });
  return made!.value;
}
