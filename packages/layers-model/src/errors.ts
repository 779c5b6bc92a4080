import { defineErrors } from '@counterweight/core';

const shown = (shape: readonly (number | null)[]): string =>
  `[${shape.map((size) => (size === null ? 'any' : size)).join(', ')}]`;

export const errors = defineErrors({
  'layers-model-file-missing': {
    exit: 2,
    title: 'A file of the layers model is missing.',
    found: ({ path, reason }: { path: string; reason: string }) => `${path}: ${reason}`,
    expected: () => 'a folder with model.json and the weight files that it names',
    remedy: () => 'copy the whole folder that `model.save` or the converter wrote, or correct `folder`',
  },
  'layers-model-is-graph': {
    exit: 2,
    title: 'The folder holds a graph model: it can be run, not trained.',
    found: ({ path }: { path: string }) => `${path}: a TensorFlow graph`,
    expected: () => 'a layers model',
    remedy: () => 'convert the Keras model again: tensorflowjs_converter --output_format=tfjs_layers_model',
  },
  'layers-model-file-invalid': {
    exit: 3,
    title: 'model.json is not what a layers model has there.',
    found: ({ path, problem }: { path: string; problem: string }) => `${path}: ${problem}`,
    expected: () => 'JSON with modelTopology and weightsManifest',
    remedy: () => 'save or convert the model again; the copy may be cut off',
  },
  'layers-model-path-outside': {
    exit: 3,
    title: 'model.json names a weight file outside its folder.',
    found: ({ path, leads }: { path: string; leads: string }) => `${path}, which is ${leads}`,
    expected: () => 'weight files in the folder of model.json; nothing else is read',
    remedy: () => 'copy the file into the folder and name it without a path in weightsManifest',
  },
  'layers-model-weights-size': {
    exit: 3,
    title: 'The weight files are not as long as the weights that model.json lists.',
    found: ({ files, bytes }: { files: readonly string[]; bytes: number; wanted: number }) =>
      `${bytes} bytes in ${files.slice(0, 5).join(', ')}${files.length > 5 ? `, … (${files.length} files)` : ''}`,
    expected: ({ wanted }: { wanted: number }) => `${wanted} bytes`,
    remedy: () => 'copy the weight files again: one is cut off, or belongs to another model.json',
  },
  'layers-model-unbuildable': {
    exit: 3,
    title: 'tfjs cannot build the model that model.json describes.',
    found: ({ path, message }: { path: string; message: string }) => `${path}: ${message}`,
    expected: () => 'a sequential or functional model of layers that tfjs has, with one input and one output',
    remedy: () => 'export the model from Keras 2 without layers of its own, or take another one',
  },
  'layers-model-input': {
    exit: 2,
    title: 'The network takes other inputs than the data set has.',
    found: ({ data }: { data: readonly number[]; model: readonly (number | null)[]; remedy: string }) =>
      `inputs of shape ${shown(data)}`,
    expected: ({ model }: { model: readonly (number | null)[] }) =>
      model.length === 4
        ? `images of ${shown(model.slice(1))} in batches of any size`
        : `${shown(model)}, with the batch`,
    remedy: ({ remedy }: { remedy: string }) => remedy,
  },
  'layers-model-layer-unknown': {
    exit: 2,
    title: 'The network has no layer of that name.',
    found: ({ name }: { name: string; last: readonly string[]; nearest: string | undefined }) => name,
    expected: ({ last }: { last: readonly string[] }) =>
      `a layer of the outermost model; the last ones: ${last.join(', ')}`,
    remedy: ({ nearest, last }: { nearest: string | undefined; last: readonly string[] }) =>
      `features: ${nearest ?? last[0] ?? 'a layer'}`,
  },
  'layers-model-no-features': {
    exit: 2,
    title: 'The output of that layer is no list or map of features.',
    found: ({ layer, shape }: { layer: string; shape: readonly (number | null)[] }) => `${layer}: ${shown(shape)}`,
    expected: () => '[batch, features] or [batch, height, width, features], the number of features fixed',
    remedy: () => 'name another layer in `features`, for example the last convolution',
  },
  'layers-model-layer-untrainable': {
    exit: 2,
    title: 'A layer of the network cannot be fine-tuned.',
    found: ({ layer, reason }: { layer: string; reason: string }) => `${layer}: ${reason}`,
    expected: () => 'layers that train by a seed',
    remedy: () => 'frozen: true, or name a layer before it in `features`',
  },
  'layers-model-unwritable': {
    exit: 2,
    title: 'The network cannot be written.',
    found: ({ folder, reason }: { folder: string; reason: string }) => `${folder}: ${reason}`,
    expected: () => 'a folder that is new or empty, on a disk with room for the weights',
    remedy: () => 'name another folder, or make room; nothing half-written was left',
  },
});
