/** Folders that are broken or malicious: a code of the catalogue, and nothing outside is read. */
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync, readdirSync, chmodSync } from 'node:fs';
import { join } from 'node:path';

import { isCounterweightError } from '@counterweight/core';
import { loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';

import { create, type Files, filesOf, newFolder, smallModel, writeFiles, write } from './fixtures/models.js';

let files: Files;
beforeAll(async () => {
  if (!(await loadEngine().catch(() => undefined))) await tf.setBackend('cpu');
  const model = smallModel();
  files = await filesOf(model);
  model.dispose();
});

interface Manifest {
  weightsManifest: { paths: string[]; weights: { name: string; shape: number[]; dtype: string }[] }[];
}
/** model.json, changed. */
const changed = (change: (json: Manifest & Record<string, unknown>) => void): string => {
  const json = structuredClone(files.json) as unknown as Manifest & Record<string, unknown>;
  change(json);
  return writeFiles({ ...files, json });
};
const withJson = (text: string): string => {
  const folder = writeFiles(files);
  writeFileSync(join(folder, 'model.json'), text);
  return folder;
};

const broken: Record<string, [code: string, make: () => string]> = {
  'no folder': ['layers-model-file-missing', () => join(newFolder(), 'nothing')],
  'an empty folder': ['layers-model-file-missing', newFolder],
  'a model.json that is a folder': [
    'layers-model-file-missing',
    () => {
      const folder = newFolder();
      mkdirSync(join(folder, 'model.json'));
      return folder;
    },
  ],
  'a link that leads to itself': [
    'layers-model-file-missing',
    () => {
      const folder = newFolder();
      symlinkSync('model.json', join(folder, 'model.json'));
      return folder;
    },
  ],
  'no weight file': [
    'layers-model-file-missing',
    () => {
      const folder = writeFiles(files);
      rmSync(join(folder, 'w.bin'));
      return folder;
    },
  ],
  'weights that are cut off': [
    'layers-model-weights-size',
    () => writeFiles({ ...files, weights: { 'w.bin': files.weights['w.bin']!.slice(0, -3) } }),
  ],
  'weights of another model': [
    'layers-model-weights-size',
    () => writeFiles({ ...files, weights: { 'w.bin': new Uint8Array(1000) } }),
  ],
  'an empty model.json': ['layers-model-file-invalid', () => withJson('')],
  'a model.json that is cut off': [
    'layers-model-file-invalid',
    () => withJson(JSON.stringify(files.json).slice(0, 500)),
  ],
  'a list': ['layers-model-file-invalid', () => withJson('[]')],
  null: ['layers-model-file-invalid', () => withJson('null')],
  'a million brackets': ['layers-model-file-invalid', () => withJson('['.repeat(1e6))],
  'a graph model': [
    'layers-model-is-graph',
    () => withJson(JSON.stringify({ format: 'graph-model', modelTopology: { node: [] }, weightsManifest: [] })),
  ],
  'a graph model of an old converter': [
    'layers-model-is-graph',
    () => withJson(JSON.stringify({ modelTopology: { node: [], versions: {} }, weightsManifest: [] })),
  ],
  'a path that leads out': [
    'layers-model-path-outside',
    () => changed((json) => (json.weightsManifest[0]!.paths = ['../w.bin'])),
  ],
  'an absolute path': [
    'layers-model-path-outside',
    () => changed((json) => (json.weightsManifest[0]!.paths = ['/etc/passwd'])),
  ],
  'a path with a NUL': [
    'layers-model-file-missing',
    () => changed((json) => (json.weightsManifest[0]!.paths = ['w\0.bin'])),
  ],
  'a link that leads out': [
    'layers-model-path-outside',
    () => {
      const [folder, elsewhere] = [writeFiles(files), writeFiles(files)];
      rmSync(join(folder, 'w.bin'));
      symlinkSync(join(elsewhere, 'w.bin'), join(folder, 'w.bin'));
      return folder;
    },
  ],
  'a shape of more than there is memory': [
    'layers-model-weights-size',
    () => changed((json) => (json.weightsManifest[0]!.weights[0]!.shape = [1e9, 1e9])),
  ],
  'a negative shape': [
    'layers-model-file-invalid',
    () => changed((json) => (json.weightsManifest[0]!.weights[0]!.shape = [-1, 3])),
  ],
  'weights of text': [
    'layers-model-file-invalid',
    () => changed((json) => (json.weightsManifest[0]!.weights[0]!.dtype = 'string')),
  ],
  'a weight of another name': [
    'layers-model-unbuildable',
    () => changed((json) => (json.weightsManifest[0]!.weights[0]!.name = 'other/kernel')),
  ],
  'a layer that tfjs lacks': [
    'layers-model-unbuildable',
    () => withJson(JSON.stringify(files.json).replace('"BatchNormalization"', '"MultiHeadAttention"')),
  ],
  'no layers': ['layers-model-unbuildable', () => changed((json) => (json['modelTopology'] = {}))],
};

test.each(Object.entries(broken))('%s', async (_, [code, make]) => {
  await expect(create(make())).rejects.toMatchObject({ code, remedy: expect.any(String) as string });
});

test('a BOM before model.json, and a link to the folder itself, are fine', async () => {
  const folder = withJson(`\uFEFF${JSON.stringify(files.json)}`);
  const link = join(newFolder(), 'link');
  symlinkSync(folder, link);
  for (const path of [folder, link]) (await create(path)).dispose();
});

test('any value in place of any part of model.json: built, or an error of the catalogue', async () => {
  const folder = writeFiles(files);
  const paths: (string | number)[][] = [];
  const walk = (value: unknown, path: (string | number)[]): void => {
    if (path.length > 0) paths.push(path);
    if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key]);
  };
  walk(files.json, []);
  const replaced = (path: readonly (string | number)[], value: unknown): unknown => {
    const json = structuredClone(files.json);
    let at = json;
    for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
    at[path.at(-1)!] = value;
    return json;
  };
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths),
      fc.oneof(fc.constantFrom<unknown>(null, [], {}, '', 0, -1, true, 'norm'), fc.jsonValue({ maxDepth: 1 })),
      async (path, value) => {
        try {
          writeFileSync(join(folder, 'model.json'), JSON.stringify(replaced(path, value)));
          (await create(folder, { frozen: false })).dispose();
        } catch (error) {
          if (!isCounterweightError(error)) throw new Error(`${path.join('.')}: ${String(error)}`, { cause: error });
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('an export is whole or nothing: an occupied folder stays as it is, and no part is left', async () => {
  const model = await create(await write(smallModel()));
  const parent = newFolder();
  const folder = join(parent, 'model');
  mkdirSync(folder);
  await model.export(folder); // empty: taken
  const before = readFileSync(join(folder, 'weights.bin'));
  await expect(model.export(folder)).rejects.toMatchObject({ code: 'layers-model-unwritable', exit: 2 });
  expect(readFileSync(join(folder, 'weights.bin'))).toEqual(before);
  expect(readdirSync(parent)).toEqual(['model']);
  model.dispose();
});

test('what a killed process left of an export is taken away', async () => {
  const model = await create(await write(smallModel()));
  const parent = newFolder();
  mkdirSync(join(parent, 'model.partial'));
  writeFileSync(join(parent, 'model.partial', 'weights.bin'), 'half');
  await model.export(join(parent, 'model'));
  expect(readdirSync(parent)).toEqual(['model']);
  model.dispose();
});

test('a folder that may not be written', async () => {
  const model = await create(await write(smallModel()));
  const file = join(newFolder(), 'file');
  writeFileSync(file, '');
  chmodSync(file, 0o400);
  await expect(model.export(join(file, 'model'))).rejects.toMatchObject({ code: 'layers-model-unwritable' });
  model.dispose();
});
