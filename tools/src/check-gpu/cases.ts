// Computations that both devices do from the same numbers: the operations of a training step, our kernels, our gradients.
import { randomStream } from '@counterweight/core';
import * as tf from '@tensorflow/tfjs-core';

/** Named arrays. */
export type Results = Readonly<Record<string, Float32Array>>;

type Numbers = (shape: readonly number[], shift?: number) => tf.Tensor;

/** Each computes tensors from numbers that are the same on both devices. */
type Case = (numbers: Numbers) => Readonly<Record<string, tf.Tensor>>;

const gradients = (f: (...x: tf.Tensor[]) => tf.Tensor, x: tf.Tensor[], dy: tf.Tensor): tf.Tensor[] =>
  tf.grads((...given: tf.Tensor[]) => f(...given))(x, dy);

const kernel = (name: string, inputs: Record<string, tf.Tensor>, attributes: Record<string, number | boolean>) =>
  tf.engine().runKernel(name, inputs, attributes) as unknown as tf.Tensor[];

/** y and the gradients of all inputs. */
function differentiated(f: (...x: tf.Tensor[]) => tf.Tensor, x: tf.Tensor[], numbers: Numbers) {
  const y = f(...x);
  const slopes = gradients(f, x, numbers(y.shape));
  return { y, ...Object.fromEntries(slopes.map((slope, i) => [`gradient ${i}`, slope])) };
}

/** Values of which many are equal, as in drawings. */
const steps = (x: tf.Tensor): tf.Tensor => tf.round(tf.mul(x, 2));

function batchNorm(training: boolean, momentum: number, shape: readonly number[], numbers: Numbers) {
  const channels = shape.at(-1)!;
  const [x, dy, scale, offset] = [numbers(shape, 1), numbers(shape), numbers([channels], 1), numbers([channels])];
  const [movingMean, movingVariance] = [numbers([channels]), tf.add(1, tf.square(numbers([channels])))];
  const forward = kernel(
    'CwBatchNorm',
    { x: x, scale: scale, offset: offset, movingMean: movingMean, movingVariance: movingVariance },
    { epsilon: 1e-3, momentum, training },
  );
  const [y, mean, variance, reserve1, reserve2, reserve3] = forward as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const given = { dy: dy, x: x, scale: scale, reserve1, reserve2, reserve3 };
  const [dx, dscale, doffset] = kernel('CwBatchNormGrad', given, { epsilon: 1e-3, training });
  return { y, mean, variance, dx: dx!, dscale: dscale!, doffset: doffset! };
}

/** Three updates in place; a clone keeps what it had. */
function updated(
  name: string,
  state: readonly string[],
  attributes: (step: number) => Record<string, number | boolean>,
) {
  return (numbers: Numbers) => {
    const variable = tf.variable(numbers([40, 30]));
    const memory = Object.fromEntries(state.map((key) => [key, tf.variable(tf.zeros([40, 30]))]));
    const before = tf.clone(variable);
    for (let step = 1; step <= 3; step++) {
      const given =
        name === 'CwAverage'
          ? { toward: numbers([40, 30]) }
          : name === 'CwDecay'
            ? {}
            : { gradient: numbers([40, 30]) };
      kernel(name, { variable, ...memory, ...given }, attributes(step));
    }
    const after = tf.add(variable, 0);
    const kept = Object.fromEntries(Object.entries(memory).map(([key, own]) => [key, tf.add(own, 0)]));
    tf.dispose([variable, ...Object.values(memory)]);
    return { before, after, ...kept };
  };
}

const index = (): tf.Tensor2D => tf.tensor2d([0, 3, 1, 0, 5, 6, 7, 2], [4, 2], 'int32');

const cases: Readonly<Record<string, Case>> = {
  'convolution 3×3': (n) =>
    differentiated(
      (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'),
      [n([8, 16, 16, 5]), n([3, 3, 5, 7])],
      n,
    ),
  'convolution 3×3, stride 2': (n) =>
    differentiated(
      (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 'same'),
      [n([8, 15, 17, 5]), n([3, 3, 5, 7])],
      n,
    ),
  'convolution 1×1, stride 2': (n) =>
    differentiated(
      (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 'valid'),
      [n([8, 16, 16, 5]), n([1, 1, 5, 7])],
      n,
    ),
  'matrix product': (n) => differentiated((a, b) => tf.matMul(a, b), [n([64, 300]), n([300, 200])], n),
  'bias and relu': (n) => differentiated((x, b) => tf.relu(tf.add(x, b)), [n([8, 9, 9, 6]), n([6])], n),
  'max-pooling 2×2 with ties': (n) =>
    differentiated((x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'), [steps(n([8, 16, 16, 5]))], n),
  'max-pooling 3×3': (n) => differentiated((x) => tf.maxPool(x as tf.Tensor4D, 3, 2, 'same'), [n([8, 15, 15, 5])], n),
  'mean over places': (n) => differentiated((x) => tf.mean(x, [1, 2]), [n([8, 7, 7, 6])], n),
  'CwBatchNorm, training': (n) => batchNorm(true, 0.1, [16, 6, 5, 8], n),
  'CwBatchNorm, its own statistics alone': (n) => batchNorm(true, 1, [16, 6, 5, 8], n),
  'CwBatchNorm, of vectors': (n) => batchNorm(true, 0.3, [64, 1, 1, 32], n),
  'CwBatchNorm, one row': (n) => batchNorm(true, 0.3, [1, 1, 1, 32], n),
  'CwBatchNorm, fixed statistics': (n) => batchNorm(false, 0.1, [16, 6, 5, 8], n),
  CwAdam: updated('CwAdam', ['m', 'v'], (step) => ({
    learningRate: 0.01,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-7,
    step,
  })),
  CwMomentum: updated('CwMomentum', ['accumulator'], () => ({ learningRate: 0.01, momentum: 0.9, nesterov: true })),
  CwAverage: updated('CwAverage', [], () => ({ share: 0.1 })),
  CwDecay: updated('CwDecay', [], () => ({ rate: 0.1 })),
  CwSquaredNorm: (n) => ({ norm: kernel('CwSquaredNorm', { x: n([1000]) }, {})[0]! }),
  'curves of losses': (n) => {
    const z = tf.mul(n([64, 50]), 10);
    const [p, q] = [tf.sigmoid(z), tf.sigmoid(tf.neg(z))];
    const away = tf.softplus(tf.mul(z, 4)); // to ±100: tails
    return {
      p,
      q,
      away,
      powers: tf.pow(p, tf.scalar(1.5)),
      logs: tf.log1p(tf.square(z)),
      hill: tf.where(tf.greater(z, 0), p, q),
    };
  },
  'listed entries': (n) => {
    const x = n([8, 7]) as tf.Tensor2D;
    const again = tf.concat([index(), tf.tensor2d([2, 2], [1, 2], 'int32')]); // whole numbers stay on the host
    const rows = tf.gather(x, tf.tensor1d([3, 3, 0], 'int32'));
    return { gathered: tf.gatherND(x, again), replaced: tf.tensorScatterUpdate(x, index(), n([4])), rows };
  },
  'the largest, ties to the lower index': (n) => {
    const { values, indices } = tf.topk(steps(n([6, 40])), 9);
    return { values, indices: tf.cast(indices, 'float32') };
  },
};

/** Everything, on the device that is loaded. */
export function computeCases(): Results {
  const results: Record<string, Float32Array> = {};
  for (const [name, compute] of Object.entries(cases))
    tf.tidy(() => {
      const random = randomStream(11).fork(name);
      const numbers: Numbers = (shape, shift = 0) => {
        const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal() + shift);
        return tf.tensor(values, [...shape]);
      };
      for (const [part, tensor] of Object.entries(compute(numbers)))
        results[`${name}: ${part}`] = Float32Array.from(tensor.dataSync());
    });
  return results;
}
