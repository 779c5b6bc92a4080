/** What `export` must write. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';

import { demand, demandClose, demandEqual } from './check.js';
import { logitsOf, modelCheck, stateOf, used, type ModelLaw } from './model-check.js';
import { newFolder } from './surroundings.js';

interface ModelJson {
  readonly modelTopology: object;
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: tf.io.WeightsManifestEntry[];
  }[];
}

/** What `tf.loadLayersModel` makes of a folder. */
async function load(folder: string) {
  const { loadLayersModel } = await import('@tensorflow/tfjs-layers');
  const { modelTopology, weightsManifest } = JSON.parse(
    await readFile(join(folder, 'model.json'), 'utf8'),
  ) as ModelJson;
  const files = await Promise.all(
    weightsManifest.flatMap(({ paths }) => paths).map((path) => readFile(join(folder, path))),
  );
  const weightData = Uint8Array.from(Buffer.concat(files)).buffer;
  const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
  return loadLayersModel({ load: () => Promise.resolve({ modelTopology, weightSpecs, weightData }) });
}

const same = modelCheck('exported, it is a layers model of tfjs with the same logits', async (trial) => {
  const model = used(await trial.create(), trial);
  const x = trial.examples(3);
  const [wanted, state] = [logitsOf(model, x), stateOf(model)];
  const folder = join(newFolder(), 'run', 'model'); // nothing of it exists
  try {
    const before = tf.memory().numTensors;
    await model.export(folder);
    const left = tf.memory().numTensors - before;
    demand(left === 0, 'as many tensors after export as before', () => `${left} more`);
    stateOf(model).forEach(({ name, values }, i) => {
      demandEqual(`${name} after export`, values, state[i]!.values);
    });
    const loaded = await load(folder);
    const found = tf.tidy(() => Array.from((loaded.predict(x) as tf.Tensor).dataSync()));
    loaded.dispose();
    demandClose('logits of what was exported', found, wanted, { absolute: 1e-4, relative: 1e-4 });
  } finally {
    await rm(dirname(dirname(folder)), { recursive: true, force: true });
  }
});

const once = modelCheck(
  'an export fills an empty folder, replaces nothing and leaves nothing beside it',
  async (trial) => {
    const model = await trial.create();
    const parent = newFolder();
    const [empty, taken] = [join(parent, 'empty'), join(parent, 'taken')];
    const contents = async (folder: string): Promise<string> => {
      const names = (await readdir(folder)).sort();
      const sizes = await Promise.all(
        names.map(async (name) => (await readFile(join(folder, name))).toString('base64')),
      );
      return names.map((name, i) => `${name}: ${sizes[i]}`).join(', ');
    };
    try {
      await mkdir(empty, { recursive: true });
      await mkdir(taken);
      await writeFile(join(taken, 'model.json'), 'of another');
      await model.export(empty);
      demand((await readdir(empty)).includes('model.json'), 'model.json in a folder that was empty', () => 'none');
      for (const folder of [empty, taken]) {
        const before = await contents(folder);
        used(model, trial); // other weights, other files
        const refused = await model.export(folder).then(
          () => false,
          () => true,
        );
        demand(refused, 'an export into a folder with files is refused', () => 'it is done');
        demand((await contents(folder)) === before, 'what was there stays', () => 'it changed');
      }
      const beside = (await readdir(parent)).sort().join(', ');
      demand(beside === 'empty, taken', 'nothing beside the folder', () => beside);
    } finally {
      await rm(parent, { recursive: true, force: true });
    }
  },
);

export const modelExportLaws: readonly ModelLaw[] = [same, once];
