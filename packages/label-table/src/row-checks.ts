/** What a row must be by itself, whatever the others are. */
import { SPLITS } from '@counterweight/core';

import { decimal } from './decimal.js';
import type { Row } from './row.js';
import { quote } from './wording.js';

type Tell = (problem: string) => void;

/** Targets too small for a float, a soft class twice, and classes in two states. */
export function checkStates({ labels, targets, unknown, negative, distinct }: Row, problem: Tell): void {
  if (targets?.some((target) => Math.fround(target) === 0)) problem('a target too small for 32 bits');
  if (distinct) return;
  if (targets && new Set(labels.map((name) => name.trim())).size < labels.length) problem('a label twice');
  if (unknown.length + negative.length === 0) return;
  const states = new Map<string, string>();
  const listed = { positive: labels, unknown, negative };
  for (const [state, names] of Object.entries(listed))
    for (const name of names.map((text) => text.trim())) {
      const earlier = states.get(name) ?? state;
      if (earlier !== state) problem(`${quote(name)} is both ${earlier} and ${state}`);
      states.set(name, state);
    }
}

const splitNumbers: ReadonlyMap<string, number> = new Map([
  ...SPLITS.map((split, number) => [split, number] as const),
  ['val', SPLITS.indexOf('validation')],
]);

/** The index of a split in SPLITS; 0 where there is none. */
export function splitNumber({ split }: Row, problem: Tell): number {
  if (split === undefined) return 0;
  const number = splitNumbers.get(split.trim().toLowerCase());
  if (number === undefined) problem(`split ${quote(split.trim())}, expected train, val or test`);
  return number ?? 0;
}

/** An empty weight is 1. */
export function weightNumber({ weight }: Row, problem: Tell): number {
  const text = weight?.trim() ?? '';
  if (text === '') return 1;
  const number = Math.fround(decimal(text) ?? NaN);
  if (!(number >= 0 && number < Infinity)) problem(`weight ${quote(text)}, expected a number of at least 0`);
  return number;
}
