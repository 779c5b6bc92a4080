import type { Evaluation } from '@counterweight/core';
import { labelsFromRows, labelStatistics, randomStream, shuffle, selectRows } from '@counterweight/core';
import { expect, test } from 'vitest';

import { averagePrecision } from './average-precision.js';
import { chanceScores } from './chance.js';
import { ranking } from './ranking.js';
import { rocAuc } from './roc-auc.js';
import { matrixScores } from './scores.js';

const evaluation = (values: readonly (readonly number[])[], positives: readonly (readonly number[])[]): Evaluation => {
  const columns = values[0]!.length;
  const labels = labelsFromRows(positives, columns);
  return {
    scores: matrixScores(Float32Array.from(values.flat()), values.length, columns),
    labels,
    training: labelStatistics(labels, Int32Array.from(values.keys())),
    threshold: 0.5,
  };
};

/** Seeded labels with a share of positives that differs from class to class, and scores that know something of them. */
function synthetic(rows: number, columns: number): { evaluation: Evaluation; values: Float32Array } {
  const random = randomStream(5);
  const values = new Float32Array(rows * columns);
  const positives = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => column).filter((column) => {
      const yes = random.uniform() < 0.01 + column / (4 * columns);
      values[row * columns + column] = random.normal() + (yes ? 1 : 0);
      return yes;
    }),
  );
  const labels = labelsFromRows(positives, columns);
  const training = labelStatistics(
    labels,
    Int32Array.from({ length: rows }, (_, row) => row),
  );
  return { evaluation: { scores: matrixScores(values, rows, columns), labels, training, threshold: 0.5 }, values };
}

test('the example of scikit-learn: scores .9 .8 .3 with positives at 0 and 2 have 5/6', async () => {
  const want = (1 + 2 / 3) / 2;
  const { values, perClass } = averagePrecision(await ranking(evaluation([[0.9], [0.8], [0.3]], [[0], [], [0]])));
  expect(perClass.averagePrecision).toEqual(Float64Array.of(want));
  expect(values).toEqual({ macro: want, micro: want, weighted: want, classes: 1, excluded: 0 });
});

test('constant scores come to the prevalence, and an AUC of one half', async () => {
  const result = await ranking(
    evaluation(
      [
        [2, 2],
        [2, 2],
        [2, 2],
        [2, 2],
      ],
      [[0], [0, 1], [], [0]],
    ),
  );
  expect(averagePrecision(result).perClass.averagePrecision).toEqual(Float64Array.of(0.75, 0.25));
  expect(averagePrecision(result).values.micro).toBe(0.5);
  expect(rocAuc(result).values).toMatchObject({ macro: 0.5, micro: 0.5 });
});

test('without any positive averages are null and every class is counted as left out', async () => {
  const result = await ranking(evaluation([[1, 2]], [[]]));
  expect(averagePrecision(result).values).toEqual({
    macro: null,
    micro: null,
    weighted: null,
    classes: 0,
    excluded: 2,
  });
  expect(rocAuc(result).values).toEqual({ macro: null, micro: null, classes: 0, excluded: 2 });
});

test('the order of examples does not matter, to the bit', async () => {
  const { evaluation: given, values } = synthetic(700, 9);
  const order = shuffle(
    Int32Array.from({ length: 700 }, (_, row) => row),
    randomStream(3),
  );
  const moved = Float32Array.from(values, (_, i) => values[order[Math.floor(i / 9)]! * 9 + (i % 9)]!);
  const shuffled = { ...given, scores: matrixScores(moved, 700, 9), labels: selectRows(given.labels, order) };
  expect(averagePrecision(await ranking(shuffled))).toEqual(averagePrecision(await ranking(given)));
});

test('a rising map of the scores changes nothing, to the bit', async () => {
  const { evaluation: given, values } = synthetic(600, 5);
  const result = await ranking(given);
  for (const map of [(z: number) => 4 * z, (z: number) => z ** 3, (z: number) => Math.exp(8 * z)]) {
    const mapped = values.map(map);
    expect(new Set(mapped).size).toBe(new Set(values).size);
    const other = await ranking({ ...given, scores: matrixScores(mapped, 600, 5) });
    expect(averagePrecision(other)).toEqual(averagePrecision(result));
    expect(rocAuc(other)).toEqual(rocAuc(result));
  }
});

test('scores that arrive in promises, in fresh blocks, give the same', async () => {
  const { evaluation: given, values } = synthetic(1500, 7);
  const heights: number[] = [];
  const scores = {
    rows: 1500,
    columns: 7,
    block: (from: number, to: number) => {
      heights.push(to - from);
      return Promise.resolve(values.slice(from * 7, to * 7));
    },
  };
  expect(averagePrecision(await ranking({ ...given, scores }))).toEqual(averagePrecision(await ranking(given)));
  expect(Math.max(...heights)).toBeLessThan(1500);
});

test('2,000 × 3,000 entries need memory for the positives only, and chance comes to the prevalence', async () => {
  const [rows, columns] = [2000, 3000];
  const random = randomStream(11);
  const labels = labelsFromRows(
    Array.from({ length: rows }, () => Array.from({ length: 30 }, () => random.integer(columns))),
    columns,
  );
  const training = labelStatistics(
    labels,
    Int32Array.from({ length: rows }, (_, row) => row),
  );
  const result = await ranking({
    scores: chanceScores(rows, columns, randomStream(1)),
    labels,
    training,
    threshold: 0.5,
  });
  const bytes = [result.perClass, result.micro].flatMap((ladders) => Object.values(ladders) as ArrayBufferView[]);
  const total = bytes.reduce((all, { byteLength }) => all + byteLength, 0);
  expect(total).toBeLessThan(100 * labels.positives.classes.length + 16 * columns);
  expect(averagePrecision(result).values.micro).toBeCloseTo(labels.positives.classes.length / (rows * columns), 3);
  expect(rocAuc(result).values.micro).toBeCloseTo(0.5, 2);
});

test('a NaN score names its row and class', async () => {
  const given = evaluation(
    [
      [1, 2],
      [0, NaN],
    ],
    [[0], [1]],
  );
  await expect(ranking(given)).rejects.toMatchObject({
    code: 'not-finite',
    exit: 4,
    found: 'NaN at row 1, class index 1',
  });
  const negative = evaluation(
    [
      [1, 2],
      [0, NaN],
    ],
    [[0], []],
  );
  await expect(ranking(negative)).rejects.toMatchObject({ found: 'NaN at row 1, class index 1' });
});

test('scores of another shape than the labels are refused', async () => {
  const given = evaluation([[1, 2]], [[0]]);
  const scores = matrixScores(new Float32Array(3), 1, 3);
  await expect(ranking({ ...given, scores })).rejects.toMatchObject({ code: 'scores-mismatch' });
  await expect(ranking({ ...given, included: new Uint8Array(3) })).rejects.toMatchObject({
    found: 'included of 3 classes',
  });
  const short = { rows: 1, columns: 2, block: () => new Float32Array(1) };
  await expect(ranking({ ...given, scores: short })).rejects.toMatchObject({ code: 'scores-mismatch' });
  expect(() => matrixScores(new Float32Array(5), 2, 3)).toThrow('2 rows × 3 classes = 6');
});
