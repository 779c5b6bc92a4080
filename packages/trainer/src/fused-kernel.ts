import * as tf from '@tensorflow/tfjs-core';
import type { KernelConfig, NamedAttrMap, NamedTensorInfoMap } from '@tensorflow/tfjs-core';

/** Updates variables in place. */
export type Update = (inputs: NamedTensorInfoMap, attributes: NamedAttrMap) => void;

/** A kernel that the engine registered under a name of ours for the current backend, if it did. */
export function fusedKernel(name: 'CwAdam' | 'CwAverage' | 'CwDecay' | 'CwMomentum'): Update | undefined {
  const kernel = tf.getKernel(name, tf.getBackend()) as KernelConfig | undefined;
  if (!kernel) return undefined;
  const backend = tf.backend();
  return (inputs, attrs) => {
    kernel.kernelFunc({ inputs, attrs, backend });
  };
}
