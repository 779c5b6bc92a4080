/** Five manifests on real images, side by side: `npm run quickstart [-- --pack DIR] [--only NAME]`. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { isCounterweightError } from '@counterweight/core';
import { compareRuns, readRun, summarise } from '@counterweight/report';

import { ROOT } from './packages.js';
import { quickstartSummary, summaryTable } from './quickstart-summary.js';
import { ridgeOnPixels } from './quickstart-ridge.js';
import { buildTablerIcons } from './tabler-icons.js';

/** In the order of the report; the first is what the others are compared with. */
const STRATEGIES = ['bce', 'weighted-bce', 'weighted-bce-sqrt', 'focal', 'ohem'] as const;
const OUT = join(ROOT, 'runs', 'quickstart');
const PACK = join(ROOT, '.cache', 'tabler-icons');
const COMMAND = join(ROOT, 'packages', 'runner', 'bin', 'counterweight.cjs');

const NOTES = [
  'The case behind this project: on 7,900 imbalanced classes plain binary cross-entropy seemed to predict nothing; positive ' +
    'weights of negatives/positives predicted about twice too much of almost every class and ranked badly; the advice was ' +
    'focal loss and online hard example mining. Here is what each does on real drawings of rare ' +
    'classes: equal data, seed, network and steps; one or two lines of the manifest differ.',
];

interface Options {
  readonly pack: string | undefined;
  readonly strategies: readonly string[];
}

function parseOptions(): Options {
  const { values } = parseArgs({ options: { pack: { type: 'string' }, only: { type: 'string', multiple: true } } });
  const { pack, only = [...STRATEGIES] } = values;
  const unknown = only.find((name) => !STRATEGIES.some((strategy) => strategy === name));
  if (unknown !== undefined) throw new UsageError(`--only ${unknown}: expected one of ${STRATEGIES.join(', ')}`);
  if (pack !== undefined && !existsSync(join(pack, 'meta.json')))
    throw new UsageError(`--pack ${pack}: no meta.json there; expected the folder of a pack`);
  return {
    pack: pack === undefined ? undefined : resolve(pack),
    strategies: STRATEGIES.filter((name) => only.includes(name)),
  };
}

class UsageError extends Error {}

async function quickstart({ pack: given, strategies }: Options): Promise<void> {
  const started = performance.now();
  const pack = given ?? (await buildTablerIcons(PACK, say));
  setAside(OUT);
  const folders = strategies.map((name) => ({ name, folder: join(OUT, name) }));
  for (const [i, { name, folder }] of folders.entries()) {
    say(`\n[${i + 1}/${strategies.length}] ${name}`);
    const manifest = join(ROOT, 'examples', 'quickstart', `${name}.yaml`);
    await counterweight([
      'run',
      manifest,
      '--out',
      folder,
      ...(given === undefined ? [] : ['--set', `data.pack=${JSON.stringify(given)}`]),
    ]);
  }

  const runs = await Promise.all(folders.map(({ name, folder }) => readRun(folder, name)));
  say('\nridge regression on pixels, for comparison');
  const { resolved, metrics } = runs[0]!;
  const { minimumPositives } = resolved.manifest['evaluation'] as { minimumPositives: { train: number; test: number } };
  const ridge = await ridgeOnPixels(pack, minimumPositives);

  const summary = quickstartSummary(runs.map(summarise), metrics.chance.averagePrecision, ridge);
  const baselines = [{ name: 'ridge on pixels', averagePrecision: ridge }];
  const report = join(OUT, 'report.html');
  writeFileSync(
    report,
    await compareRuns({ title: 'Counterweight quick start', runs: folders, baselines, notes: NOTES }),
  );
  writeFileSync(join(OUT, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
  process.stdout.write(`\n${summaryTable(summary)}\n\n`);
  const seconds = (performance.now() - started) / 1000;
  say(`${(seconds / 60).toFixed(1)} minutes. The report: ${relative(process.cwd(), report)}`);
}

/** Progress is no result: it goes to stderr. */
const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** What an earlier quick start wrote is kept beside until the next. */
function setAside(folder: string): void {
  const previous = `${folder}.previous`;
  if (existsSync(folder)) {
    rmSync(previous, { recursive: true, force: true });
    renameSync(folder, previous);
  }
  mkdirSync(folder, { recursive: true });
}

class CommandFailed extends Error {
  constructor(readonly exit: number) {
    super(`counterweight ended with exit code ${exit}`);
  }
}

/** Runs the command as a user would, its output on this terminal. An interrupt is the command's: it leaves a valid folder. */
async function counterweight(args: readonly string[]): Promise<void> {
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  const child = spawn(process.execPath, [COMMAND, ...args], { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  const code = await new Promise<number>((done, fail) => {
    child.once('error', fail);
    child.once('close', (exit) => {
      done(exit ?? 1);
    });
  });
  process.off('SIGINT', ignore);
  if (code !== 0) throw new CommandFailed(code);
}

try {
  await quickstart(parseOptions());
} catch (error) {
  const usage = error instanceof UsageError || (error instanceof TypeError && 'code' in error);
  if (!usage && !(error instanceof CommandFailed) && !isCounterweightError(error)) throw error;
  say(error.message);
  process.exitCode = usage ? 2 : error instanceof CommandFailed || isCounterweightError(error) ? error.exit : 1;
}
