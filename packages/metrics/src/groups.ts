import type { LabelStatistics } from '@counterweight/core';

import { averagePrecision } from './average-precision.js';
import { mean } from './means.js';
import type { Ranking } from './ranking.js';

/** A class is head above `head` training positives, tail below `tail`, medium between. */
export interface GroupLimits {
  readonly head: number;
  readonly tail: number;
}

export interface Group {
  /** Classes in the mean. */
  readonly classes: number;
  /** Macro average precision; null without a class. */
  readonly averagePrecision: number | null;
}

export type GroupName = 'head' | 'medium' | 'tail';

/** Groups by training counts, limits of Liu et al. 2019 (OLTR). */
export const GROUP_LIMITS: GroupLimits = { head: 100, tail: 20 };

/** Average precision of frequent and of rare classes, among those that are included and have a positive. */
export function groups(
  ranking: Ranking,
  training: Pick<LabelStatistics, 'positives'>,
  limits: GroupLimits = GROUP_LIMITS,
): Record<GroupName, Group> {
  const { averagePrecision: each } = averagePrecision(ranking).perClass;
  const names = classGroups(training, limits);
  const group = (name: GroupName): Group => {
    const members = ranking.included.map((yes, column) => (yes && names[column] === name ? 1 : 0));
    const { value, classes } = mean(each, members);
    return { classes, averagePrecision: value };
  };
  return { head: group('head'), medium: group('medium'), tail: group('tail') };
}

/** The group of each class. */
export const classGroups = (
  training: Pick<LabelStatistics, 'positives'>,
  { head, tail }: GroupLimits = GROUP_LIMITS,
): GroupName[] => Array.from(training.positives, (count) => (count > head ? 'head' : count < tail ? 'tail' : 'medium'));
