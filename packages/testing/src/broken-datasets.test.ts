/** Every check of a data set catches a plugin that breaks its law. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import {
  CACHE_FOLDER,
  csr,
  definePlugin,
  labelsFromRows,
  z,
  type AnyPlugin,
  type Dataset,
  type Inputs,
} from '@counterweight/core';
import { expect, test } from 'vitest';

import { datasetChecks, datasetConformance } from './conformance.js';
import { otherFingerprints, sameInputs } from './dataset-comparisons.js';
import { proven, type Broken } from './fixtures/proven.js';
import { tinyDataset } from './tiny-dataset.js';

const options = z.strictObject({ version: z.int().default(1) });
const plugin = (
  create: (instance: number) => Dataset | Promise<Dataset>,
  inputs?: () => Inputs,
): AnyPlugin<'dataset'> => {
  let instances = 0;
  return definePlugin({
    kind: 'dataset',
    name: 'broken',
    options,
    create: () => create(instances++),
    ...(inputs && { inputs }),
  });
};
/** The tiny data set but for something. */
const but = (change: (dataset: Dataset, instance: number) => Partial<Dataset>): AnyPlugin<'dataset'> =>
  plugin((instance) => {
    const dataset = tinyDataset();
    return { ...dataset, ...change(dataset, instance) };
  });
const reading = (
  read: (dataset: Dataset, ...given: Parameters<Dataset['read']>) => Promise<void>,
): AnyPlugin<'dataset'> => but((dataset) => ({ read: (examples, into) => read(dataset, examples, into) }));
const splits = (train: number[], validation: number[] = [], test: number[] = []): AnyPlugin<'dataset'> =>
  but(() => ({
    splits: { train: Int32Array.from(train), validation: Int32Array.from(validation), test: Int32Array.from(test) },
  }));

const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
let reads = 0;

const broken: Broken<'dataset'> = {
  'an unknown option is refused and the options have a JSON Schema': {
    'a loose schema': definePlugin({ kind: 'dataset', name: 'broken', options: z.object({}), create: tinyDataset }),
  },
  'every column of the labels is a class with a name of its own': {
    'one too many': but(({ classes }) => ({ classes: [...classes, 'another'] })),
    'a name twice': but(() => ({ classes: ['a', 'b', 'c', 'd', 'a'] })),
    'no name': but(() => ({ classes: ['a', 'b', 'c', 'd', ''] })),
  },
  'labels are what sparseLabels accepts': {
    'classes out of order': but(({ labels }) => ({
      labels: { ...labels, positives: csr([[4, 2], ...Array.from({ length: 21 }, () => [])], 5) },
    })),
    'no example': but(() => ({ labels: labelsFromRows([], 5) })),
  },
  'splits ascend within the examples and share none; train has some': {
    'out of order': splits([3, 1, 2]),
    'an example twice': splits([1, 1, 2]),
    'an example of two splits': splits([1, 2, 3], [3, 4]),
    'an example that is not there': splits([1, 2], [], [22]),
    'nothing to train on': splits([], [1, 2]),
    'another kind of list': but(({ splits }) => ({ splits: { ...splits, test: [1] as unknown as Int32Array } })),
  },
  'an example is [height, width, channels] or [features], of uint8 or float32': {
    'a batch': but(() => ({ input: { shape: [1, 4, 4, 3], dtype: 'uint8' } })),
    'no side': but(() => ({ input: { shape: [0], dtype: 'uint8' } })),
    int32: but(() => ({ input: { shape: [48], dtype: 'int32' as 'uint8' } })),
  },
  'every example has a name of its own, the same in every instance': {
    'one for all': but(() => ({ id: () => 'example' })),
    'none for some': but(() => ({ id: (example) => (example < 20 ? `${example}` : '') })),
    'by the instance': but((_, instance) => ({ id: (example) => `${instance}/${example}` })),
  },
  'weights of examples, if any, are finite and at least 0, one for each': {
    'of the training split only': but(({ splits }) => ({ exampleWeights: new Float32Array(splits.train.length) })),
    negative: but(() => ({ exampleWeights: new Float32Array(22).fill(-1) })),
    infinite: but(() => ({ exampleWeights: new Float32Array(22).fill(Infinity) })),
    'all 0': but(() => ({ exampleWeights: new Float32Array(22) })),
  },
  'two instances have the same labels, splits and fingerprint': {
    'a fingerprint of the instance': but((_, instance) => ({ fingerprint: `${instance}` })),
    'no fingerprint': but(() => ({ fingerprint: '' })),
    'splits dealt anew': but((_, instance) => ({
      splits: { train: Int32Array.of(instance, 5), validation: Int32Array.of(), test: Int32Array.of() },
    })),
  },
  'the optimum, if any, has a row of logits for each example asked': {
    'a row for every example there is': but(() => ({
      optimum: () => ({ rows: 22, columns: 5, block: (from, to) => new Float32Array((to - from) * 5) }),
    })),
    NaN: but(() => ({
      optimum: ({ length }) => ({
        rows: length,
        columns: 5,
        block: (from, to) => new Float32Array((to - from) * 5).fill(NaN),
      }),
    })),
    'rows counted from the block': but(() => ({
      optimum: ({ length }) => ({
        rows: length,
        columns: 5,
        block: (from, to) => Float32Array.from({ length: (to - from) * 5 }, (_, i) => i),
      }),
    })),
  },
  'a read fills the rows asked for, in their order, repeats too': {
    'sorted first': reading((dataset, examples, into) => dataset.read(examples.toSorted(), into)),
    'sorted in place': reading((dataset, examples, into) => {
      const order = examples.slice();
      examples.sort();
      return dataset.read(order, into);
    }),
    'each example once': reading((dataset, examples, into) => dataset.read(Int32Array.from(new Set(examples)), into)),
  },
  'a read writes every number of its rows and none beside them': {
    'black pixels passed over': reading(async ({ read }, examples, into) => {
      const bytes = new Uint8Array(into.length);
      await read(examples, bytes);
      bytes.forEach((byte, i) => {
        if (byte > 20) into[i] = byte;
      });
    }),
    'a byte more': reading(async ({ read }, examples, into) => {
      await read(examples, into);
      new Uint8Array(into.buffer).fill(0, into.byteOffset + into.length, into.byteOffset + into.length + 1);
    }),
    'the memory from its start': reading(({ read }, examples, into) => read(examples, new Uint8Array(into.buffer))),
  },
  'reads under way at once do not mix': {
    'one place for all': but(({ read }) => {
      let asked: Int32Array;
      return {
        read: async (examples, into) => {
          asked = examples;
          await later();
          await read(asked.slice(0, examples.length), into);
        },
      };
    }),
  },
  'an example has the same bytes again, and in an instance that finds a cache': {
    augmented: reading(async ({ read }, examples, into) => {
      await read(examples, into);
      into[0]! ^= ++reads;
    }),
    'rows kept where they were read': but(({ read }) => {
      const kept = new Map<number, Uint8Array | Float32Array>();
      return {
        read: async (examples, into) => {
          const size = into.length / examples.length;
          for (const [i, example] of examples.entries()) {
            const row = into.subarray(i * size, (i + 1) * size);
            if (kept.has(example)) row.set(kept.get(example)!);
            else await read(Int32Array.of(example), row);
            kept.set(example, row);
          }
        },
      };
    }),
    'a cache of the rows read, under one name': definePlugin({
      kind: 'dataset',
      name: 'broken',
      options,
      inject: [CACHE_FOLDER],
      create: async (_, folder) => {
        await mkdir(folder, { recursive: true });
        const dataset = tinyDataset();
        const file = join(folder, 'kept');
        const kept = await readFile(file).catch(() => undefined);
        return {
          ...dataset,
          read: async (examples, into) => {
            await dataset.read(examples, into);
            if (kept) into.set(kept.subarray(0, into.length));
            else await writeFile(file, into.slice(1));
          },
        };
      },
    }),
  },
  'numbers are finite': {
    NaN: but(() => ({
      input: { shape: [2], dtype: 'float32' },
      read: (_, into) => Promise.resolve(void into.fill(NaN)),
    })),
  },
  'it closes, twice too; a read after that rejects or reads the same': {
    'once only': but(() => {
      let isOpen = true;
      return { close: () => (isOpen ? Promise.resolve(void (isOpen = false)) : Promise.reject(new Error('closed'))) };
    }),
    'blank afterwards': but(({ read }) => {
      let isOpen = true;
      return {
        read: (examples, into) => (isOpen ? read(examples, into) : Promise.resolve(void into.fill(0))),
        close: () => Promise.resolve(void (isOpen = false)),
      };
    }),
  },
};

proven(datasetChecks, broken);

const { id, read, close } = tinyDataset();
const inputs: Inputs = {
  count: 3,
  id: (i) => id(i + 4),
  read: (asked, into) =>
    read(
      asked.map((i) => i + 4),
      into,
    ),
  close,
};

proven([otherFingerprints([{ version: 2 }]), sameInputs('anywhere')], {
  'other data have another fingerprint': { 'one for all': plugin(tinyDataset) },
  '`inputs` reads the same bytes under the same names': {
    'no inputs': plugin(tinyDataset),
    'names of its own': plugin(tinyDataset, () => ({ ...inputs, id: String })),
    'one name for all': plugin(tinyDataset, () => ({ ...inputs, id: () => id(0) })),
    'another scale': plugin(tinyDataset, () => ({
      ...inputs,
      read: async (examples, into) => {
        await inputs.read(examples, into);
        into.forEach((byte, i) => (into[i] = byte >> 1));
      },
    })),
  },
});

test('a plugin with `inputs` has to give a path for them', () => {
  const what = { test: () => undefined, plugin: plugin(tinyDataset, () => inputs) };
  expect(() => datasetConformance(what)).toThrow('unlabelled');
});

const versions: AnyPlugin<'dataset'> = definePlugin({
  kind: 'dataset',
  name: 'tiny',
  options,
  create: ({ version }) => ({ ...tinyDataset(), fingerprint: `version ${version}` }),
  inputs: () => inputs,
});
datasetConformance({ test, plugin: versions, others: [{ version: 2 }], unlabelled: 'anywhere' });
