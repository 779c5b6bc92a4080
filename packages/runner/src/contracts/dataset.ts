import { SPLITS, sparseLabels, type Csr, type SparseLabels } from '@counterweight/core';

import { lookingAtFirstReads } from '../first-reads.js';
import type { Contract, Wrong } from '../plugin-contract.js';
import { given, isRecord, missing } from './members.js';

type Members = Readonly<Record<string, unknown>>;

/** Once, when it was made; the labels' own rules by core, which throws `labels-invalid`. Reads are looked at in `first-reads.ts`. */
export const datasetContract: Contract = {
  expected: 'a data set',
  made: (made) =>
    missing(made, ['id', 'read', 'close'], ['optimum']) ??
    notClasses((made as Members)['classes']) ??
    notInput((made as Members)['input']) ??
    notLabels(made as Members) ??
    notSplits(made as Members) ??
    notRest(made as Members),
  results: {
    id: notText,
    optimum: (result, [examples], made) => {
      const { classes } = made as { readonly classes: readonly string[] };
      const [rows, columns] = [(examples as Int32Array).length, classes.length];
      if (isRecord(result) && result['rows'] === rows && result['columns'] === columns && !missing(result, ['block']))
        return undefined;
      return {
        found: given(result),
        expected: `scores of ${rows} rows and ${columns} columns: { rows, columns, block }`,
      };
    },
  },
  instead: { read: lookingAtFirstReads },
  asynchronous: ['read', 'close'],
};

/** Inputs without labels, of `predict`. */
export const inputsContract: Contract = {
  expected: 'inputs',
  made: (made) => {
    const { count, unreadable } = made as Members;
    if (!Number.isInteger(count) || Number(count) < 0)
      return { found: `count ${given(count)}`, expected: 'count: a whole number from 0' };
    if (unreadable !== undefined && !(unreadable instanceof Set))
      return { found: `unreadable is ${given(unreadable)}`, expected: 'a Set of examples' };
    return missing(made, ['id', 'read', 'close']);
  },
  results: { id: notText },
  instead: { read: lookingAtFirstReads },
  asynchronous: ['read', 'close'],
};

function notText(result: unknown): Wrong | undefined {
  return typeof result === 'string' ? undefined : { found: given(result), expected: 'text' };
}

function notClasses(classes: unknown): Wrong | undefined {
  const expected = 'classes: an array of names, at least one, each once';
  if (!Array.isArray(classes) || classes.length === 0) return { found: `classes is ${given(classes)}`, expected };
  const seen = new Set<unknown>();
  for (const [i, name] of (classes as unknown[]).entries()) {
    if (typeof name !== 'string') return { found: `classes[${i}] is ${given(name)}`, expected };
    if (seen.has(name)) return { found: `the class ${given(name)} twice`, expected };
    seen.add(name);
  }
  return undefined;
}

function notInput(input: unknown): Wrong | undefined {
  const expected = "input: { shape: [height, width, channels] or [features], dtype: 'uint8' or 'float32' }";
  if (!isRecord(input)) return { found: `input is ${given(input)}`, expected };
  const { shape, dtype } = input;
  if (dtype !== 'uint8' && dtype !== 'float32') return { found: `dtype ${given(dtype)}`, expected };
  const isShape = Array.isArray(shape) && shape.length > 0 && shape.every((size) => Number.isInteger(size) && size > 0);
  return isShape ? undefined : { found: `shape ${JSON.stringify(shape)}`, expected };
}

function notLabels({ labels, classes }: Members): Wrong | undefined {
  const expected = 'labels made by `sparseLabels` or `labelsFromRows`';
  if (!isRecord(labels)) return { found: `labels is ${given(labels)}`, expected };
  const { rows, columns, positives, exceptions } = labels;
  for (const [name, csr] of [
    ['positives', positives],
    ['exceptions', exceptions],
  ] as const)
    if (!isCsr(csr) && !(name === 'exceptions' && csr === undefined))
      return { found: `labels.${name} is ${given(csr)}`, expected };
  const names = (classes as readonly string[]).length;
  if (columns !== names)
    return { found: `labels of ${given(columns)} columns and ${names} classes`, expected: 'a column a class' };
  if (!Number.isInteger(rows)) return { found: `labels of ${given(rows)} rows`, expected };
  sparseLabels(labels as unknown as SparseLabels);
  return undefined;
}

const isCsr = (csr: unknown): boolean =>
  isRecord(csr) &&
  csr['offsets'] instanceof Uint32Array &&
  (csr['classes'] instanceof Uint16Array || csr['classes'] instanceof Uint32Array) &&
  (csr['values'] === undefined ||
    (csr['values'] instanceof Float32Array && csr['values'].length === (csr as unknown as Csr).classes.length));

function notSplits({ labels, splits }: Members): Wrong | undefined {
  const { rows } = labels as SparseLabels;
  const expected = `splits train, validation and test: ascending Int32Arrays of examples from 0 to ${rows - 1}, none in two`;
  if (!isRecord(splits)) return { found: `splits is ${given(splits)}`, expected };
  const own = new Uint8Array(rows);
  for (const [position, name] of SPLITS.entries()) {
    const split = splits[name];
    if (!(split instanceof Int32Array)) return { found: `splits.${name} is ${given(split)}`, expected };
    for (const [i, example] of split.entries()) {
      if (example < 0 || example >= rows)
        return { found: `example ${example} in splits.${name}, of ${rows} rows of labels`, expected };
      if (i > 0 && example <= split[i - 1]!)
        return { found: `example ${example} after ${split[i - 1]!} in splits.${name}`, expected };
      if (own[example] !== 0)
        return { found: `example ${example} in ${SPLITS[own[example]! - 1]!} and in ${name}`, expected };
      own[example] = position + 1;
    }
  }
  return undefined;
}

function notRest({ labels, exampleWeights, fingerprint, notices }: Members): Wrong | undefined {
  const { rows } = labels as SparseLabels;
  if (typeof fingerprint !== 'string' || fingerprint === '')
    return { found: `fingerprint ${given(fingerprint)}`, expected: 'fingerprint: text that changes with the data' };
  if (notices !== undefined && !(Array.isArray(notices) && notices.every((notice) => typeof notice === 'string')))
    return { found: `notices is ${given(notices)}`, expected: 'notices: an array of texts' };
  if (exampleWeights === undefined) return undefined;
  const expected = `exampleWeights: a Float32Array of ${rows}, finite and at least 0`;
  if (!(exampleWeights instanceof Float32Array) || exampleWeights.length !== rows)
    return { found: `exampleWeights is ${given(exampleWeights)}`, expected };
  const at = exampleWeights.findIndex((weight) => !(weight >= 0 && weight < Infinity));
  return at < 0 ? undefined : { found: `exampleWeights[${at}] is ${exampleWeights[at]!}`, expected };
}
