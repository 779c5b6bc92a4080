import { seriesStyles } from './chart.js';
import { prevalenceChart } from './chart-prevalence.js';
import { scoresChart } from './chart-scores.js';
import { trainingCharts } from './chart-training.js';
import { trainingCountsChart } from './chart-training-counts.js';
import { obstacles } from './comparability.js';
import { errors } from './errors.js';
import { findings } from './findings.js';
import { headline, setting } from './headline.js';
import { html, type Html } from './html.js';
import { flow, manifestDifferences } from './manifest-difference.js';
import { compareRanking, SEED_NOISE, type Verdict } from './noise.js';
import { page, section } from './page.js';
import { readRun, type Run } from './run.js';
import { groupBounds, summarise, type Baseline } from './summary.js';
import { differencesTable, everyNumberTable, scoresTable } from './tables.js';
import { testImages } from './test-images.js';

export interface Comparison {
  /** In the order of the page; the first is what the others are compared with. */
  readonly runs: readonly { readonly name: string; readonly folder: string }[];
  /** Beside chance and the best possible, which run folders tell. Under the same rules on the same test split. */
  readonly baselines?: readonly Baseline[];
  /** Default: names of the runs. */
  readonly title?: string;
  /** Paragraphs below the headline. */
  readonly notes?: readonly string[];
}

/**
 * One HTML page that puts runs side by side: self-contained, without scripts, light and dark.
 * @throws no-runs, run-name-twice, run-file-missing, run-file-invalid
 */
export async function compareRuns({ runs, baselines = [], title, notes = [] }: Comparison): Promise<string> {
  if (runs.length === 0) throw errors['no-runs'](undefined);
  const names = [...runs, ...baselines].map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw errors['run-name-twice']({ name: twice });
  const read = await Promise.all(runs.map(({ name, folder }) => readRun(folder, name)));
  return compose(read, baselines, title ?? runs.map(({ name }) => name).join(', '), notes);
}

/**
 * The same page for one run.
 * @throws run-file-missing, run-file-invalid
 */
export async function reportRun(folder: string, options: Omit<Comparison, 'runs'> = {}): Promise<string> {
  const run = await readRun(folder);
  return compose([run], options.baselines ?? [], options.title ?? run.name, options.notes ?? []);
}

async function compose(
  runs: readonly Run[],
  given: readonly Baseline[],
  title: string,
  notes: readonly string[],
): Promise<string> {
  const summaries = runs.map(summarise);
  const styles = seriesStyles(runs.map(({ name }) => name));
  const baselines = withBounds(given, runs[0]!);
  const bounds = groupBounds(runs[0]!);
  const several = runs.length > 1;
  const [scores, training, prevalence, counts, images] = await Promise.all([
    scoresChart(summaries, baselines, styles),
    trainingCharts(runs, styles),
    prevalenceChart(summaries, styles),
    trainingCountsChart(runs, styles, bounds),
    testImages(runs),
  ]);
  const result = headline(summaries, baselines);
  return page({
    title,
    body: [
      html`<header>
        <p class="kicker">${title}</p>
        <h1>${result}</h1>
        <p class="lead">${setting(runs)}</p>
        ${notes.map((note) => html`<p class="lead">${note}</p>`)}
        ${obstacles(runs).map((obstacle) => html`<p class="warning">${obstacle}</p>`)}
      </header>`,
      section('Scores', scoresTable(summaries, baselines, styles, bounds)),
      section(several ? 'What each piece of advice did here' : 'What the numbers say', advice(runs)),
      section('Pictures of it', html`<div class="charts">${scores} ${prevalence} ${counts} ${training}</div>`),
      several && section('The manifest lines that differ', differencesTable(runs)),
      section('Test images', images && chipKey, images),
      section('Everything behind this page', details(runs)),
    ],
  });
}

/** What a run's own metrics say of its rules: chance below, the best possible above where the data set knows it. One given by that name wins. */
function withBounds(given: readonly Baseline[], { metrics, name: run }: Run): readonly Baseline[] {
  const { chance, optimum } = metrics;
  const bounds = [{ name: 'chance', ...chance }, ...(optimum ? [{ name: 'best possible', ...optimum }] : [])];
  const taken = new Set([run, ...given.map(({ name }) => name)]);
  return [...given, ...bounds.filter(({ name }) => !taken.has(name))];
}

const VERDICTS: Readonly<Record<Verdict, string>> = {
  better: 'ranks better',
  worse: 'ranks worse',
  noise: 'within noise',
  unknown: 'not comparable',
};

function advice(runs: readonly Run[]): Html {
  const [reference, ...others] = runs;
  const card = (run: Run, beside?: Run): Html => {
    const verdict = beside && compareRanking(summarise(run), summarise(beside));
    return html`<article>
      ${verdict && html`<span class="verdict ${verdict}">${VERDICTS[verdict]}</span>`}
      <h3>${run.name}</h3>
      ${entries(run, beside).map((entry) => html`<p class="entry"><code>${entry}</code></p>`)}
      <ul>
        ${findings(run, beside).map((finding) => html`<li>${finding}</li>`)}
      </ul>
    </article>`;
  };
  return html`${
      others.length > 0 &&
      html`<p class="hint">
        Each beside ${reference!.name}, which the other manifests change in the lines shown. Differences of macro AP
        below ${SEED_NOISE} are within seed noise; with few classes or test images larger ones are too.
      </p>`
    }
    <div class="advice">${card(reference!)}${others.map((run) => card(run, reference))}</div>`;
}

/** The manifest lines that make a run what it is: those that differ from the reference, or its own loss and samplers. */
function entries(run: Run, reference?: Run): readonly string[] {
  const { loss, samplers } = run.resolved.manifest;
  if (!reference)
    return [`loss: ${flow(loss)}`, `samplers: ${flow(samplers)}`].filter((entry) => entry !== 'samplers: []');
  return manifestDifferences([reference.resolved.manifest, run.resolved.manifest]).map(
    ({ path, values }) => `${path}: ${values[1] ?? '(absent)'}`,
  );
}

const chipKey = html`<p class="hint">For each run the labels it ranks highest, with the probability it gives them.</p>
  <p class="chips">
    <span class="chip hit decided">✓ right, and predicted</span>
    <span class="chip hit">✓ right, but below the threshold</span>
    <span class="chip false decided">✗ wrong, and predicted</span>
    <span class="chip false">✗ wrong, but below the threshold</span>
  </p>`;

function details(runs: readonly Run[]): Html {
  const { data, engine, versions } = runs[0]!.resolved;
  return html`<details>
      <summary>Every number</summary>
      ${everyNumberTable(runs)}
    </details>
    ${runs.map(
      (run) =>
        html`<details>
          <summary>${run.name}: manifest, plugins, warnings</summary>
          <p class="hint">${run.folder}</p>
          <pre tabindex="0"><code>${run.manifest.trim()}</code></pre>
          <ul>
            ${run.resolved.plugins.map(({ kind, use, version }) => html`<li>${kind}: <code>${use}</code> ${version}</li>`)}
            ${run.warnings.map((warning) => html`<li>warning: ${warning}</li>`)}
          </ul>
        </details>`,
    )}
    <details>
      <summary>Data, seed, engine</summary>
      <dl class="provenance">
        ${Object.entries({
          data: data.fingerprint,
          seed: runs.map(({ resolved }) => resolved.seed).join(', '),
          ...engine,
          ...versions,
        }).map(
          ([name, value]) =>
            html`<dt>${name}</dt>
              <dd>${value}</dd>`,
        )}
      </dl>
    </details>`;
}
