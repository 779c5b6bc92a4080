import type { Model, ModelInput, Parameter } from '@counterweight/core';
import * as tf from '@tensorflow/tfjs-core';

import { assemble } from './assemble.js';
import { innermost } from './body.js';
import { prepareTraining } from './fine-tuning.js';
import type { LayersModelOptions } from './options.js';
import { readModelFiles } from './read-model.js';
import { writeModelFiles } from './save-model.js';
import { variableOf, type Weight } from './weight.js';

/**
 * A layers model of a folder with a new linear head, frozen or fine-tuned. A step walks the parts of the network that
 * `export` saves as a whole, so that what is frozen is not taped.
 *
 * The head starts at 0, so that the first logits are the output bias: a linear layer has no symmetry to break.
 *
 * @param folder absolute
 * @throws the codes of `errors`, but for layers-model-unwritable
 */
export async function layersModel(
  folder: string,
  options: Omit<LayersModelOptions, 'folder'>,
  input: ModelInput,
): Promise<Model> {
  const files = await readModelFiles(folder);
  // Here and not above: importing it registers tfjs' own gradients, which would undo faster ones for a model that is never used.
  const tfl = await import('@tensorflow/tfjs-layers');
  const { whole, standardise, body, head } = await assemble(tfl, folder, files, options, input);
  const seeded = options.frozen ? undefined : prepareTraining(innermost(body));

  const [kernel, bias] = head.weights.map(variableOf) as [tf.Variable<tf.Rank.R2>, tf.Variable<tf.Rank.R1>];
  const moved = new Set<Weight>(options.frozen ? [] : body.trainableWeights);
  const ofBody = (weights: readonly Weight[]): Parameter[] =>
    weights.map((weight) => parameter(`body/${weight.originalName}`, 'body', weight));
  const [mean, variance] = standardise?.weights ?? [];
  const infer = (x: tf.Tensor): tf.Tensor => body.apply(x, { training: false }) as tf.Tensor;
  const standard = (x: tf.Tensor): tf.Tensor =>
    standardise ? withoutGradient(x, () => standardise.apply(x) as tf.Tensor) : x;
  return {
    parameters: [
      ...ofBody(body.weights.filter((weight) => moved.has(weight))),
      { name: 'head/kernel', variable: kernel, group: 'head', decay: true },
      { name: 'head/bias', variable: bias, group: 'head', decay: false },
    ],
    buffers: [
      ...(mean && variance
        ? [parameter('normalise/mean', 'body', mean), parameter('normalise/variance', 'body', variance)]
        : []),
      ...ofBody(body.weights.filter((weight) => !moved.has(weight))),
    ],
    head: { kernel, bias },
    features: (inputs, { training, frozen, random }) =>
      tf.tidy(() => {
        if (!seeded || frozen.has('body')) return withoutGradient(inputs, (x) => infer(standard(x)));
        const x = standard(inputs);
        return training ? seeded(random, () => body.apply(x, { training: true }) as tf.Tensor) : infer(x);
      }) as tf.Tensor2D,
    classify: (features) => tf.tidy(() => tf.add(tf.matMul(features, kernel), bias)),
    export: async (to) => {
      await whole.save({
        save: async (artifacts) => {
          await writeModelFiles(to, artifacts);
          return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
        },
      });
    },
    dispose: () => {
      for (const weight of whole.weights) weight.dispose();
    },
  };
}

const parameter = (name: string, group: Parameter['group'], weight: Weight): Parameter => ({
  name,
  variable: variableOf(weight),
  group,
  decay: name.endsWith('kernel'),
});

/** Nothing inside is taped, so nothing is kept for a gradient that nobody asks for. */
const withoutGradient = (x: tf.Tensor, compute: (x: tf.Tensor) => tf.Tensor): tf.Tensor =>
  tf.customGrad(() => ({ value: compute(x), gradFunc: () => tf.zeros(x.shape) }))(x);
