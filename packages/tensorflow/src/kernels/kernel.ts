import type { NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';

import type { NativeBackend } from '../backend.js';

/** A kernel of this backend, before it has the backend's name. */
export interface Kernel {
  readonly kernelName: string;
  readonly kernelFunc: (parameters: { inputs: NamedTensorInfoMap; attrs?: object; backend: unknown }) => TensorInfo[];
}

/** Kernels are called through tfjs' untyped registry: this says once what each takes. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- named by the caller
export function kernel<Inputs extends Record<keyof Inputs, TensorInfo>, Attributes extends object>(
  kernelName: string,
  run: (inputs: Inputs, attributes: Attributes) => TensorInfo[],
): Kernel {
  return { kernelName, kernelFunc: ({ inputs, attrs }) => run(inputs as unknown as Inputs, attrs as Attributes) };
}

/** A native tensor of 32-bit floats that outlives every tidy; tfjs does not count it. */
export const constant = ({ binding }: NativeBackend, shape: readonly number[], values: readonly number[]): number =>
  binding.createTensor(shape, binding.TF_FLOAT, Float32Array.from(values));
