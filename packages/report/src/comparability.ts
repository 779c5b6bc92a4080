import { manifestDifferences } from './manifest-difference.js';
import type { Run } from './run.js';

/** Why the numbers of these runs should not be put side by side, in words; empty when they may. */
export function obstacles(runs: readonly Run[]): readonly string[] {
  const differ = (what: (run: Run) => unknown): boolean =>
    new Set(runs.map((run) => JSON.stringify(what(run)))).size > 1;
  const evaluations = manifestDifferences(
    runs.map(({ resolved }) => ({ evaluation: resolved.manifest['evaluation'] })),
  );
  return [
    differ(({ resolved }) => resolved.data.fingerprint) &&
      'The runs used different data: a better score may be an easier test split.',
    differ(({ metrics }) => metrics.steps) && 'The runs trained for different numbers of steps.',
    differ(({ resolved }) => resolved.seed) && 'The runs used different seeds, which alone moves scores a little.',
    differ(({ resolved }) => resolved.parameters) && 'The runs trained networks of different sizes.',
    evaluations.length > 0 && `The runs were evaluated differently: ${evaluations.map(({ path }) => path).join(', ')}.`,
  ].filter((obstacle) => obstacle !== false);
}
