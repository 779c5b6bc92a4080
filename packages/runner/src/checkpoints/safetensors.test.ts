import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { isCounterweightError } from '@counterweight/core';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';

import { readModelState, writeModelState } from './model-state.js';
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from './safetensors.js';

const joined = (parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);
const encoded = (...given: Parameters<typeof encodeSafetensors>): Uint8Array => joined(encodeSafetensors(...given));
const byName = (tensors: readonly NamedTensor[]): readonly NamedTensor[] =>
  [...tensors].sort((a, b) => (a.name < b.name ? -1 : 1));

/** A file with that header, padded as the format wants it, and so many bytes of values. */
function fileOf(header: unknown, values = 0): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return joined([length, json, Buffer.alloc(values)]);
}

const values = fc.oneof(
  fc.float32Array({ maxLength: 9 }),
  fc.float64Array({ maxLength: 9 }),
  fc.int32Array({ maxLength: 9 }),
  fc.uint8Array({ maxLength: 9 }),
);
const tensors = fc
  .uniqueArray(fc.record({ name: fc.string({ unit: 'binary' }), values }), {
    selector: ({ name }) => name,
    maxLength: 8,
  })
  .map((list) =>
    list
      .filter(({ name }) => !['__proto__', '__metadata__'].includes(name))
      .map((one) => ({ ...one, shape: [one.values.length] })),
  );

describe('safetensors', () => {
  test('any arrays come back bit for bit, NaN and −0 too', () => {
    fc.assert(
      fc.property(tensors, fc.dictionary(fc.string(), fc.string()), (given, metadata) => {
        const { tensors: found, metadata: told } = decodeSafetensors(encoded(given, { ...metadata }), 'f');
        expect(byName(found)).toEqual(byName(given));
        expect(Object.entries(told)).toEqual(Object.entries(metadata));
      }),
      { examples: [[[], JSON.parse('{"__proto__": ""}') as Record<string, string>]] },
    );
  });

  test('values are views of the file, each aligned to its type, whatever the order', () => {
    const bytes = encoded([
      { name: 'u', shape: [3], values: Uint8Array.of(1, 2, 3) },
      { name: 'f', shape: [1, 1], values: Float32Array.of(4) },
      { name: 'd', shape: [], values: Float64Array.of(5) },
    ]);
    const file = new Uint8Array(new ArrayBuffer(bytes.length));
    file.set(bytes);
    for (const tensor of decodeSafetensors(file, 'f').tensors) expect(tensor.values.buffer).toBe(file.buffer);
    // The same from an odd place in memory.
    const odd = new Uint8Array(bytes.length + 1).subarray(1);
    odd.set(bytes);
    expect(decodeSafetensors(odd, 'f')).toEqual(decodeSafetensors(bytes, 'f'));
  });

  test.each(['__proto__', '__metadata__'])('the name %s is refused when written', (name) => {
    expect(() => encodeSafetensors([{ name, shape: [0], values: new Uint8Array(0) }])).toThrow('state-name-invalid');
  });

  test('a name given twice is refused when written', () => {
    const one = { name: 'a', shape: [0], values: new Uint8Array(0) };
    expect(() => encodeSafetensors([one, one])).toThrow('state-name-invalid');
  });
});

describe('a file that is not as the format wants it is refused:', () => {
  const f32 = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
    dtype: 'F32',
    shape,
    data_offsets: [begin, end],
  });
  const huge = Buffer.alloc(16);
  huge.writeBigUInt64LE(2n ** 63n);
  const cases: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['empty', new Uint8Array(0), /0 bytes: too short/],
    ['shorter than a header', new Uint8Array(7), /too short/],
    ['a header longer than the file', huge, /9223372036854775808 bytes; at most 8/],
    ['a header that is not JSON', fileOf('{"a":'), /not JSON/],
    ['a header that is not UTF-8', joined([fileOf('  ').subarray(0, 8), Uint8Array.of(0xff, 0xfe)]), /not JSON/],
    ['a header that is a list', fileOf([]), /no mapping/],
    ['a header that is null', fileOf('null'), /no mapping/],
    ['an unknown type', fileOf({ a: { ...f32(0, 4), dtype: 'BF16' } }, 4), /"a".*dtype/],
    ['an unknown key', fileOf({ a: { ...f32(0, 4), more: 1 } }, 4), /"a".*more/],
    ['no shape', fileOf({ a: { dtype: 'F32', data_offsets: [0, 4] } }, 4), /"a".*shape/],
    ['a negative length', fileOf({ a: f32(0, 4, [-1]) }, 4), /"a".*shape/],
    ['a fraction as offset', fileOf({ a: f32(0, 4.5, [1]) }, 4), /"a".*data_offsets/],
    ['an end before its begin', fileOf({ a: f32(8, 4, [1]) }, 8), /"a".*end stands before/],
    [
      'offsets beyond the file',
      fileOf({ a: f32(0, 400) }, 4),
      /4 bytes of values, the header says 400: it was cut off/,
    ],
    ['an enormous shape', fileOf({ a: f32(0, 4, [2 ** 50, 2 ** 50, 2 ** 50]) }, 4), /has 4 bytes, its shape/],
    ['overlapping tensors', fileOf({ a: f32(0, 8), b: f32(4, 12) }, 12), /"b" starts at byte 4/],
    ['the same bytes for two', fileOf({ a: f32(0, 4), b: f32(0, 4) }, 4), /"b" starts at byte 0/],
    ['a gap', fileOf({ a: f32(0, 4), b: f32(8, 12) }, 12), /"b" starts at byte 8/],
    ['bytes that belong to nothing', fileOf({ a: f32(0, 4) }, 5), /5 bytes of values, the header says 4/],
    [
      'a name twice',
      fileOf(`{"a":${JSON.stringify(f32(0, 4))}, "a" :${JSON.stringify(f32(0, 4))}}`, 4),
      /"a" stands in its header twice/,
    ],
    [
      'a name twice, once escaped',
      fileOf(`{"a":${JSON.stringify(f32(0, 4))},"\\u0061":${JSON.stringify(f32(0, 4))}}`, 4),
      /twice/,
    ],
    [
      'a key of a tensor twice',
      fileOf('{"a":{"dtype":"F32","shape":[],"dtype":"F32","data_offsets":[0,4]}}', 4),
      /"dtype" stands/,
    ],
    ['the name __proto__', fileOf(`{"__proto__":${JSON.stringify(f32(0, 4))}}`, 4), /__proto__/],
    ['metadata that is not text', fileOf({ __metadata__: { a: 1 } }), /metadata/],
  ];
  test.each(cases)('%s', (_, bytes, why) => {
    expect(() => decodeSafetensors(bytes, 'state')).toThrow(
      expect.objectContaining({
        code: 'state-file-invalid',
        exit: 3,
        found: expect.stringMatching(why) as string,
      }) as Error,
    );
  });

  test('a file cut off anywhere, or with any byte changed, is refused or has the same structure', () => {
    const whole = encoded([
      { name: 'a', shape: [2], values: Float32Array.of(1, 2) },
      { name: 'b', shape: [1], values: Int32Array.of(3) },
    ]);
    for (let length = 0; length < whole.length; length++)
      expect(() => decodeSafetensors(whole.subarray(0, length), 'f')).toThrow('state-file-invalid');
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = Uint8Array.from(whole);
        bytes[at]! ^= change;
        try {
          expect(decodeSafetensors(bytes, 'f').tensors).toHaveLength(2);
        } catch (error) {
          expect(isCounterweightError(error), String(error)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the state of a model', () => {
  const entries = [
    { name: 'output/kernel', shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6) },
    { name: 'output/bias', shape: [3], values: Float32Array.of(7, 8, 9) },
  ];
  const folder = (): string => {
    const made = mkdtempSync(join(tmpdir(), 'counterweight-state-'));
    onTestFinished(() => {
      rmSync(made, { recursive: true, force: true });
    });
    return made;
  };

  test('comes back by name and shape from its folder', async () => {
    const path = join(folder(), 'model');
    await writeModelState(path, entries);
    expect(await readModelState(path)).toEqual(entries);
  });

  test.each([
    [
      'missing',
      (file: string) => {
        rmSync(file);
      },
      /ENOENT/,
    ],
    [
      'empty',
      (file: string) => {
        truncateSync(file, 0);
      },
      /too short/,
    ],
    [
      'cut off',
      (file: string) => {
        truncateSync(file, 170);
      },
      /cut off/,
    ],
  ])('%s: an error that says so', async (_, damage, why) => {
    const path = folder();
    await writeModelState(path, entries);
    damage(join(path, 'state.safetensors'));
    await expect(readModelState(path)).rejects.toMatchObject({
      code: 'state-file-invalid',
      found: expect.stringMatching(why) as string,
    });
  });

  test('that cannot be written is told with its place', async () => {
    const path = join(folder(), 'model');
    writeFileSync(path, '');
    await expect(writeModelState(path, entries)).rejects.toMatchObject({ code: 'out-unwritable' });
  });
});

const PYTHON = process.env['SAFETENSORS_PYTHON'] ?? 'python3';
const pythonHas = (): boolean => {
  try {
    execFileSync(PYTHON, ['-c', 'import safetensors.numpy'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

test.skipIf(!pythonHas())(
  'the safetensors package reads what we write, and we what it writes (needs it in SAFETENSORS_PYTHON)',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'counterweight-python-'));
    const [ours, theirs] = [join(folder, 'ours'), join(folder, 'theirs')];
    const given: readonly NamedTensor[] = [
      { name: 'u "8"', shape: [5], values: Uint8Array.of(0, 1, 2, 254, 255) },
      { name: 'ƒ32', shape: [2, 2], values: Float32Array.of(1.5, -0, Infinity, 1e-45) },
      { name: 'i32', shape: [1], values: Int32Array.of(-(2 ** 31)) },
      { name: 'f64', shape: [], values: Float64Array.of(1 / 3) },
      { name: 'none', shape: [0, 3], values: new Float32Array(0) },
    ];
    writeFileSync(ours, encoded(given, { made: 'here' }));
    const program = `
import sys
from safetensors import safe_open
from safetensors.numpy import save_file
with safe_open(sys.argv[1], 'numpy') as f:
    save_file({k: f.get_tensor(k) for k in f.keys()}, sys.argv[2], f.metadata())`;
    execFileSync(PYTHON, ['-c', program, ours, theirs]);
    expect(existsSync(theirs)).toBe(true);
    const { tensors: found, metadata } = decodeSafetensors(readFileSync(theirs), 'theirs');
    rmSync(folder, { recursive: true });
    expect(byName(found)).toEqual(byName(given));
    expect(metadata).toEqual({ made: 'here' });
  },
);
