// TensorFlow's fused optimiser operations work on its own variables ("resources"), tfjs' variables are plain tensors. A few resources, made
// once, take turns: each adopts a tensor's memory, the operation changes it in place, and the tensor gets it back. Nothing is copied.
import * as tf from '@tensorflow/tfjs-core';

import { attributeMakers } from '../attributes.js';
import type { NativeBackend } from '../backend.js';
import { constant } from './kernel.js';

/** How many tensors an operation may change at once: Adam's three. */
const PLACES = 3;

export interface Resources {
  /** Runs an operation that changes the memory of `tensors`; it is given their resources, in order. */
  readonly change: (tensors: readonly tf.TensorInfo[], operation: (resources: readonly number[]) => void) => void;
  /** Puts another native tensor in the place of a tensor's own. */
  readonly replace: (tensor: tf.TensorInfo, compute: (id: number) => number) => void;
  /** A native scalar, kept until the same name gets another value. */
  readonly scalar: (name: string, value: number) => number;
}

let instances = 0;

export function createResources(backend: NativeBackend, names: readonly string[]): Resources {
  const { binding } = backend;
  const make = attributeMakers(binding);
  const dtype = make.float32('dtype');
  const instance = instances++;
  const resources = Array.from({ length: PLACES }, (_, place) => {
    const name = make.string('shared_name', `counterweight-${process.pid}-${instance}-${place}`);
    // The shape is no bound: assignment does not check it.
    const attributes = [dtype, make.shape('shape', []), name, make.string('container', '')];
    return binding.executeOp('VarHandleOp', attributes, [], 1)[0]!.id;
  });
  const scalars = new Map(names.map((name) => [name, { value: 0, id: constant(backend, [], [0]) }]));
  const assign = (resource: number, id: number) => binding.executeOp('AssignVariableOp', [dtype], [resource, id], 0);
  const own = ownership(backend);

  return {
    change(tensors, operation) {
      const used = resources.slice(0, tensors.length);
      const entries = tensors.map(own);
      entries.forEach((entry, i) => {
        assign(used[i]!, entry.id);
        // The resource must be alone with the memory, or the operation copies it first.
        binding.deleteTensor(entry.id);
      });
      try {
        operation(used);
      } finally {
        entries.forEach((entry, i) => {
          entry.id = binding.executeOp('ReadVariableOp', [dtype], [used[i]!], 1)[0]!.id;
        });
      }
    },
    replace(tensor, compute) {
      const entry = own(tensor);
      const id = compute(entry.id);
      binding.deleteTensor(entry.id);
      entry.id = id;
    },
    scalar(name, value) {
      const known = scalars.get(name)!;
      if (!Object.is(known.value, value)) {
        binding.deleteTensor(known.id);
        Object.assign(known, { value, id: constant(backend, [], [value]) });
      }
      return known.id;
    },
  };
}

/**
 * The backend's entry of a tensor whose memory nobody else sees. tfjs may share a tensor's memory with the array that it came from, and clones
 * share their entry: a tensor is copied when it is first seen, and a variable whenever it has clones.
 */
function ownership(backend: NativeBackend) {
  const owned = new WeakSet();
  const identity = [attributeMakers(backend.binding).float32()];
  const copy = (id: number): number => {
    const zero = constant(backend, [], [0]);
    try {
      return backend.binding.executeOp('AddV2', identity, [id, zero], 1)[0]!.id;
    } finally {
      backend.binding.deleteTensor(zero);
    }
  };
  return (tensor: tf.TensorInfo) => {
    if (tensor instanceof tf.Variable && backend.refCount(tensor.dataId) > 1) {
      const alone = tf.add(tensor, 0);
      tensor.assign(alone);
      alone.dispose();
    }
    const [id] = backend.getInputTensorIds([tensor]) as [number];
    const entry = backend.tensorMap.get(tensor.dataId);
    if (!owned.has(tensor.dataId)) {
      entry.id = copy(id);
      backend.binding.deleteTensor(id);
      owned.add(tensor.dataId);
    }
    return entry;
  };
}
