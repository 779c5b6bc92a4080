/** The header of a safetensors file, read strictly: whoever made the file, nothing is allocated because a number says so. */
import { z } from '@counterweight/core';

import { errors } from '../errors.js';

export type Dtype = 'F64' | 'F32' | 'I32' | 'U8';

/** Where one tensor lies; offsets in bytes from the start of the values. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly tensors: readonly TensorEntry[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Where the values start, in bytes from the start of the file. */
  readonly start: number;
}

const LENGTH_BYTES = 8;
/** Of a header: over a hundred thousand tensors fit. */
const MOST_BYTES = 2 ** 24;

const size = z.int().min(0);
const tensor = z.strictObject({
  dtype: z.enum(['F64', 'F32', 'I32', 'U8']),
  shape: z.array(size).max(32),
  data_offsets: z.tuple([size, size]).refine(([begin, end]) => begin <= end, 'the end stands before the begin'),
});

/** @throws state-file-invalid */
export function readHeader(bytes: Uint8Array, file: string): Header {
  const refuse = (why: string) => errors['state-file-invalid']({ file, why });
  if (bytes.length < LENGTH_BYTES) throw refuse(`${bytes.length} bytes: too short for a header`);
  const length = Buffer.from(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).readBigUInt64LE();
  const most = Math.min(bytes.length - LENGTH_BYTES, MOST_BYTES);
  if (length > most) throw refuse(`its header would have ${length} bytes; at most ${most} are possible`);
  const start = LENGTH_BYTES + Number(length);

  const tensors: TensorEntry[] = [];
  let metadata: Header['metadata'] = {};
  for (const [name, value] of Object.entries(parse(bytes.subarray(LENGTH_BYTES, start), refuse))) {
    const what = `${JSON.stringify(name)} in its header`;
    if (name === '__proto__') throw refuse(`${what} is no name`);
    if (name === '__metadata__') {
      if (!isTexts(value)) throw refuse(`${what} holds something that is no text`);
      metadata = value;
      continue;
    }
    const found = tensor.safeParse(value);
    if (!found.success) {
      const { path = [], message = '' } = found.error.issues[0] ?? {};
      throw refuse(`${what}: ${[...path.map(String), message].join(': ')}`);
    }
    const { dtype, shape, data_offsets } = found.data;
    tensors.push({ name, dtype, shape, begin: data_offsets[0], end: data_offsets[1] });
  }
  return { tensors, metadata, start };
}

/** Not `z.record`: it drops the key "__proto__". */
const isTexts = (value: unknown): value is Readonly<Record<string, string>> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((text) => typeof text === 'string');

function parse(bytes: Uint8Array, refuse: (why: string) => Error): object {
  let header: unknown;
  let repeated: string | undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    header = JSON.parse(text);
    repeated = repeatedKey(text);
  } catch (error) {
    throw refuse(`its header is not JSON: ${(error as Error).message}`);
  }
  if (repeated !== undefined) throw refuse(`${JSON.stringify(repeated)} stands in its header twice`);
  if (typeof header !== 'object' || header === null || Array.isArray(header)) throw refuse('its header is no mapping');
  return header;
}

/** Of two equal keys in a mapping JSON.parse keeps the last; here they are found. `json` is valid. */
function repeatedKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (const [token] of json.matchAll(/"(?:[^"\\]+|\\.)*"(?:\s*:)?|[{}]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (token.endsWith(':')) {
      const key = JSON.parse(token.slice(0, -1)) as string;
      if (open.at(-1)?.has(key)) return key;
      open.at(-1)?.add(key);
    }
  }
  return undefined;
}
