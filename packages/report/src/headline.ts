import { ABOUT_RIGHT } from './findings.js';
import { html, type Html } from './html.js';
import { compareRanking } from './noise.js';
import { count, difference, duration, ratio, score } from './numbers.js';
import type { Run } from './run.js';
import { summarise, type Baseline, type Summary } from './summary.js';

/** The result in a sentence or two. */
export function headline(runs: readonly Summary[], baselines: readonly Baseline[]): Html {
  const [first, ...others] = runs;
  const ranked = runs.filter(({ macro }) => macro !== null).sort((a, b) => b.macro! - a.macro!);
  const [best, worst] = [ranked[0], ranked.at(-1)];
  if (!first || !best || !worst) return html`No macro average precision is defined: no class qualifies.`;
  if (others.length === 0) return html`${best.name} reaches a macro AP of ${score(best.macro)}${margin(baselines)}.`;
  const top =
    compareRanking(best, first) === 'better'
      ? html`${best.name} ranks best, with a macro AP of ${score(best.macro)}, ${difference(best.macro! - first.macro!)}
        on ${first.name}${margin(baselines)}`
      : html`No strategy ranks better than ${first.name} beyond noise: macro AP
        ${score(first.macro)}${margin(baselines)}`;
  const most = runs.reduce((a, b) => ((b.decided ?? 0) > (a.decided ?? 0) ? b : a));
  const surplus = most === worst && (most.decided ?? 0) > ABOUT_RIGHT.to;
  const bottom =
    compareRanking(worst, first) === 'worse' &&
    html`; ${worst.name} falls to
    ${score(worst.macro)}${surplus && html` and predicts ${ratio(worst.decided)} labels for each true one`}`;
  return html`${top}${bottom}.`;
}

function margin(baselines: readonly Baseline[]): string {
  const beside = baselines.flatMap(({ name, averagePrecision: { macro } }) =>
    macro === null ? [] : [`${name} ${score(macro)}`],
  );
  return beside.length === 0 ? '' : ` (${beside.join(', ')})`;
}

/** What was trained on what, and for how long. */
export function setting(runs: readonly Run[]): Html {
  const { data, parameters } = runs[0]!.resolved;
  const summaries = runs.map(summarise);
  const steps = [...new Set(summaries.map((summary) => summary.steps))];
  const seconds = summaries.reduce((sum, summary) => sum + summary.seconds, 0);
  const shape = data.shape.join(' × ');
  return html`${count(data.examples.train)} training, ${count(data.examples.validation)} validation and
  ${count(data.examples.test)} test examples of ${shape}; ${count(data.classes)} classes,
  ${ratio(data.labelsPerExample)} labels an example. A network of ${count(parameters)} parameters,
  ${steps.map(count).join(' or ')} steps${runs.length > 1 ? ' for each run' : ''}, ${duration(seconds)} of
  training${runs.length > 1 ? ' in all' : ''}.`;
}
