import type { DataType, KernelBackend, Tensor, TensorInfo } from '@tensorflow/tfjs-core';

/** An attribute of a TensorFlow operation; `type` is one of the binding's `TF_ATTR_…`. */
export interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: boolean | number | string | readonly number[];
}

/** A tensor that the binding holds: freed by `deleteTensor(id)`. */
export interface NativeTensor {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

/** tfjs-node's binding, as far as it is used here. */
export interface NativeBinding {
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_BOOL: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
  readonly TF_Version: string;
  createTensor(shape: readonly number[], dtype: number, values: Float32Array | Int32Array): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array;
  /** Throws what TensorFlow says when the operation refuses. */
  executeOp(name: string, attributes: readonly Attribute[], inputs: readonly number[], outputs: number): NativeTensor[];
}

/** What the backend knows of a tfjs tensor: `values` until its first operation, then `id`. */
interface TensorEntry {
  shape: number[];
  dtype: number;
  values: unknown;
  id: number;
  refCount: number;
}

/** The vendored backend of tfjs-node-gpu, with the parts that its own types hide. */
export interface NativeBackend extends KernelBackend {
  readonly binding: NativeBinding;
  readonly isUsingGpuDevice: boolean;
  readonly tensorMap: {
    get(dataId: object): TensorEntry;
    has(dataId: object): boolean;
  };
  getDTypeInteger(dtype: DataType): number;
  getInputTensorIds(tensors: readonly TensorInfo[]): number[];
  createOutputTensor(tensor: NativeTensor): Tensor;
  executeSingleOutput(name: string, attributes: readonly Attribute[], inputs: readonly TensorInfo[]): Tensor;
  executeMultipleOutputs(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly TensorInfo[],
    outputs: number,
  ): Tensor[];
  getNumOfTFTensors(): number;
}
