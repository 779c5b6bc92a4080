/**
 * The safetensors format: 8 bytes with the header's length, a JSON header, then the values, little-endian and without gaps.
 * https://github.com/huggingface/safetensors#format
 */
import type { StateArrays } from '@counterweight/core';

import { errors } from '../errors.js';
import { readHeader, type Dtype, type TensorEntry } from './safetensors-header.js';

export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Row-major; as many as the shape says. */
  readonly values: StateArrays[string];
}

/** Values start at a multiple of this many bytes. */
const ALIGNMENT = 8;
const BYTES: Readonly<Record<Dtype, number>> = { F64: 8, F32: 4, I32: 4, U8: 1 };
const RESERVED = new Set(['__metadata__', '__proto__']);

/**
 * The parts of a file, one after the other: its header, then the values themselves, not copied. Wide types come first,
 * so that every value is aligned without the gaps that the format forbids.
 * @throws state-name-invalid
 */
export function encodeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>> = {},
): readonly Uint8Array[] {
  const names = new Set(RESERVED);
  for (const { name } of tensors) {
    if (names.has(name)) throw errors['state-name-invalid']({ name });
    names.add(name);
  }
  const ordered = [...tensors].sort((a, b) => b.values.BYTES_PER_ELEMENT - a.values.BYTES_PER_ELEMENT);
  const entries: [string, unknown][] = Object.keys(metadata).length === 0 ? [] : [['__metadata__', metadata]];
  let end = 0;
  for (const { name, shape, values } of ordered) {
    const begin = end;
    end += values.byteLength;
    entries.push([name, { dtype: dtypeOf(values), shape, data_offsets: [begin, end] }]);
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const header = Buffer.alloc(ALIGNMENT + length, ' ');
  header.writeBigUInt64LE(BigInt(length));
  header.set(json, ALIGNMENT);
  return [header, ...ordered.map(({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength))];
}

/**
 * What is in a file. Values are views of `bytes` where these are aligned, as those of `encodeSafetensors` are.
 * @param file named in errors
 * @throws state-file-invalid: anything that the format does not allow, other types, names that occur twice
 */
export function decodeSafetensors(
  bytes: Uint8Array,
  file: string,
): { readonly tensors: readonly NamedTensor[]; readonly metadata: Readonly<Record<string, string>> } {
  const { tensors, metadata, start } = readHeader(bytes, file);
  let end = 0;
  for (const { name, dtype, shape, begin, end: own } of [...tensors].sort(
    (a, b) => a.begin - b.begin || a.end - b.end,
  )) {
    const refuse = (why: string) => errors['state-file-invalid']({ file, why: `${JSON.stringify(name)} ${why}` });
    if (begin !== end) throw refuse(`starts at byte ${begin} of the values, the one before it ends at ${end}`);
    const size = shape.reduce((product, length) => product * length, BYTES[dtype]);
    if (own - begin !== size) throw refuse(`has ${own - begin} bytes, its shape and type say ${size}`);
    end = own;
  }
  const found = bytes.length - start;
  if (end !== found) {
    const why = `${found} bytes of values, the header says ${end}${found < end ? ': it was cut off' : ''}`;
    throw errors['state-file-invalid']({ file, why });
  }
  return { metadata, tensors: tensors.map((entry) => ({ ...named(entry), values: valuesOf(bytes, start, entry) })) };
}

const named = ({ name, shape }: TensorEntry) => ({ name, shape });

function valuesOf(bytes: Uint8Array, start: number, { dtype, begin, end }: TensorEntry): NamedTensor['values'] {
  const own = bytes.subarray(start + begin, start + end);
  const { buffer, byteOffset } = own.byteOffset % BYTES[dtype] === 0 ? own : Uint8Array.from(own);
  const length = (end - begin) / BYTES[dtype];
  switch (dtype) {
    case 'F64':
      return new Float64Array(buffer, byteOffset, length);
    case 'F32':
      return new Float32Array(buffer, byteOffset, length);
    case 'I32':
      return new Int32Array(buffer, byteOffset, length);
    case 'U8':
      return new Uint8Array(buffer, byteOffset, length);
  }
}

function dtypeOf(values: NamedTensor['values']): Dtype {
  if (values instanceof Float64Array) return 'F64';
  if (values instanceof Float32Array) return 'F32';
  return values instanceof Int32Array ? 'I32' : 'U8';
}
