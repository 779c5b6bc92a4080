import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';

import type { Mode, Model } from '@counterweight/core';

import { callPlugin, checkedTensor, methodOf } from './plugin-call.js';

/**
 * The logits [batch, classes] of a batch of inputs. Call inside `tidy`.
 * @throws tensor-shape-wrong, plugin-throws
 */
export function forward(model: Model, inputs: Tensor, mode: Mode): Tensor2D {
  const rows = inputs.shape[0];
  const [body, head] = [methodOf(model, 'model', 'features'), methodOf(model, 'model', 'classify')];
  const features = callPlugin(body, () => model.features(inputs, mode));
  checkedTensor(body, features, [rows, 'features']);
  const logits = callPlugin(head, () => model.classify(features));
  return checkedTensor(head, logits, [rows, model.head.bias.size]);
}
