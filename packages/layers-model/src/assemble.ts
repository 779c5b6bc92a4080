/** One layers model from pixels to logits, put together of an old body and a new head. */
import { isCounterweightError, type ModelInput } from '@counterweight/core';
import * as tf from '@tensorflow/tfjs-core';
import type { layers, LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';

import { bodyOf } from './body.js';
import { errors } from './errors.js';
import { type Normalisation, normalisation } from './normalisation.js';
import type { LayersModelOptions } from './options.js';

export type Layers = typeof import('@tensorflow/tfjs-layers');

export interface Assembled {
  /** What is saved: standardise → body → head. */
  readonly whole: LayersModel;
  /** Pixels of 0 to 255 to what the body was trained on; absent: the same. */
  readonly standardise: layers.Layer | undefined;
  /** [batch, height, width, channels] to [batch, features]. */
  readonly body: LayersModel;
  /** [batch, features] to logits, all weights 0. */
  readonly head: layers.Layer;
}

/**
 * @param folder for messages
 * @throws layers-model-unbuildable with what tfjs-layers says, and what `bodyOf` throws
 */
export async function assemble(
  tfl: Layers,
  folder: string,
  files: tf.io.ModelArtifacts,
  options: Pick<LayersModelOptions, 'features' | 'normalise'>,
  input: ModelInput,
): Promise<Assembled> {
  try {
    return join(tfl, await tfl.loadLayersModel({ load: () => Promise.resolve(files) }), options, input);
  } catch (error) {
    if (isCounterweightError(error)) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw errors['layers-model-unbuildable']({ path: folder, message }, { cause: error });
  }
}

function join(
  tfl: Layers,
  original: LayersModel,
  { features, normalise }: Pick<LayersModelOptions, 'features' | 'normalise'>,
  input: ModelInput,
): Assembled {
  const body = bodyOf(tfl, original, input.shape, features);
  const name = freeNames(body);
  const by = normalisation(normalise, input);
  const standardise = by && standardisation(tfl, name('normalise'));
  const head = tfl.layers.dense({ name: name('head'), units: input.classes, kernelInitializer: 'zeros' });
  const pixels = tfl.input({ shape: [...input.shape], name: 'pixels' });
  const logits = head.apply(body.apply(standardise?.apply(pixels) ?? pixels)) as SymbolicTensor;
  if (standardise) setStandardisation(standardise, by);
  return { whole: tfl.model({ inputs: pixels, outputs: logits, name: 'counterweight' }), standardise, body, head };
}

/** The layers format has no standardisation by channel of its own; a batch norm without ε, scale and offset is one. */
const standardisation = ({ layers }: Layers, name: string): layers.Layer =>
  layers.batchNormalization({ name, epsilon: 0, center: false, scale: false });

function setStandardisation(layer: layers.Layer, { mean, deviation }: Normalisation): void {
  tf.tidy(() => {
    layer.setWeights([tf.tensor1d(mean), tf.square(tf.tensor1d(deviation))]);
  });
}

/** Names under which no weight of the body is saved: it may be an export of ours, of an export of ours. */
function freeNames(body: LayersModel): (wish: string) => string {
  const taken = new Set(body.weights.map(({ originalName }) => originalName.replace(/\/.*/, '')));
  return (wish) => {
    let name = wish;
    for (let i = 2; taken.has(name); i++) name = `${wish}_${i}`;
    return name;
  };
}
