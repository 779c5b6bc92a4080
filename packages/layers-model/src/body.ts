/** The part of a layers model that is kept: from images to features. */
import type { layers, LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';

import { errors } from './errors.js';
import { nearestName } from './nearest-name.js';

type Layers = Pick<typeof import('@tensorflow/tfjs-layers'), 'model' | 'layers'>;
type Layer = layers.Layer;
type Shape = readonly (number | null)[];

/**
 * The network up to its features, [batch, height, width, channels] to [batch, features]; what lies behind is disposed.
 * @param shape [height, width, channels] of the images
 * @param named the layer whose output are the features; default: what the classifier at the end is given
 * @throws RangeError for several outputs; layers-model-input, layers-model-layer-unknown, layers-model-no-features
 */
export function bodyOf(
  { model, layers }: Layers,
  original: LayersModel,
  shape: readonly number[],
  named?: string,
): LayersModel {
  checkInput(original, shape);
  if (original.outputs.length !== 1) throw new RangeError(`${original.outputs.length} outputs`);
  const { tensor, layer } = named === undefined ? beforeClassifier(original) : outputOf(original, named);
  const [, ...sizes] = tensor.shape;
  if (![1, 3].includes(sizes.length) || typeof sizes.at(-1) !== 'number')
    throw errors['layers-model-no-features']({ layer, shape: tensor.shape });
  const output =
    sizes.length === 1
      ? tensor
      : (layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }).apply(tensor) as SymbolicTensor);
  const body = model({ inputs: original.inputs, outputs: output, name: 'body' });
  const kept = new Set(body.weights);
  for (const weight of original.weights) if (!kept.has(weight)) weight.dispose();
  return body;
}

/** Every layer that is no model of layers itself. */
export const innermost = (layer: Layer): readonly Layer[] =>
  'layers' in layer ? (layer.layers as readonly Layer[]).flatMap(innermost) : [layer];

function checkInput(original: LayersModel, data: readonly number[]): void {
  const [batch, ...sizes] = original.inputs[0]?.shape ?? [];
  const model: Shape = [batch ?? null, ...sizes];
  const fits = data.length === 3 && sizes.length === 3 && sizes.every((size, i) => size === null || size === data[i]);
  if (original.inputs.length === 1 && fits && batch === null) return;
  throw errors['layers-model-input']({ data, model, remedy: remedyFor(model, data) });
}

/** What to set in `data`. */
function remedyFor([batch, height, width, channels, ...more]: Shape, data: readonly number[]): string {
  if (batch !== null || channels === undefined || more.length > 0)
    return 'take a model with one input of images in batches of any size, [null, height, width, channels]';
  if (data.length !== 3) return 'take a data set of images, or a model for features';
  const size = height === width ? `size: ${height ?? 'any'}` : `images of ${height ?? 'any'} × ${width ?? 'any'}`;
  const differs = (wanted: number | null | undefined, i: number) => typeof wanted === 'number' && wanted !== data[i];
  const given = [
    ...(differs(height, 0) || differs(width, 1) ? [size] : []),
    ...(differs(channels, 2) ? [`channels: ${channels ?? 'any'}`] : []),
  ];
  return `in data, ${given.join(' and ')}`;
}

interface Feature {
  readonly tensor: SymbolicTensor;
  /** Where it was taken, in words. */
  readonly layer: string;
}

/** If the last layers with weights are dense they are the classifier: the features are what they are given, else the output. */
function beforeClassifier(original: LayersModel): Feature {
  const tensors = backwards(original.outputs[0]!);
  const last = tensors.find(({ sourceLayer: { weights } }) => weights.length > 0);
  const classifies =
    last &&
    innermost(last.sourceLayer).every((layer) => layer.weights.length === 0 || layer.getClassName() === 'Dense');
  const [tensor] = classifies ? last.inputs : tensors;
  return { tensor: tensor!, layer: classifies ? `what ${last.sourceLayer.name} is given` : 'the output of the model' };
}

function outputOf(original: LayersModel, layer: string): Feature {
  const tensors = backwards(original.outputs[0]!);
  const tensor = tensors.find(({ sourceLayer }) => sourceLayer.name === layer);
  if (tensor) return { tensor, layer };
  const names = [...new Set(tensors.map(({ sourceLayer }) => sourceLayer.name))];
  throw errors['layers-model-layer-unknown']({
    name: layer,
    last: names.slice(0, 6),
    nearest: nearestName(layer, names),
  });
}

/** A tensor and all that it is computed from, those with the fewest layers between first: a layer's own `output` may be that of another model. */
function backwards(output: SymbolicTensor): readonly SymbolicTensor[] {
  const found = new Set([output]);
  for (const { inputs } of found) for (const tensor of inputs) found.add(tensor);
  return [...found];
}
