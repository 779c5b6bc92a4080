import type { TensorInfo } from '@tensorflow/tfjs-core';

import { attributeMakers } from '../attributes.js';
import type { NativeBackend } from '../backend.js';
import { kernel, type Kernel } from './kernel.js';

/** `CwSquaredNorm` by TensorFlow's L2Loss. */
export function squaredNorm(backend: NativeBackend): Kernel {
  const attributes = [attributeMakers(backend.binding).float32()];
  return kernel<{ x: TensorInfo }, object>('CwSquaredNorm', ({ x }) => [
    backend.executeSingleOutput('L2Loss', attributes, [x]),
  ]);
}
