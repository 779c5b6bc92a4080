import { swatch, type SeriesStyle } from './chart.js';
import { SEED_NOISE } from './noise.js';
import { html, type Html, type Part } from './html.js';
import { manifestDifferences } from './manifest-difference.js';
import { count, duration, plain, ratio, score } from './numbers.js';
import type { Run } from './run.js';
import { GROUPS, type Baseline, type GroupBounds, type GroupName, type Summary } from './summary.js';

/** A table that scrolls on its own and can be reached and scrolled by keyboard. */
function table(id: string, caption: Part, head: Part, body: Part): Html {
  return html`<div class="scroll" role="region" aria-labelledby="${id}" tabindex="0">
    <table>
      <caption id="${id}">
        ${caption}
      </caption>
      <thead>
        ${head}
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div>`;
}

const th = (label: string, hint?: string): Html =>
  html`<th scope="col">${label}${hint !== undefined && html`<small>${hint}</small>`}</th>`;

/** Every run beside the baselines, on the test split. */
export function scoresTable(
  runs: readonly Summary[],
  baselines: readonly Baseline[],
  styles: readonly SeriesStyle[],
  bounds: GroupBounds | null,
): Html {
  const best = (of: (run: Summary) => number | null): number => Math.max(...runs.map((run) => of(run) ?? -Infinity));
  const marked = (value: number | null, most: number): Html =>
    value !== null && runs.length > 1 && most - value < SEED_NOISE - 1e-9
      ? html`<td class="top">${score(value)}</td>`
      : html`<td>${score(value)}</td>`;
  const tops = {
    macro: best((run) => run.macro),
    micro: best((run) => run.micro),
    every: best((run) => run.everyClass.macro),
  };
  const groupTops = GROUPS.map((group) => best((run) => run.groups[group]));
  const { classes, everyClass, threshold } = runs[0]!;
  const rows = runs.map(
    (run, i) =>
      html`<tr>
        <th scope="row">${swatch(styles[i]!)} ${run.name}</th>
        ${marked(run.macro, tops.macro)} ${marked(run.micro, tops.micro)} ${amount(run.decided)} ${amount(run.summed)}
        ${GROUPS.map((group, g) => marked(run.groups[group], groupTops[g]!))}
        ${marked(run.everyClass.macro, tops.every)}
        <td>${score(run.f1.macro)}</td>
        <td>${score(run.f1.micro)}</td>
        <td>${count(run.steps)}</td>
        <td>${duration(run.seconds)}</td>
      </tr>`,
  );
  const below = baselines.map(
    ({ name, averagePrecision }) =>
      html`<tr class="baseline">
        <th scope="row">${name}</th>
        <td>${score(averagePrecision.macro)}</td>
        <td>${score(averagePrecision.micro)}</td>
        <td colspan="10"></td>
      </tr>`,
  );
  return table(
    'scores-table',
    html`Test split.${runs.length > 1 && ` Bold: the best, and what is within seed noise (${SEED_NOISE}) of it.`}
    Decided: labels predicted for each true one; summed: probabilities added up for each true label; 1 is right for
    both. Head, medium and tail: classes by their training positives. Every class: also those too rare to count in macro
    AP.`,
    html`<tr>
      ${th('strategy')} ${th('macro AP', classes === null ? undefined : `${count(classes)} classes`)} ${th('micro AP')}
      ${th('decided', `at ${threshold}`)} ${th('summed', 'Σσ')}
      ${GROUPS.map((group) => th(group, groupRange(group, bounds)))}
      ${th('every class', `AP, ${count(everyClass.classes)}`)} ${th('F1', 'macro')} ${th('F1', 'micro')} ${th('steps')}
      ${th('training')}
    </tr>`,
    [rows, below],
  );
}

function groupRange(group: GroupName, bounds: GroupBounds | null): string {
  if (!bounds) return 'AP';
  const { head, tail } = bounds;
  return `AP, ${{ head: `>\u00a0${head}`, medium: `${tail}–${head}`, tail: `<\u00a0${tail}` }[group]}`;
}

const amount = (value: number | null): Html =>
  html`<td${value !== null && value >= 2 && html` class="much"`}${value !== null && value <= 0.5 && html` class="little"`}>${ratio(value)}</td>`;

/** The lines in which the resolved manifests differ; null when none does. */
export function differencesTable(runs: readonly Run[]): Html | null {
  const differences = manifestDifferences(runs.map(({ resolved }) => resolved.manifest));
  if (differences.length === 0) return null;
  return table(
    'manifest-differences',
    'Everything else is equal in all manifests, defaults included.',
    html`<tr>
      ${th('strategy')}${differences.map(({ path }) => html`<th scope="col"><code>${path}</code></th>`)}
    </tr>`,
    runs.map(
      ({ name }, i) =>
        html`<tr>
          <th scope="row">${name}</th>
          ${differences.map(({ values }) => html`<td class="code">${values[i] === null || values[i] === undefined ? '–' : html`<code>${values[i]}</code>`}</td>`)}
        </tr>`,
    ),
  );
}

/** Every number of the test split that a run's metrics hold, by dotted name. */
export function everyNumberTable(runs: readonly Run[]): Html {
  const flat = runs.map(({ metrics }) => numbersOf(metrics.test));
  const names = [...new Set(flat.flatMap((numbers) => [...numbers.keys()]))];
  return table(
    'every-number',
    'Every number of the test split, as in metrics.json.',
    html`<tr>
      ${th('number')}${runs.map(({ name }) => th(name))}
    </tr>`,
    names.map(
      (name) =>
        html`<tr>
          <th scope="row"><code>${name}</code></th>
          ${flat.map((numbers) => html`<td>${plain(numbers.get(name))}</td>`)}
        </tr>`,
    ),
  );
}

function numbersOf(value: unknown, path = ''): Map<string, number | null> {
  if (typeof value === 'number' || value === null) return new Map([[path, value]]);
  if (typeof value !== 'object') return new Map();
  return new Map(
    Object.entries(value).flatMap(([key, item]) => [...numbersOf(item, path === '' ? key : `${path}.${key}`)]),
  );
}
