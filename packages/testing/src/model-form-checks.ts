/** What a model is: shapes, names, what it starts from and where its memory is. */
import * as tf from '@tensorflow/tfjs-core';

import { demand, demandClose, demandEqual } from './check.js';
import {
  assign,
  logitsOf,
  modelCheck,
  modeOf,
  slopesOf,
  stateOf,
  used,
  type ModelLaw,
  type Named,
} from './model-check.js';

const layout = ({ dtype, shape }: tf.Tensor): string => `${dtype} [${shape.join(', ')}]`;

const shapes = modelCheck(
  'features, logits and head have the shapes of the contract, for batches of any size',
  async (trial) => {
    const { input, create, examples } = trial;
    const model = await create();
    const { kernel, bias } = model.head;
    const [width] = kernel.shape;
    demand(
      layout(kernel) === `float32 [${width}, ${input.classes}]`,
      `head.kernel: float32 [features, ${input.classes}]`,
      () => layout(kernel),
    );
    demand(layout(bias) === `float32 [${input.classes}]`, `head.bias: float32 [${input.classes}]`, () => layout(bias));
    for (const training of [false, true])
      for (const rows of [4, 3, 1])
        tf.tidy(() => {
          const features = model.features(examples(rows), modeOf(training));
          demand(layout(features) === `float32 [${rows}, ${width}]`, `features: float32 [${rows}, ${width}]`, () =>
            layout(features),
          );
          const logits = model.classify(features);
          demand(
            layout(logits) === `float32 [${rows}, ${input.classes}]`,
            `logits: float32 [${rows}, ${input.classes}]`,
            () => layout(logits),
          );
        });
  },
);

const linear = modelCheck(
  'logits are features · kernel + bias of the head',
  async ({ input: { classes }, create, examples }) => {
    const model = await create();
    const { kernel, bias } = model.head;
    assign(kernel, slopesOf(kernel.size));
    assign(bias, slopesOf(classes));
    const [found, wanted] = tf.tidy(() => {
      const features = model.features(examples(3), modeOf(false));
      const read = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());
      const product = tf.add(tf.matMul(features, kernel as tf.Variable<tf.Rank.R2>), bias);
      return [read(model.classify(features)), read(product)] as const;
    });
    demandClose('logits', found, wanted, { absolute: 1e-5, relative: 1e-5 });
  },
);

const named = modelCheck(
  'parameters have names of their own, the same in every instance, and finite values',
  async ({ create }) => {
    const [one, other] = [await create(1), await create(2)];
    const all = [...one.parameters, ...one.buffers];
    const names = all.map(({ name }) => name);
    demand(new Set(names).size === names.length, 'names that differ', () => names.join(', '));
    const describe = ({ parameters, buffers }: typeof one): string =>
      [...parameters, ...buffers]
        .map(({ name, group, decay, variable }) => `${name} ${group} ${decay} ${layout(variable)}`)
        .join(', ');
    demand(describe(one) === describe(other), `${describe(one)}, as in the first instance`, () => describe(other));
    for (const { name, variable, group, decay } of all) {
      demand(variable instanceof tf.Variable, `a variable as ${name}`, () => typeof variable);
      demand(typeof decay === 'boolean', `decay of ${name}: true or false`, () => String(decay));
      demand(['body', 'head'].includes(group), `group of ${name}: body or head`, () => group);
      variable
        .dataSync()
        .forEach((value) => demand(Number.isFinite(value), `finite values of ${name}`, () => `${value}`));
    }
    const variables = all.map(({ variable }) => variable);
    demand(new Set(variables).size === variables.length, 'a variable under one name', () => 'one has two');
    for (const [part, variable] of Object.entries(one.head)) {
      const parameter = one.parameters.find((candidate) => candidate.variable === variable);
      demand(
        parameter?.group === 'head',
        `head.${part} among the parameters, of group head`,
        () => parameter?.group ?? 'it is none',
      );
    }
  },
);

function demandSame(what: string, found: readonly Named[], wanted: readonly Named[]): void {
  wanted.forEach(({ name, values }, i) => {
    demandEqual(`${name} ${what}`, found[i]!.values, values);
  });
}
const differs = (a: readonly Named[], b: readonly Named[]): boolean =>
  a.some(({ values }, i) => values.some((value, j) => value !== b[i]!.values[j]));

const seeded = modelCheck(
  'what a model starts from depends on its random stream, and on nothing else',
  async ({ create, isSeeded }) => {
    const first = stateOf(await create(1));
    demandSame('of the same seed', stateOf(await create(1)), first);
    if (isSeeded)
      demand(differs(first, stateOf(await create(2))), 'other numbers from another seed', () => 'the same ones');
  },
);

const memory = modelCheck(
  'all memory is in parameters and buffers: put into another instance, the same bits follow',
  async (trial) => {
    const { create, examples } = trial;
    const [one, other] = [used(await create(1), trial), await create(2)];
    const saved = stateOf(one);
    [...other.parameters, ...other.buffers].forEach(({ variable }, i) => {
      assign(variable, saved[i]!.values);
    });
    demandEqual('logits', logitsOf(other, examples(4)), logitsOf(one, examples(4)));
    demandEqual(
      'logits of a training pass',
      logitsOf(other, examples(4), modeOf(true)),
      logitsOf(one, examples(4), modeOf(true)),
    );
    demandSame('after a training pass', stateOf(other), stateOf(one));
  },
);

export const modelFormLaws: readonly ModelLaw[] = [shapes, linear, named, seeded, memory];
