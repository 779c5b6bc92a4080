import type * as tf from '@tensorflow/tfjs-core';

import { attributeMakers } from '../attributes.js';
import type { NativeBackend } from '../backend.js';
import { type FastGradient, isNative } from './fast-gradient.js';

const WINDOW = [1, 2, 2, 1];

interface PoolAttributes {
  readonly filterSize: number | readonly number[];
  readonly strides: number | readonly number[];
}

/**
 * Max-pooling by 2×2 windows that tile the image: dx = m · spread(dy / n), m = (x = y) marking each window's largest cells and n
 * counting them. TensorFlow's own MaxPoolGrad runs on one thread and gives everything to the first of n equal cells; dividing is another
 * subgradient, and one that does not favour a corner in flat areas of drawings. Other windows keep the stock gradient.
 */
export const maxPoolGradient: FastGradient = {
  kernelName: 'MaxPool',
  create(backend, stock) {
    const divided = dividedGradient(backend);
    return {
      inputsToSave: ['x'],
      outputsToSave: [true],
      gradFunc: (dy, [x, y], attrs) =>
        isNative(backend, x!) && isTiling(x!, attrs as unknown as PoolAttributes)
          ? { x: () => divided(dy, x!, y!) }
          : stock.gradFunc(dy, [x!, y!], attrs),
    };
  },
};

/** Even sizes leave nothing to pad, whatever the padding. */
function isTiling({ shape: [, height = 0, width = 0] }: tf.Tensor, { filterSize, strides }: PoolAttributes): boolean {
  const isTwo = (size: number | readonly number[]) => [size].flat().every((side) => side === 2);
  return isTwo(filterSize) && isTwo(strides) && height % 2 === 0 && width % 2 === 0;
}

function dividedGradient(backend: NativeBackend) {
  const { binding } = backend;
  const make = attributeMakers(binding);
  const T = make.float32();
  const reshape = [T, make.int32('Tshape')];
  const equal = [T, make.bool('incompatible_shape_error', true)];
  const cast = [make.type('SrcT', binding.TF_BOOL), make.type('DstT', binding.TF_FLOAT), make.bool('Truncate', false)];
  const pool = [
    T,
    make.ints('ksize', WINDOW),
    make.ints('strides', WINDOW),
    make.string('padding', 'VALID'),
    make.string('data_format', 'NHWC'),
  ];

  return (dy: tf.Tensor, x: tf.Tensor, y: tf.Tensor): tf.Tensor => {
    const temporary: number[] = [];
    const keep = (id: number): number => {
      temporary.push(id);
      return id;
    };
    const run = (...operation: Parameters<typeof binding.executeOp>) => keep(binding.executeOp(...operation)[0]!.id);
    const shape = (sizes: readonly number[]) =>
      keep(binding.createTensor([sizes.length], binding.TF_INT32, Int32Array.from(sizes)));
    try {
      const [b, h, w, c] = x.shape as [number, number, number, number];
      const [dyId, xId, yId] = backend.getInputTensorIds([dy, x, y]) as [number, number, number];
      const whole = shape(x.shape);
      const windows = run('Reshape', reshape, [xId, shape([(b * h) / 2, 2, w / 2, 2, c])], 1);
      const maxima = run('Reshape', reshape, [yId, shape([(b * h) / 2, 1, w / 2, 1, c])], 1);
      const marks = run('Cast', cast, [run('Equal', equal, [windows, maxima], 1)], 1);
      const m = run('Reshape', reshape, [marks, whole], 1);
      // The mean of a window's marks is n/4, and AvgPoolGrad gives each cell a quarter: together dy/n.
      const perQuarter = run('RealDiv', [T], [dyId, run('AvgPool', pool, [m], 1)], 1);
      const spread = run('AvgPoolGrad', pool, [whole, perQuarter], 1);
      return backend.createOutputTensor(binding.executeOp('Mul', [T], [m, spread], 1)[0]!);
    } finally {
      for (const id of temporary) binding.deleteTensor(id);
    }
  };
}
