import type { TensorInfo } from '@tensorflow/tfjs-core';

import { attributeMakers } from '../attributes.js';
import type { NativeBackend } from '../backend.js';
import { kernel, type Kernel } from './kernel.js';
import { createResources } from './resources.js';

interface AdamInputs {
  readonly variable: TensorInfo;
  readonly m: TensorInfo;
  readonly v: TensorInfo;
  readonly gradient: TensorInfo;
}

interface AdamAttributes {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly step: number;
}

interface MomentumInputs {
  readonly variable: TensorInfo;
  readonly accumulator: TensorInfo;
  readonly gradient: TensorInfo;
}

interface MomentumAttributes {
  readonly learningRate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
}

const SCALARS = ['power1', 'power2', 'learningRate', 'beta1', 'beta2', 'epsilon', 'momentum', 'left', 'share'];

/** `CwAdam`, `CwMomentum`, `CwAverage` by TensorFlow's operations on resources; `CwDecay`. */
export function optimizerKernels(backend: NativeBackend): Kernel[] {
  const { binding } = backend;
  const make = attributeMakers(binding);
  const { change, replace, scalar } = createResources(backend, SCALARS);
  const idOf = (tensor: TensorInfo): number => backend.getInputTensorIds([tensor])[0]!;
  const nesterov = (value: boolean) => [
    make.float32(),
    make.bool('use_locking', false),
    make.bool('use_nesterov', value),
  ];

  const adam = kernel<AdamInputs, AdamAttributes>(
    'CwAdam',
    ({ variable, m, v, gradient }, { learningRate, beta1, beta2, epsilon, step }) => {
      change([variable, m, v], (resources) => {
        const inputs = [
          ...resources,
          scalar('power1', beta1 ** step),
          scalar('power2', beta2 ** step),
          scalar('learningRate', learningRate),
          scalar('beta1', beta1),
          scalar('beta2', beta2),
          scalar('epsilon', epsilon),
          idOf(gradient),
        ];
        binding.executeOp('ResourceApplyAdam', nesterov(false), inputs, 0);
      });
      return [];
    },
  );

  const momentum = kernel<MomentumInputs, MomentumAttributes>(
    'CwMomentum',
    ({ variable, accumulator, gradient }, attributes) => {
      change([variable, accumulator], (resources) => {
        const inputs = [
          ...resources,
          scalar('learningRate', attributes.learningRate),
          idOf(gradient),
          scalar('momentum', attributes.momentum),
        ];
        binding.executeOp('ResourceApplyMomentum', nesterov(attributes.nesterov), inputs, 0);
      });
      return [];
    },
  );

  const lock = make.bool('use_locking', false);
  const average = kernel<{ variable: TensorInfo; toward: TensorInfo }, { share: number }>(
    'CwAverage',
    ({ variable, toward }, { share }) => {
      const difference = binding.executeOp('Sub', [make.float32()], [idOf(variable), idOf(toward)], 1)[0]!.id;
      try {
        change([variable], (resources) => {
          const inputs = [...resources, scalar('share', share), difference];
          binding.executeOp('ResourceApplyGradientDescent', [make.float32(), lock], inputs, 0);
        });
      } finally {
        binding.deleteTensor(difference);
      }
      return [];
    },
  );

  const multiply = [make.float32()];
  // By `assign` the variable would be a new tensor to Adam, which copies what it has not seen.
  const decay = kernel<{ variable: TensorInfo }, { rate: number }>('CwDecay', ({ variable }, { rate }) => {
    replace(variable, (id) => binding.executeOp('Mul', multiply, [id, scalar('left', 1 - rate)], 1)[0]!.id);
    return [];
  });
  return [adam, momentum, average, decay];
}
