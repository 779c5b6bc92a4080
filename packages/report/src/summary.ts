import { isMapping } from './manifest-difference.js';
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
  /** AP of those classes by name. */
  readonly byClass: ReadonlyMap<string, number>;
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
  const scored = run.perClass.flatMap((row) =>
    row.averagePrecision === null ? [] : [{ ...row, ap: row.averagePrecision }],
  );
  const minimum = numbersAt(run, 'minimumPositives', ['train', 'test']) ?? { train: 0, test: 1 };
  const qualified = scored.filter((row) => row.train >= minimum.train && row.test >= minimum.test);
  const last = run.epochs.at(-1);
  return {
    name: run.name,
    macro: test.averagePrecision?.macro ?? null,
    micro: test.averagePrecision?.micro ?? null,
    classes: test.averagePrecision?.classes ?? null,
    byClass: new Map(qualified.map((row) => [row.class, row.ap])),
    everyClass: { macro: mean(scored.map(({ ap }) => ap)), classes: scored.length },
    decided: test.prevalenceRatio?.decided ?? null,
    threshold: test.prevalenceRatio?.threshold ?? 0.5,
    summed: test.prevalenceRatio?.summed ?? null,
    groups: {
      head: test.groups?.head.averagePrecision ?? null,
      medium: test.groups?.medium.averagePrecision ?? null,
      tail: test.groups?.tail.averagePrecision ?? null,
    },
    f1: { macro: test.f1?.macro ?? null, micro: test.f1?.micro ?? null },
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
export const groupBounds = (run: Run): GroupBounds | null => numbersAt(run, 'groups', ['head', 'tail']);

/** Numbers of a mapping in the manifest's `evaluation`; null unless all are there. */
function numbersAt<K extends string>(run: Run, key: string, names: readonly K[]): Record<K, number> | null {
  const evaluation = run.resolved.manifest['evaluation'];
  const mapping = isMapping(evaluation) ? evaluation[key] : undefined;
  if (!isMapping(mapping) || !names.every((name) => typeof mapping[name] === 'number')) return null;
  return Object.fromEntries(names.map((name) => [name, mapping[name]])) as Record<K, number>;
}
