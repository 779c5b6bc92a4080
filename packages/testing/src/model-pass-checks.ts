/** What a pass through a model may depend on, move, change and keep. */
import * as tf from '@tensorflow/tfjs-core';

import { demand, demandClose, demandEqual } from './check.js';
import { gradientsOf, logitsOf, modelCheck, modeOf, used, valuesOf, type ModelLaw, type Named } from './model-check.js';

const ROUNDING = { absolute: 1e-5, relative: 1e-5 };

const rows = modelCheck('in inference the logits of an example depend on it alone', async (trial) => {
  const model = used(await trial.create(), trial);
  const { classes } = trial.input;
  const x = trial.examples(5);
  const together = logitsOf(model, x);
  demandEqual('logits, again', logitsOf(model, x), together);
  demandEqual('logits under another random stream', logitsOf(model, x, modeOf(false, [], 2)), together);
  for (let row = 0; row < 5; row++) {
    const alone = tf.slice(x, row, 1);
    demandClose(
      `logits of example ${row} without the others`,
      logitsOf(model, alone),
      together.subarray(row * classes, (row + 1) * classes),
      ROUNDING,
    );
    alone.dispose();
  }
});

const reproducible = modelCheck('a training pass is the same for an equal random stream', async (trial) => {
  const [one, other] = [used(await trial.create(), trial), used(await trial.create(), trial)];
  const x = trial.examples(4);
  for (const seed of [3, 4])
    demandEqual(
      'logits of a second instance',
      logitsOf(other, x, modeOf(true, [], seed)),
      logitsOf(one, x, modeOf(true, [], seed)),
    );
  demandStill('of a second instance', valuesOf(other.buffers), valuesOf(one.buffers));
});

function demandStill(what: string, found: readonly Named[], before: readonly Named[]): void {
  before.forEach(({ name, values }, i) => {
    demandEqual(`${name} ${what}`, found[i]!.values, values);
  });
}

const moves = modelCheck('inference moves nothing, and a training pass buffers only', async (trial) => {
  const model = used(await trial.create(), trial);
  const x = trial.examples(4);
  const [parameters, buffers] = [valuesOf(model.parameters), valuesOf(model.buffers)];
  logitsOf(model, x);
  demandStill('after inference', valuesOf(model.buffers), buffers);
  gradientsOf(model, x);
  demandStill('after a training pass', valuesOf(model.parameters), parameters);
});

const frozen = modelCheck('a frozen body runs as in inference: no buffer moves, no gradient comes', async (trial) => {
  const model = used(await trial.create(), trial);
  const x = trial.examples(4);
  const buffers = valuesOf(model.buffers);
  demandEqual(
    'logits of a training pass with a frozen body',
    logitsOf(model, x, modeOf(true, ['body'])),
    logitsOf(model, x),
  );
  const gradients = gradientsOf(model, x, modeOf(true, ['body']));
  demandStill('after training passes with a frozen body', valuesOf(model.buffers), buffers);
  for (const { name, group } of model.parameters) {
    const gradient = gradients.get(name);
    if (group === 'head')
      demand(gradient?.every(Number.isFinite) === true, `a finite gradient of ${name}`, () => String(gradient));
    else demand(gradient?.some((slope) => slope !== 0) !== true, `no gradient of ${name}`, () => 'there is one');
  }
});

const edges = modelCheck('one class, one example and inputs that never vary are fine', async (trial) => {
  const { create, examples, input } = trial;
  const finite = (what: string, values: Iterable<number>): void => {
    for (const value of values) demand(Number.isFinite(value), `finite ${what}`, () => `${value}`);
  };
  const single = await create(1, { ...input, classes: 1 });
  demand(
    logitsOf(single, examples(3)).length === 3,
    'a logit per example for one class',
    () => `${logitsOf(single, examples(3)).length}`,
  );
  finite('logits of one class', logitsOf(single, examples(3), modeOf(true)));
  const model = used(await create(), trial);
  const constant = (value: number): tf.Tensor => tf.fill([4, ...input.shape], value);
  const batches = { 'one example': examples(1), zeros: constant(0), 'inputs of 255': constant(255) };
  for (const [what, batch] of Object.entries(batches)) {
    finite(`logits for ${what}`, logitsOf(model, batch));
    finite(`training logits for ${what}`, logitsOf(model, batch, modeOf(true)));
    for (const [name, gradient] of gradientsOf(model, batch)) finite(`gradients of ${name} for ${what}`, gradient);
    batch.dispose();
  }
});

const untouched = modelCheck('inputs are not changed', async ({ create, examples }) => {
  const model = await create();
  const x = examples(4);
  const before = x.dataSync().slice();
  for (const pass of [() => logitsOf(model, x), () => gradientsOf(model, x)]) {
    pass();
    demand(!x.isDisposed, 'inputs left to their owner', () => 'they are disposed');
    demandEqual('inputs', x.dataSync(), before);
  }
});

const leaks = modelCheck(
  'no tensor is left behind by a pass, and none after dispose',
  async ({ create, dispose, examples }) => {
    const x = examples(4);
    const before = tf.memory().numTensors;
    const model = await create();
    const passes = [false, true].flatMap((training) =>
      [modeOf(training), modeOf(training, ['body'])].map((mode) => (): void => {
        logitsOf(model, x, mode);
        if (training) gradientsOf(model, x, mode);
      }),
    );
    for (const pass of passes) pass(); // what is made once, is made now
    const built = tf.memory().numTensors;
    for (const pass of passes) {
      pass();
      const left = tf.memory().numTensors - built;
      demand(left === 0, 'as many tensors after a pass as before', () => `${left} more`);
    }
    dispose(model);
    const left = tf.memory().numTensors - before;
    demand(left === 0, 'as many tensors after dispose as before create', () => `${left} more`);
  },
);

export const modelPassLaws: readonly ModelLaw[] = [rows, reproducible, moves, frozen, edges, untouched, leaks];
