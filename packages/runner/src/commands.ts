import { resolve } from 'node:path';

import { type EngineFlags, engineOptions } from './engine-command.js';
import type { Manifest } from './manifest.js';
import { planText } from './plan-text.js';
import { Progress, type ProgressStream } from './progress.js';
import { resultText } from './result-text.js';
import { shellWord } from './shell-word.js';

/** Where a command writes: data to `out`, everything else to `progress`. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly progress: ProgressStream;
  /** Calls back when the user interrupts, a second time ends the process at once; answers how to stop listening. */
  readonly onInterrupt: (interrupt: () => 'ends by itself' | 'end now') => () => void;
}

export interface ManifestOptions {
  readonly set?: readonly string[];
  readonly json?: boolean;
}

const INTERRUPTED = 130;

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const loggerOf = ({ progress }: Terminal) => ({
  info: (message: string) => void progress.write(`${message}\n`),
  warn: (message: string) => void progress.write(`warning   ${message}\n`),
});

// Imported when needed: help and usage errors must not wait for tfjs.
async function load(file: string, { set }: ManifestOptions): Promise<Manifest> {
  const { loadManifest } = await import('./manifest.js');
  return loadManifest(file, { set: set ?? [] });
}

/** The manifest of a run to resume, from where the run says that it came. */
async function loadRecorded(folder: string | undefined, options: ManifestOptions): Promise<Manifest> {
  const { errors } = await import('./errors.js');
  if (folder === undefined) throw errors['manifest-unreadable']({ found: 'no manifest given' });
  const { recordedManifest } = await import('./recorded-manifest.js');
  return recordedManifest(folder, { set: options.set ?? [] });
}

/** `counterweight check MANIFEST` */
export async function checkCommand(
  file: string,
  options: ManifestOptions & EngineFlags,
  terminal: Terminal,
): Promise<number> {
  const manifest = await load(file, options);
  const { check } = await import('./plan.js');
  const plan = await check(manifest, { ...engineOptions(options, terminal), logger: loggerOf(terminal) });
  terminal.out(options.json ? json(plan) : planText(plan));
  return 0;
}

/** `counterweight run MANIFEST`, or `counterweight run --resume RUN` with the manifest that the run began with. */
export async function runCommand(
  file: string | undefined,
  options: ManifestOptions & EngineFlags & { readonly out?: string; readonly resume?: string },
  terminal: Terminal,
): Promise<number> {
  const { json: asJson, out, resume } = options;
  const manifest = file === undefined ? await loadRecorded(resume, options) : await load(file, options);
  const { run } = await import('./run.js');
  const abort = new AbortController();
  const howToGoOn = (folder: string): string => `  counterweight run --resume ${shellWord(resolve(folder))}\n`;
  const engine = engineOptions(options, terminal);
  // Only training has something to save: before it there is nothing yet, after it everything is.
  let isTraining = false;
  let trained: string | undefined;
  const stopListening = terminal.onInterrupt(() => {
    if (isTraining) {
      terminal.progress.write('\nstopping after this step; once more to stop at once\n');
      abort.abort();
      return 'ends by itself';
    }
    terminal.progress.write(
      trained === undefined ? '\ninterrupted before training\n' : `\ninterrupted; to go on:\n${howToGoOn(trained)}`,
    );
    return 'end now';
  });
  try {
    const result = await run(manifest, {
      ...(out !== undefined && { out }),
      ...(resume !== undefined && { resume }),
      ...engine,
      logger: loggerOf(terminal),
      signal: abort.signal,
      onPlan: (plan) => {
        terminal.progress.write(planText(plan));
        return [new Progress(plan.training, terminal.progress)];
      },
      onTraining: () => {
        isTraining = true;
      },
      onTrained: ({ folder, testExamples }) => {
        isTraining = false;
        trained = folder;
        terminal.progress.write(`measuring on ${testExamples.toLocaleString('en')} test examples\n`);
      },
    });
    if (asJson) terminal.out(json(result));
    else if (result.metrics) terminal.out(resultText(result.folder, result.metrics, result.waited));
    if (result.ended !== 'interrupted') return 0;
    terminal.progress.write(`interrupted; to go on:\n${howToGoOn(result.folder)}`);
    return INTERRUPTED;
  } finally {
    stopListening();
  }
}

/** `counterweight compare RUN…` */
export async function compareCommand(
  folders: readonly string[],
  options: { readonly out?: string; readonly json?: boolean },
  terminal: Terminal,
): Promise<number> {
  const { compare, writePage } = await import('./comparison.js');
  const { table, summaries } = await compare(folders);
  if (options.out !== undefined) terminal.progress.write(`${await writePage(folders, options.out)}\n`);
  terminal.out(options.json ? json(summaries) : table);
  return 0;
}
