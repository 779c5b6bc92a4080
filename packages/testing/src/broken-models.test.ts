/** Every check of a model catches a plugin that breaks its law. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import {
  definePlugin,
  INPUT,
  RANDOM,
  randomStream,
  z,
  type AnyPlugin,
  type Model,
  type ModelInput,
  type Parameter,
} from '@counterweight/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { modelChecks, modelConformance } from './conformance.js';
import { proven, type Broken } from './fixtures/proven.js';
import { smallModel, smallModelPlugin as small } from './fixtures/small-model.js';

/** The small model with other features. */
const featuring = (change: (features: tf.Tensor2D, ...given: Parameters<Model['features']>) => tf.Tensor2D) =>
  small((model) => ({ ...model, features: (x, mode) => change(model.features(x, mode), x, mode) }));
const exporting = (change: (model: Model, folder: string) => Promise<void>) =>
  small((model) => ({ ...model, export: (folder) => change(model, folder) }));
/** The small model with another list of parameters. */
const listing = (change: (parameters: Model['parameters']) => Model['parameters']) =>
  small((model) => ({ ...model, parameters: change(model.parameters) }));
const scaled = (model: Model, by: (x: tf.Tensor) => tf.Tensor): Model => ({
  ...model,
  features: (x, mode) => tf.tidy(() => by(model.features(x, mode)) as tf.Tensor2D),
});

const broken: Broken<'model'> = {
  'an unknown option is refused and the options have a JSON Schema': {
    'a loose schema': definePlugin({
      kind: 'model',
      name: 'broken',
      options: z.object({}),
      inject: [INPUT, RANDOM],
      create: (_, input, random) => smallModel(input, random),
    }),
  },
  'features, logits and head have the shapes of the contract, for batches of any size': {
    'a batch of one without its axis': featuring((features) =>
      features.shape[0] === 1 ? (tf.squeeze(features, [0]) as unknown as tf.Tensor2D) : features,
    ),
    'one class too many': small((_, input, random) => smallModel({ ...input, classes: input.classes + 1 }, random)),
    'one bias for all classes': small((model) => ({
      ...model,
      head: { ...model.head, bias: tf.variable(tf.zeros<tf.Rank.R1>([1])) },
    })),
    'features in whole numbers': featuring((features) => tf.cast(features, 'int32')),
  },
  'logits are features · kernel + bias of the head': {
    'a kernel of its own': small((model) => {
      const { kernel } = model.head;
      return { ...model, head: { ...model.head, kernel: tf.variable(tf.zerosLike(kernel)) } };
    }),
    probabilities: small((model) => ({ ...model, classify: (features) => tf.sigmoid(model.classify(features)) })),
  },
  'parameters have names of their own, the same in every instance, and finite values': {
    'one name for two': listing((parameters) => parameters.map((parameter) => ({ ...parameter, name: 'weights' }))),
    'names that count': (() => {
      let made = 0;
      return small((model) => {
        made++;
        return { ...model, parameters: model.parameters.map((p) => ({ ...p, name: `${p.name}_${made}` })) };
      });
    })(),
    'a start that is not a number': small((model) => {
      model.parameters[1]!.variable.assign(tf.fill([6], NaN));
      return model;
    }),
    'a head that is no parameter': listing((parameters) => parameters.filter(({ group }) => group !== 'head')),
    'a tensor for a variable': listing((parameters) =>
      parameters.map((parameter) => ({ ...parameter, variable: tf.zeros([2]) as object as Parameter['variable'] })),
    ),
    'a group of its own': listing((parameters) =>
      parameters.map((parameter) =>
        parameter.group === 'head' ? parameter : { ...parameter, group: 'neck' as 'body' },
      ),
    ),
    'one variable under two names': listing((parameters) => [...parameters, { ...parameters[0]!, name: 'again' }]),
    'a decay that is a number': listing((parameters) =>
      parameters.map((parameter) => ({ ...parameter, decay: 0.1 as unknown as boolean })),
    ),
  },
  'what a model starts from depends on its random stream, and on nothing else': {
    'Math.random': small((_, input) => smallModel(input, randomStream(Math.random()))),
    'a seed of its own': small((_, input) => smallModel(input, randomStream(1))),
  },
  'all memory is in parameters and buffers: put into another instance, the same bits follow': {
    'a buffer that is not listed': small((model) => ({ ...model, buffers: model.buffers.slice(0, 2) })),
    'a number inside': small((model) => {
      let passes = 0;
      return {
        ...scaled(model, (features) => tf.mul(features, 1 + 0.1 * passes)),
        features: (x, mode) => {
          if (mode.training) passes++;
          return tf.tidy(() => tf.mul(model.features(x, mode), 1 + 0.1 * passes));
        },
      };
    }),
  },
  'in inference the logits of an example depend on it alone': {
    'the mean of the batch': featuring((features) => tf.sub(features, tf.mean(features, 0))),
    'dropout in inference': featuring(
      (features, _, { random }) => tf.dropout(features, 0.5, undefined, random.integer(1000)) as tf.Tensor2D,
    ),
  },
  'a training pass is the same for an equal random stream': {
    'dropout without a seed': featuring((features, _, { training }) =>
      training ? (tf.dropout(features, 0.5) as tf.Tensor2D) : features,
    ),
  },
  'inference moves nothing, and a training pass buffers only': {
    'averages that always move': small((model) => ({
      ...model,
      features: (x, mode) => {
        const { variable } = model.buffers[2]!;
        const features = model.features(x, mode);
        tf.tidy(() => {
          variable.assign(tf.mul(variable, 0.99));
        });
        return features;
      },
    })),
    'a kernel that shrinks by itself': small((model) => ({
      ...model,
      features: (x, mode) => {
        const { variable } = model.parameters[0]!;
        const features = model.features(x, mode);
        if (mode.training)
          tf.tidy(() => {
            variable.assign(tf.mul(variable, 0.99));
          });
        return features;
      },
    })),
  },
  'a frozen body runs as in inference: no buffer moves, no gradient comes': {
    'batches counted in a buffer, frozen or not': small((model) => {
      const batches = tf.variable(tf.scalar(0), false);
      return {
        ...model,
        buffers: [...model.buffers, { name: 'batches', variable: batches, group: 'body', decay: false }],
        features: (x, mode) => {
          if (mode.training) batches.assign(tf.add(batches, 1));
          return model.features(x, mode);
        },
        dispose: () => {
          batches.dispose();
          model.dispose();
        },
      };
    }),
    'frozen is not looked at': small((model) => ({
      ...model,
      features: (x, mode) => model.features(x, { ...mode, frozen: new Set() }),
    })),
    'inference, but taped': small((model) => ({
      ...model,
      features: (x, mode) =>
        model.features(x, { ...mode, training: mode.training && mode.frozen.size === 0, frozen: new Set() }),
    })),
  },
  'one class, one example and inputs that never vary are fine': {
    'divided by the deviation of the features': featuring((features) =>
      tf.tidy(() => tf.div(features, tf.sqrt(tf.mean(tf.square(tf.sub(features, tf.mean(features, 0))), 0)))),
    ),
    'the deviation between classes': small((model, { classes }) => ({
      ...model,
      classify: (features) => tf.tidy(() => tf.div(model.classify(features), classes - 1)),
    })),
  },
  'inputs are not changed': {
    'freed after use': featuring((features, x) => {
      x.dispose();
      return features;
    }),
    'centred in place': small((model) => ({
      ...model,
      features: (x, mode) => {
        x.dataSync()[0]! += 1;
        return model.features(x, mode);
      },
    })),
  },
  'no tensor is left behind by a pass, and none after dispose': {
    'tf.keep': featuring((features) => tf.keep(features)),
    'buffers that stay': small((model) => ({
      ...model,
      dispose: () => {
        for (const { variable } of model.parameters) variable.dispose();
      },
    })),
  },
  'every parameter gets a finite gradient': {
    'one that nothing uses': small((model) => {
      const unused = tf.variable(tf.ones([2]));
      return {
        ...model,
        parameters: [...model.parameters, { name: 'unused', variable: unused, group: 'body', decay: false }],
        dispose: () => {
          model.dispose();
          unused.dispose();
        },
      };
    }),
    'one that tfjs does not train': small((model) => {
      (model.parameters[0]!.variable as { trainable: boolean }).trainable = false;
      return model;
    }),
    'the slope of a root at 0': small((model) => scaled(model, (features) => tf.sqrt(features))),
  },
  'gradients are the derivatives of the logits': {
    'half a gradient': small((model) =>
      scaled(model, (features) =>
        tf.customGrad((x) => ({ value: tf.clone(x as tf.Tensor), gradFunc: (dy: tf.Tensor) => tf.mul(dy, 0.5) }))(
          features,
        ),
      ),
    ),
    'none for some features': small((model) =>
      scaled(model, (features) =>
        tf.customGrad((x) => ({
          value: tf.clone(x as tf.Tensor),
          gradFunc: (dy: tf.Tensor) => tf.mul(dy, tf.tensor1d([1, 1, 1, 0, 1, 1])),
        }))(features),
      ),
    ),
  },
  'exported, it is a layers model of tfjs with the same logits': {
    'without its averages': exporting(async (model, folder) => {
      const { variable } = model.buffers[2]!;
      const kept = variable.dataSync<'float32'>().slice();
      const assign = (values: Float32Array): void => tf.tidy(() => variable.assign(tf.tensor1d(values)));
      assign(kept.map(() => 0));
      await model.export(folder);
      assign(kept);
    }),
    'weights rounded for good': exporting(async (model, folder) => {
      tf.tidy(() => {
        const { kernel } = model.head;
        kernel.assign(tf.div(tf.round(tf.mul(kernel, 64)), 64));
      });
      await model.export(folder);
    }),
    'a tensor left': exporting(async (model, folder) => {
      tf.scalar(1);
      await model.export(folder);
    }),
  },
  'an export fills an empty folder, replaces nothing and leaves nothing beside it': {
    'weights alone': exporting(async (_, folder) => {
      await writeFile(join(folder, 'weights.bin'), '');
    }),
    'refused once it was written': exporting(async (model, folder) => {
      await model.export(folder).catch(async (error: unknown) => {
        await writeFile(join(folder, 'model.json'), '{}');
        throw error;
      });
    }),
    'written over what is there': exporting(async (model, folder) => {
      await model.export(folder).catch(() => writeFile(join(folder, 'model.json'), '{}'));
    }),
    'a note beside it': exporting(async (model, folder) => {
      await model.export(folder);
      await writeFile(`${folder}.log`, 'exported');
    }),
  },
};

proven(modelChecks, broken);

test('a model for neither images nor vectors is refused with its own words', async () => {
  const picky: AnyPlugin<'model'> = small(() => {
    throw new RangeError('sound only');
  });
  await expect(modelChecks[1]!.run(picky)).rejects.toThrow('sound only');
});

test('a model for images alone is tried on images alone', async () => {
  const shapes: (readonly number[])[] = [];
  const images = small((model, { shape }: ModelInput) => {
    if (shape.length !== 3) throw new RangeError('images only');
    shapes.push(shape);
    return model;
  });
  await modelChecks[1]!.run(images);
  expect(new Set(shapes.map(String))).toEqual(new Set(['12,10,3']));
});

modelConformance({ test, plugin: small() });
modelConformance({
  test,
  // A constant that the first pass makes.
  plugin: small((model) => {
    let one: tf.Tensor | undefined;
    return {
      ...model,
      features: (x, mode) => tf.mul(model.features(x, mode), (one ??= tf.keep(tf.scalar(1)))),
      dispose: () => {
        one?.dispose();
        model.dispose();
      },
    };
  }),
});
