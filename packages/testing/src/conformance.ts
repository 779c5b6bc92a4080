import type { AnyPlugin, Kind, ModelInput } from '@counterweight/core';

import { batchLossLabelChecks } from './batch-loss-label-checks.js';
import { batchLossMemoryChecks } from './batch-loss-memory-checks.js';
import { batchLossValueChecks } from './batch-loss-value-checks.js';
import { fitChecks } from './calibrator-checks.js';
import { watchChecks } from './callback-checks.js';
import { memoryChecks } from './callback-memory-checks.js';
import { optionsCheck, type Check } from './check.js';
import { otherFingerprints, sameInputs } from './dataset-comparisons.js';
import { readChecks } from './dataset-read-checks.js';
import { tableChecks } from './dataset-table-checks.js';
import { drawChecks as drawing } from './draw-checks.js';
import { curveChecks } from './loss-curve-checks.js';
import { lossLabelChecks } from './loss-label-checks.js';
import { lossMemoryChecks } from './loss-memory-checks.js';
import { tensorChecks } from './loss-tensor-checks.js';
import { labelChecks } from './metric-label-checks.js';
import { resultChecks } from './metric-result-checks.js';
import { scoreChecks } from './metric-score-checks.js';
import { mineChecks as mining } from './mine-checks.js';
import { modelExportLaws } from './model-export-checks.js';
import { modelFormLaws } from './model-form-checks.js';
import { modelGradientLaws } from './model-gradient-checks.js';
import { modelPassLaws } from './model-pass-checks.js';
import { optimizerMemoryChecks } from './optimizer-memory-checks.js';
import { optimizerStepChecks } from './optimizer-step-checks.js';
import { provided, type Given } from './surroundings.js';

/** Every law of an elementwise loss. */
export const lossChecks: readonly Check<'loss'>[] = [
  optionsCheck(),
  ...curveChecks,
  ...tensorChecks,
  ...lossLabelChecks,
  ...lossMemoryChecks,
];
/** Every law of a loss that couples the entries of a batch. */
export const batchLossChecks: readonly Check<'loss'>[] = [
  optionsCheck(),
  ...batchLossValueChecks,
  ...batchLossLabelChecks,
  ...batchLossMemoryChecks,
];
/** Every law of a sampler that mines, label entries or whole examples. */
export const mineChecks: readonly Check<'sampler'>[] = [optionsCheck(), ...mining];
/** Every law of a sampler that draws examples. */
export const drawChecks: readonly Check<'sampler'>[] = [optionsCheck(), ...drawing];
/** Every law of a metric. */
export const metricChecks: readonly Check<'metric'>[] = [
  optionsCheck(),
  ...resultChecks,
  ...labelChecks,
  ...scoreChecks,
];

/** Every law of a model built for these inputs; absent: for small images and for feature vectors, whichever of them it takes. */
export const modelChecksOn = (inputs?: readonly ModelInput[]): readonly Check<'model'>[] => [
  optionsCheck(),
  ...[...modelFormLaws, ...modelPassLaws, ...modelGradientLaws, ...modelExportLaws].map((law) => law(inputs)),
];
/** Every law of a model, on small images and on feature vectors, whichever of them it takes. */
export const modelChecks: readonly Check<'model'>[] = modelChecksOn();

/** Every law of an optimiser. */
export const optimizerChecks: readonly Check<'optimizer'>[] = [
  optionsCheck(),
  ...optimizerStepChecks,
  ...optimizerMemoryChecks,
];
/** Every law of a calibrator. */
export const calibratorChecks: readonly Check<'calibrator'>[] = [optionsCheck(), ...fitChecks];
/** Every law of a callback. */
export const callbackChecks: readonly Check<'callback'>[] = [optionsCheck(), ...watchChecks, ...memoryChecks];
/** Every law of a data set that needs nothing to compare with. */
export const datasetChecks: readonly Check<'dataset'>[] = [optionsCheck(), ...tableChecks, ...readChecks];

export interface Conformance<K extends Kind> {
  /** Registers a test: vitest's, node:test's, jest's or your own. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  readonly plugin: AnyPlugin<K>;
  /** Each as in a manifest; default: one, {}. */
  readonly options?: readonly unknown[];
  /** What the plugin injects, instead of the kit's own values: `[[BASE_FOLDER, folder]]`. */
  readonly provide?: readonly Given[];
  /** Laws that the plugin breaks on purpose: the name of the check and why. It must break them. */
  readonly except?: Readonly<Record<string, string>>;
}

/** Registers a test per law and options for an elementwise loss. */
export const lossConformance = (what: Conformance<'loss'>): void => register('loss', lossChecks, what);

/** Registers a test per law and options for a loss that couples the entries of a batch. */
export const batchLossConformance = (what: Conformance<'loss'>): void => register('loss', batchLossChecks, what);

/** Registers a test per law and options for a sampler that mines, label entries or whole examples. */
export const mineConformance = (what: Conformance<'sampler'>): void => register('sampler', mineChecks, what);

/** Registers a test per law and options for a sampler that draws examples. */
export const drawConformance = (what: Conformance<'sampler'>): void => register('sampler', drawChecks, what);

/** Registers a test per law and options for a metric. */
export const metricConformance = (what: Conformance<'metric'>): void => register('metric', metricChecks, what);

export interface ModelConformance extends Conformance<'model'> {
  /** What the model is built for; absent: small images and feature vectors, whichever of them it takes. */
  readonly inputs?: readonly ModelInput[];
}

/** Registers a test per law and options for a model. */
export const modelConformance = (what: ModelConformance): void => register('model', modelChecksOn(what.inputs), what);

/** Registers a test per law and options for an optimiser. */
export const optimizerConformance = (what: Conformance<'optimizer'>): void =>
  register('optimizer', optimizerChecks, what);

/** Registers a test per law and options for a calibrator. */
export const calibratorConformance = (what: Conformance<'calibrator'>): void =>
  register('calibrator', calibratorChecks, what);

/** Registers a test per law and options for a callback. */
export const callbackConformance = (what: Conformance<'callback'>): void => register('callback', callbackChecks, what);

export interface DatasetConformance extends Conformance<'dataset'> {
  /** Options, as in a manifest, under which training would see something else: each must have another fingerprint. */
  readonly others?: readonly unknown[];
  /** For a plugin with `inputs`: a folder or file with examples of the data set, under the same names. */
  readonly unlabelled?: string;
}

/**
 * Registers a test per law and options for a data set.
 * @throws RangeError for a plugin with `inputs` without `unlabelled`
 */
export function datasetConformance(what: DatasetConformance): void {
  const { plugin, others, unlabelled } = what;
  if (plugin.inputs && unlabelled === undefined)
    throw new RangeError(`unlabelled: ${plugin.name} has \`inputs\`; give a path that it can open`);
  const compared = [
    ...(others ? [otherFingerprints(others)] : []),
    ...(unlabelled === undefined ? [] : [sameInputs(unlabelled)]),
  ];
  register('dataset', [...datasetChecks, ...compared], what);
}

/** @throws RangeError for a plugin of another kind (in JavaScript), an unknown check in `except`, or no options */
function register<K extends Kind>(
  kind: K,
  checks: readonly Check<K>[],
  { test, plugin: bare, options = [{}], provide = [], except = {} }: Conformance<K>,
): void {
  const found = (bare as { readonly kind?: unknown } | undefined)?.kind;
  if (found !== kind) throw new RangeError(`plugin: found kind ${String(found)}, expected ${kind}`);
  if (options.length === 0) throw new RangeError('options: no set of options to test under');
  const plugin = provided(bare, provide);
  const unknown = Object.keys(except).find((name) => !checks.some((check) => check.name === name));
  if (unknown !== undefined) throw new RangeError(`except: there is no check "${unknown}"`);
  for (const chosen of options)
    for (const check of checks) {
      const why = except[check.name];
      const subject = `${plugin.name} ${JSON.stringify(chosen)}`;
      if (why === undefined) test(`${subject}: ${check.name}`, () => check.run(plugin, chosen));
      else test(`${subject}: not ${check.name}: ${why}`, () => refused(check, plugin, chosen));
    }
}

async function refused<K extends Kind>(check: Check<K>, plugin: AnyPlugin<K>, options: unknown): Promise<void> {
  const held = await check.run(plugin, options).then(
    () => true,
    () => false,
  );
  if (held) throw new RangeError(`"${check.name}" holds: take it out of except`);
}
