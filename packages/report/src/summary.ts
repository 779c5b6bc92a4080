import { mean } from './numbers.js';
import type { Run } from './run.js';

export const GROUPS = ['head', 'medium', 'tail'] as const;
export type GroupName = (typeof GROUPS)[number];

/** Scores of a baseline under the rules of the runs beside it. */
export interface Baseline {
  readonly name: string;
  readonly averagePrecision: { readonly macro: number | null; readonly micro: number | null };
}

/** What a run comes down to, on the test split. Null where undefined. */
export interface Summary {
  readonly name: string;
  readonly macro: number | null;
  readonly micro: number | null;
  /** Classes behind macro, micro and the ratios. */
  readonly classes: number | null;
  /** Macro AP over every class with a test positive. */
  readonly everyClass: { readonly macro: number | null; readonly classes: number };
  /** Entries at or above the threshold over true ones. */
  readonly decided: number | null;
  readonly threshold: number;
  /** Σσ(logit) over true ones. */
  readonly summed: number | null;
  readonly groups: Readonly<Record<GroupName, number | null>>;
  readonly f1: { readonly macro: number | null; readonly micro: number | null };
  readonly steps: number;
  readonly seconds: number;
  /** Negatives trained on per positive in the last epoch. */
  readonly keptRatio: number | null;
}

export function summarise(run: Run): Summary {
  const { test, steps, seconds } = run.metrics;
  const scored = run.perClass.flatMap(({ averagePrecision: ap }) => (ap === null ? [] : [ap]));
  const last = run.epochs.at(-1);
  return {
    name: run.name,
    macro: test.averagePrecision?.macro ?? null,
    micro: test.averagePrecision?.micro ?? null,
    classes: test.averagePrecision?.classes ?? null,
    everyClass: { macro: mean(scored), classes: scored.length },
    decided: test.prevalenceRatio?.decided ?? null,
    threshold: test.prevalenceRatio?.threshold ?? 0.5,
    summed: test.prevalenceRatio?.summed ?? null,
    groups: {
      head: test.groups?.head.averagePrecision ?? null,
      medium: test.groups?.medium.averagePrecision ?? null,
      tail: test.groups?.tail.averagePrecision ?? null,
    },
    f1: { macro: test['f1']?.['macro'] ?? null, micro: test['f1']?.['micro'] ?? null },
    steps,
    seconds,
    keptRatio: last && last.keptPositives > 0 ? last.keptNegatives / last.keptPositives : null,
  };
}

/** Head has more training positives than `head`, tail fewer than `tail`. */
export interface GroupBounds {
  readonly head: number;
  readonly tail: number;
}

/** As the run resolved them. */
export function groupBounds(run: Run): GroupBounds | null {
  const evaluation = run.resolved.manifest['evaluation'];
  const groups = evaluation && typeof evaluation === 'object' && 'groups' in evaluation ? evaluation.groups : null;
  if (!groups || typeof groups !== 'object' || !('head' in groups) || !('tail' in groups)) return null;
  const { head, tail } = groups;
  return typeof head === 'number' && typeof tail === 'number' ? { head, tail } : null;
}
