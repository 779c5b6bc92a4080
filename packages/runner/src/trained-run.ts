import { dirname, join } from 'node:path';

import {
  DATASET,
  INPUT,
  LABEL_STATISTICS,
  randomStream,
  resolvedRun,
  RUN_FILES,
  tokenName,
  z,
  type AnyPlugin,
  type Kind,
  type Logger,
  type Model,
  type ResolvedRun,
} from '@counterweight/core';
import { errors as reportErrors } from '@counterweight/report';
import { loadModelState } from '@counterweight/trainer';

import { readModelState } from './checkpoints/model-state.js';
import type { Entry } from './entries.js';
import { errors } from './errors.js';
import { PluginFolders } from './installed.js';
import { parsePluginName } from './plugin-name.js';
import { findValue, IN_CODE } from './plugin-value.js';
import { findPlugin } from './plugins.js';
import { readRecord } from './run-record.js';
import { CLASSES_FILE } from './saved-model.js';
import { Scope } from './scope.js';
import { isUse, type Use } from './use.js';

/** A run that came to its end, as its folder tells: nothing of the engine yet. */
export interface TrainedRun {
  readonly folder: string;
  readonly resolved: ResolvedRun;
  /** [classes] */
  readonly classes: readonly string[];
  readonly data: Entry<'dataset'>;
  readonly model: Entry<'model'>;
}

export interface OpenOptions {
  /** Where plugins are looked for after the folder of the run's manifest. */
  readonly workingFolder?: string;
  /**
   * Plugins as values, in place of those of their kind and name that the run recorded: for a run that code was given them for.
   * With `use` their options are given anew, as where one holds arrays or functions, which are not recorded.
   */
  readonly plugins?: readonly (AnyPlugin | Use)[];
  readonly logger: Logger;
}

/**
 * Reads the folder of a run and finds its plugins again: among `plugins`, then from the folder of the manifest, the working
 * folder, our own.
 * @throws run-file-missing, run-not-finished, run-record-invalid, recorded-options-refused, plugin-in-code, what `findPlugin` throws
 */
export async function openTrainedRun(
  folder: string,
  { workingFolder = process.cwd(), plugins: given = [], logger }: OpenOptions,
): Promise<TrainedRun> {
  const resolved = readRecord(folder, RUN_FILES.resolved, resolvedRun, (file) =>
    reportErrors['run-file-missing']({ folder, file }),
  );
  const classes = readRecord(folder, join(RUN_FILES.model, CLASSES_FILE), z.array(z.string()), (file) =>
    errors['run-not-finished']({ folder, file }),
  );
  if (classes.length !== resolved.input.classes) {
    const message = `${classes.length} classes, the run had ${resolved.input.classes}`;
    throw errors['run-record-invalid']({ message }, { place: { file: join(folder, RUN_FILES.model, CLASSES_FILE) } });
  }
  const plugins = new PluginFolders(dirname(resolved.source.file), workingFolder);
  const found = { folder, resolved, plugins, given, logger };
  return {
    folder,
    resolved,
    classes,
    data: await recordedEntry('dataset', 'data', found),
    model: await recordedEntry('model', 'model', found),
  };
}

/**
 * The trained model; the engine is loaded. Dispose the scope.
 * @throws model-needs-training-data, state-file-invalid, what plugins throw
 */
export async function loadTrainedModel(
  { folder, resolved, model: entry }: TrainedRun,
  logger: Logger,
): Promise<{ readonly model: Model; readonly scope: Scope }> {
  for (const token of [DATASET, LABEL_STATISTICS])
    if ((entry.plugin.inject as readonly unknown[]).includes(token)) {
      throw errors['model-needs-training-data']({ use: entry.use, token: tokenName(token) });
    }
  const scope = new Scope({
    logger,
    folder: dirname(resolved.source.file),
    random: randomStream(resolved.seed).fork('plugins'),
    place: () => ({ file: join(folder, RUN_FILES.resolved) }),
  });
  try {
    scope.provide(INPUT, resolved.input);
    const model = await scope.create(entry);
    await loadState(model, join(folder, RUN_FILES.model));
    return { model, scope };
  } catch (error) {
    await scope.dispose();
    throw error;
  }
}

async function loadState(model: Model, folder: string): Promise<void> {
  const saved = await readModelState(folder);
  const shapes = new Map(saved.map(({ name, shape }) => [name, shape]));
  const refuse = (why: string) => errors['state-file-invalid']({ file: folder, why });
  for (const { name, variable } of [...model.parameters, ...model.buffers]) {
    const shape = shapes.get(name);
    if (!shape) throw refuse(`no ${name}, which the model has`);
    if (shape.join() !== variable.shape.join())
      throw refuse(`${name} is [${shape.join(', ')}], the model has [${variable.shape.join(', ')}]`);
  }
  loadModelState(model, Object.fromEntries(saved.map(({ name, values }) => [name, values])));
}

interface Recorded {
  readonly folder: string;
  readonly resolved: ResolvedRun;
  readonly plugins: PluginFolders;
  readonly given: NonNullable<OpenOptions['plugins']>;
  readonly logger: Logger;
}

/** The plugin and options of a section, as the run recorded them. */
async function recordedEntry<K extends Kind>(
  kind: K,
  section: string,
  { folder, resolved, plugins, given, logger }: Recorded,
): Promise<Entry<K>> {
  const place = { file: join(folder, RUN_FILES.resolved) };
  const written = z.looseObject({ use: z.string() }).safeParse(resolved.manifest[section]);
  if (!written.success) throw errors['run-record-invalid']({ message: `no plugin in ${section}` }, { place });
  const { use, ...recordedOptions } = written.data;
  const recorded = resolved.plugins.find((one) => one.kind === kind && one.use === use);
  const value = given.find((one) => {
    const plugin = isUse(one) ? one.plugin : one;
    return plugin.kind === kind && plugin.name === recorded?.name;
  });
  if (!value && recorded?.path === IN_CODE) throw errors['plugin-in-code']({ use, kind }, { place });
  const found = value
    ? await findValue(isUse(value) ? value.plugin : value, kind, plugins)
    : await findPlugin(use, kind, plugins);
  const version = recorded?.version ?? found.version;
  if (!value && version !== found.version)
    logger.warn(`${use} was ${version} when the run was made, now it is ${found.version}: predictions may differ`);
  const options = value && isUse(value) ? value.options : recordedOptions;
  const parsed = (found.plugin.options as z.ZodType).safeParse(options);
  if (parsed.success) return { ...found, options: parsed.data, at: [section] };
  const { path = [], message = '' } = parsed.error.issues[0] ?? {};
  const key = [section, ...path].join('.');
  const about = { use, key, message, package: parsePluginName(use)?.package ?? use, recorded: version };
  throw errors['recorded-options-refused'](about, { place, cause: parsed.error });
}
