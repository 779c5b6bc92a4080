// Attributes of TensorFlow's operations, as its documentation names and types them.
import type { Attribute, NativeBinding } from './backend.js';

/** Makers of attributes; the codes of their kinds are the binding's. */
export interface AttributeMakers {
  /** T = float32 unless named otherwise. */
  float32(name?: string): Attribute;
  int32(name: string): Attribute;
  type(name: string, code: number): Attribute;
  bool(name: string, value: boolean): Attribute;
  float(name: string, value: number): Attribute;
  ints(name: string, values: readonly number[]): Attribute;
  shape(name: string, values: readonly number[]): Attribute;
  string(name: string, value: string): Attribute;
}

export function attributeMakers(binding: NativeBinding): AttributeMakers {
  const type = (name: string, value: number): Attribute => ({ name, type: binding.TF_ATTR_TYPE, value });
  return {
    float32: (name = 'T') => type(name, binding.TF_FLOAT),
    int32: (name) => type(name, binding.TF_INT32),
    type,
    bool: (name, value) => ({ name, type: binding.TF_ATTR_BOOL, value }),
    float: (name, value) => ({ name, type: binding.TF_ATTR_FLOAT, value }),
    ints: (name, value) => ({ name, type: binding.TF_ATTR_INT, value }),
    shape: (name, value) => ({ name, type: binding.TF_ATTR_SHAPE, value }),
    string: (name, value) => ({ name, type: binding.TF_ATTR_STRING, value }),
  };
}
