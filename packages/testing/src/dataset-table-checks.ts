/** What a data set says before an example is read. */
import { isCounterweightError, sparseLabels, SPLITS, type Dataset } from '@counterweight/core';

import { demand, demandClose, demandEqual } from './check.js';
import { datasetCheck, someExamples } from './dataset-check.js';

/** @throws check-failed unless all are filled strings, no two equal */
function demandNames(what: string, names: readonly string[]): void {
  const seen = new Set<string>();
  names.forEach((name, i) => {
    demand(typeof name === 'string' && name !== '', `${what} ${i}: a name`, () => JSON.stringify(name));
    demand(!seen.has(name), `${what} ${i}: a name that no other has`, () => JSON.stringify(name));
    seen.add(name);
  });
}

const classes = datasetCheck('every column of the labels is a class with a name of its own', ({ classes, labels }) => {
  demand(
    classes.length > 0 && classes.length === labels.columns,
    `${labels.columns} classes`,
    () => `${classes.length}`,
  );
  demandNames('class', classes);
  return Promise.resolve();
});

const labels = datasetCheck('labels are what sparseLabels accepts', ({ labels }) => {
  demand(labels.rows > 0, 'at least one example', () => '0');
  try {
    sparseLabels(labels);
  } catch (error) {
    if (!isCounterweightError(error)) throw error;
    demand(false, error.expected!, () => error.found);
  }
  return Promise.resolve();
});

const splits = datasetCheck(
  'splits ascend within the examples and share none; train has some',
  ({ splits, labels }) => {
    const owner = new Map<number, string>();
    for (const split of SPLITS) {
      const examples = splits[split];
      demand(examples instanceof Int32Array, `${split}: an Int32Array`, () => Object.prototype.toString.call(examples));
      examples.forEach((example, i) => {
        const place = `${split}[${i}]`;
        const before = examples[i - 1] ?? -1;
        demand(example > before, `${place}: more than ${before}`, () => `${example}`);
        demand(example < labels.rows, `${place}: one of ${labels.rows} examples`, () => `${example}`);
        demand(
          !owner.has(example),
          `${place}: an example of no other split`,
          () => `${example}, in ${owner.get(example)!}`,
        );
        owner.set(example, split);
      });
    }
    demand(splits.train.length > 0, 'an example to train on', () => 'none');
    return Promise.resolve();
  },
);

const input = datasetCheck(
  'an example is [height, width, channels] or [features], of uint8 or float32',
  ({ input }) => {
    const { shape, dtype } = input;
    const isShape = [1, 3].includes(shape.length) && shape.every((side) => Number.isInteger(side) && side > 0);
    demand(isShape, 'shape [height, width, channels] or [features]', () => `[${shape.join(', ')}]`);
    demand(['uint8', 'float32'].includes(dtype), 'dtype uint8 or float32', () => dtype);
    return Promise.resolve();
  },
);

const ids = datasetCheck('every example has a name of its own, the same in every instance', async (dataset, open) => {
  const all = Array.from({ length: dataset.labels.rows }, (_, example) => example);
  const names = all.map((example) => dataset.id(example));
  demandNames('example', names);
  const again = await open();
  for (const example of all)
    demand(again.id(example) === names[example], `example ${example}: ${names[example]!}`, () => again.id(example));
});

const weights = datasetCheck('weights of examples, if any, are finite and at least 0, one for each', (dataset) => {
  const { exampleWeights, labels, splits } = dataset;
  if (exampleWeights === undefined) return Promise.resolve();
  const found = `${exampleWeights[Symbol.toStringTag]} of ${exampleWeights.length}`;
  demand(found === `Float32Array of ${labels.rows}`, `exampleWeights: a Float32Array of ${labels.rows}`, () => found);
  exampleWeights.forEach((weight, i) =>
    demand(weight >= 0 && weight < Infinity, `exampleWeights[${i}]: finite, at least 0`, () => `${weight}`),
  );
  const counts = splits.train.some((example) => exampleWeights[example]! > 0);
  demand(counts, 'an example to train on that weighs more than 0', () => 'none');
  return Promise.resolve();
});

const listsOf = ({ labels, splits, exampleWeights = new Float32Array(0) }: Dataset) => ({
  offsets: labels.positives.offsets,
  positives: labels.positives.classes,
  exceptions: labels.exceptions?.classes ?? [],
  ...splits,
  exampleWeights,
});

const fingerprint = datasetCheck('two instances have the same labels, splits and fingerprint', async (one, open) => {
  const other = await open();
  demand(typeof one.fingerprint === 'string' && one.fingerprint !== '', 'a fingerprint', () => one.fingerprint);
  demand(other.fingerprint === one.fingerprint, `fingerprint ${one.fingerprint}`, () => other.fingerprint);
  const wanted = listsOf(one);
  for (const [name, list] of Object.entries(listsOf(other)))
    demandEqual(name, list, wanted[name as keyof typeof wanted]);
});

const optimum = datasetCheck('the optimum, if any, has a row of logits for each example asked', async (dataset) => {
  const examples = someExamples(dataset);
  const scores = dataset.optimum?.(Int32Array.from(examples));
  if (!scores) return;
  const { rows, columns } = scores;
  const found = `${rows} × ${columns}`;
  demand(found === `${examples.length} × ${dataset.classes.length}`, 'a row for each example', () => found);
  const whole = (await scores.block(0, rows)).slice();
  demand(whole.length === rows * columns, `${rows * columns} logits`, () => `${whole.length}`);
  whole.forEach((z, i) => demand(!Number.isNaN(z), `a logit at ${i}`, () => `${z}`));
  const tolerance = { absolute: 1e-5, relative: 1e-5 };
  for (let row = 0; row < rows; row++)
    demandClose(
      `example ${examples[row]!}, alone`,
      await scores.block(row, row + 1),
      whole.subarray(row * columns, (row + 1) * columns),
      tolerance,
    );
});

export const tableChecks = [classes, labels, splits, input, ids, weights, fingerprint, optimum] as const;
