import { loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';

import {
  evaluateCurves,
  LOGIT,
  perClass,
  randomStream,
  sigmoidPow,
  sparseLabels,
  weighted,
  type ElementwiseLoss,
  type MineSampler,
  type SparseLabels,
} from '@counterweight/core';

import { batchLabels } from './batch-labels.js';
import { createObjective, REDUCTIONS, type ObjectiveOptions, type Reduction } from './objective.js';
import { bce } from './fixtures/tiny.js';

beforeAll(() => loadEngine());

const [ROWS, COLUMNS] = [6, 7];

const focal: ElementwiseLoss = {
  kind: 'elementwise',
  curves: (logit) => ({
    positive: sigmoidPow(logit.neg(), 2).mul(logit.neg().softplus()),
    negative: sigmoidPow(logit, 2).mul(logit.softplus()),
  }),
};
/** Asymmetric loss with a clip (Ridnik et al. 2020): a power, a maximum, a kink. */
const asymmetric: ElementwiseLoss = {
  kind: 'elementwise',
  curves: (logit) => {
    const over = logit.sigmoid().sub(0.05).max(0);
    return { positive: logit.neg().softplus(), negative: over.pow(4).mul(over.neg().log1p().neg()) };
  },
};
const perClassLoss: ElementwiseLoss = {
  kind: 'elementwise',
  curves: (logit, { epoch }) => {
    const shifted = logit.add(perClass(Float64Array.from({ length: COLUMNS }, (_, c) => c / 3 - 1 + epoch)));
    return { positive: shifted.neg().softplus(), negative: shifted.softplus() };
  },
};
const weightedFocal = weighted(focal, {
  positive: Float64Array.from({ length: COLUMNS }, (_, c) => 1 + c),
  negative: new Float64Array(COLUMNS).fill(0.5),
});
const losses = { bce, focal, asymmetric, perClassLoss, weightedFocal };

type Entry = { readonly row: number; readonly column: number; readonly target: number; readonly known: boolean };

/** A table of targets and what is known, drawn entry by entry, and the same as sparse labels. */
function drawLabels(
  unlisted: SparseLabels['unlisted'],
  soft: boolean,
  seed = 1,
): { labels: SparseLabels; entries: Entry[] } {
  const random = randomStream(seed);
  const entries = Array.from({ length: ROWS * COLUMNS }, (_, i): Entry => {
    const state = ['positive', 'negative', 'negative', 'unknown'][random.integer(4)]!;
    const target = state === 'positive' ? (soft ? (1 + random.integer(8)) / 8 : 1) : 0;
    return { row: Math.floor(i / COLUMNS), column: i % COLUMNS, target, known: state !== 'unknown' };
  });
  const listed = (keep: (entry: Entry) => boolean, values: boolean) => {
    const kept = entries.filter(keep);
    return {
      offsets: Uint32Array.from({ length: ROWS + 1 }, (_, row) => kept.filter((entry) => entry.row < row).length),
      classes: Uint16Array.from(kept, (entry) => entry.column),
      ...(values && { values: Float32Array.from(kept, (entry) => entry.target) }),
    };
  };
  const labels = sparseLabels({
    rows: ROWS,
    columns: COLUMNS,
    unlisted,
    positives: listed(({ target }) => target > 0, soft),
    exceptions: listed(({ target, known }) => target === 0 && known === (unlisted === 'unknown'), false),
  });
  return { labels, entries };
}

const randomLogits = (scale = 3, seed = 2): Float32Array => {
  const random = randomStream(seed);
  return Float32Array.from({ length: ROWS * COLUMNS }, () => Math.round(random.normal() * scale * 64) / 64);
};

/** Loss per entry in float64, weighted; 0 where unknown. */
function reference(
  loss: ElementwiseLoss,
  entries: Entry[],
  logits: Float64Array,
  epoch = 0,
  weights?: number[],
): Float64Array {
  const columns = entries.map(({ column }) => column);
  const { positive, negative } = evaluateCurves(loss.curves(LOGIT, { epoch }), logits, columns);
  return Float64Array.from(entries, ({ target, known }, i) =>
    known ? (weights?.[i] ?? 1) * (target * positive[i]! + (1 - target) * negative[i]!) : 0,
  );
}

const STEP = 1e-4;
const denominators = {
  mean: (entries: Entry[]) => entries.filter(({ known }) => known).length,
  sum: () => 1,
  batch: () => ROWS,
};

/** The reduced loss, and its gradient by central differences, which never see a slope. */
function expected(
  loss: ElementwiseLoss,
  entries: Entry[],
  logits: Float32Array,
  denominator: number,
  weights?: number[],
  epoch = 0,
) {
  const at = (shift: number) =>
    reference(
      loss,
      entries,
      Float64Array.from(logits, (z) => z + shift),
      epoch,
      weights,
    );
  const [up, here, down] = [at(STEP), at(0), at(-STEP)];
  return {
    value: here.reduce((a, b) => a + b, 0) / denominator,
    gradient: [...up.map((x, i) => (x - down[i]!) / (2 * STEP) / denominator)],
  };
}

/** One call: value, gradient, statistics; everything freed. */
function call(options: Omit<ObjectiveOptions, 'columns'>, labels: SparseLabels, logits: Float32Array, epoch = 0) {
  const objective = createObjective({ ...options, columns: labels.columns });
  const batch = batchLabels(
    labels,
    Int32Array.from({ length: labels.rows }, (_, i) => i),
    epoch,
  );
  try {
    const [value, ...gradient] = tf.tidy(() => {
      const z = tf.tensor2d(logits.slice(), [labels.rows, labels.columns]);
      const { value, grad } = tf.valueAndGrad((x) => objective.value(x as Tensor2D, batch))(z);
      return [...value.dataSync(), ...grad.dataSync()];
    });
    return { value: value!, gradient, statistics: objective.statistics };
  } finally {
    batch.dispose();
    objective.dispose();
  }
}

function near(got: readonly number[], want: readonly number[], tolerance = 1e-5): void {
  expect(got).toHaveLength(want.length);
  want.forEach((x, i) =>
    expect(Math.abs(got[i]! - x), `entry ${i}: ${got[i]} for ${x}`).toBeLessThanOrEqual(1e-6 + tolerance * Math.abs(x)),
  );
}

describe.each(Object.entries(losses))('%s', (_, loss) => {
  describe.each(['negative', 'unknown'] as const)('what is not listed is %s', (unlisted) => {
    test.each([
      ['hard', false],
      ['soft', true],
    ])('%s labels: value and gradient are those of float64 differences, for each reduction', (_, soft) => {
      const { labels, entries } = drawLabels(unlisted, soft);
      for (const reduction of REDUCTIONS) {
        const want = expected(loss, entries, randomLogits(), denominators[reduction](entries));
        const got = call({ loss, reduction }, labels, randomLogits());
        near([got.value], [want.value]);
        near(got.gradient, want.gradient);
      }
    });

    test('NaN logits at unknown entries change nothing: value as without them, gradient exactly 0 there', () => {
      const { labels, entries } = drawLabels(unlisted, false);
      const logits = randomLogits();
      const poisoned = logits.map((z, i) => (entries[i]!.known ? z : NaN));
      const got = call({ loss }, labels, poisoned);
      expect(got).toEqual(call({ loss }, labels, logits));
      entries.forEach(({ known }, i) => {
        if (!known) expect(got.gradient[i]).toBe(0);
      });
    });
  });
});

test.each([0.25, 0.5, 0.75])('soft targets that are all %s are soft', (target) => {
  const { labels } = drawLabels('negative', false);
  const values = new Float32Array(labels.positives.classes.length).fill(target);
  const at = (positives: SparseLabels['positives']) =>
    call({ loss: focal, reduction: 'sum' }, sparseLabels({ ...labels, positives }), randomLogits());
  const nowhere = { offsets: new Uint32Array(ROWS + 1), classes: new Uint16Array(0) };
  const [hard, soft, none] = [at(labels.positives), at({ ...labels.positives, values }), at(nowhere)];
  near([soft.value], [target * hard.value + (1 - target) * none.value]);
  near(
    soft.gradient,
    hard.gradient.map((g, i) => target * g + (1 - target) * none.gradient[i]!),
  );
});

test('curves follow the epoch, and the tables of another epoch are not reused', () => {
  const { labels, entries } = drawLabels('negative', false);
  const objective = createObjective({ loss: perClassLoss, columns: COLUMNS });
  for (const epoch of [0, 3, 0]) {
    const batch = batchLabels(
      labels,
      Int32Array.from({ length: ROWS }, (_, i) => i),
      epoch,
    );
    const value = tf.tidy(() => objective.value(tf.tensor2d(randomLogits(), [ROWS, COLUMNS]), batch).dataSync()[0]!);
    const want = expected(perClassLoss, entries, randomLogits(), denominators.mean(entries), undefined, epoch);
    near([value], [want.value]);
    batch.dispose();
  }
  objective.dispose();
});

test('curves are derived once an epoch, not once a batch', () => {
  const { labels } = drawLabels('negative', false);
  const asked: number[] = [];
  const loss: ElementwiseLoss = { ...bce, curves: (logit, time) => (asked.push(time.epoch), bce.curves(logit, time)) };
  const objective = createObjective({ loss, columns: COLUMNS });
  for (const epoch of [0, 0, 1, 1]) {
    const batch = batchLabels(labels, Int32Array.of(0), epoch);
    tf.tidy(() => objective.value(tf.zeros([1, COLUMNS]), batch));
    batch.dispose();
  }
  expect(asked).toEqual([0, 1]);
});

test('a negative curve that overflows at a positive entry leaves no trace', () => {
  const loss: ElementwiseLoss = {
    kind: 'elementwise',
    curves: (logit) => ({ positive: logit.neg().softplus(), negative: logit.exp() }),
  };
  const labels = sparseLabels({
    rows: 1,
    columns: 1,
    positives: { offsets: Uint32Array.of(0, 1), classes: Uint16Array.of(0) },
  });
  const got = call({ loss, reduction: 'sum' }, labels, Float32Array.of(100));
  expect(got.value).toBeCloseTo(0, 30);
  expect(got.gradient[0]).toBeCloseTo(0, 30);
});

describe('weights', () => {
  const { labels, entries } = drawLabels('negative', false);

  test('of examples multiply a row and leave the denominator a count', () => {
    const exampleWeights = Float32Array.of(0, 1, 2, 3, 4, 5);
    const weights = entries.map(({ row }) => exampleWeights[row]!);
    const want = expected(bce, entries, randomLogits(), denominators.mean(entries), weights);
    const got = call({ loss: bce, exampleWeights }, labels, randomLogits());
    near([got.value], [want.value]);
    near(got.gradient, want.gradient);
    expect(got.statistics.denominator).toBe(denominators.mean(entries));
  });

  test('of examples are found by the index of the example, not by its place in the batch', () => {
    const objective = createObjective({ loss: bce, columns: 1, exampleWeights: Float32Array.of(5, 7, 11) });
    const one = sparseLabels({
      rows: 3,
      columns: 1,
      positives: { offsets: new Uint32Array(4), classes: new Uint16Array(0) },
    });
    const batch = batchLabels(one, Int32Array.of(2, 0), 0);
    const value = tf.tidy(() => objective.value(tf.zeros([2, 1]), batch).dataSync()[0]!);
    expect(value).toBeCloseTo(((11 + 5) / 2) * Math.LN2, 5);
    batch.dispose();
    objective.dispose();
  });

  test('of entries, from a loss, multiply value and gradient', () => {
    const weights = entries.map((_, i) => (i % 5) / 2);
    const loss: ElementwiseLoss = { ...focal, entryWeights: () => tf.tensor2d(weights, [ROWS, COLUMNS]) };
    const want = expected(focal, entries, randomLogits(), denominators.mean(entries), weights);
    const got = call({ loss }, labels, randomLogits());
    near([got.value], [want.value]);
    near(got.gradient, want.gradient);
  });
});

describe('mining', () => {
  const { labels, entries } = drawLabels('negative', false);
  const weights = entries.map((_, i) => [0, 1, 2][i % 3]!);
  const miner = (denominator: 'kept' | 'positives' | 'known', startEpoch?: number): MineSampler => ({
    kind: 'mine',
    ...(startEpoch !== undefined && { startEpoch }),
    mine: () => ({ weights: tf.tensor2d(weights, [ROWS, COLUMNS]), denominator }),
  });
  const keptWhere = (keep: (entry: Entry) => boolean) =>
    entries.filter((entry, i) => entry.known && weights[i]! > 0 && keep(entry)).length;
  const counts = {
    kept: keptWhere(() => true),
    positives: entries.filter(({ target }) => target > 0).length,
    known: denominators.mean(entries),
  };

  test.each(['kept', 'positives', 'known'] as const)('divides by %s; counts what is kept and known', (denominator) => {
    const want = expected(focal, entries, randomLogits(), counts[denominator], weights, 1);
    const got = call({ loss: focal, miner: miner(denominator) }, labels, randomLogits(), 1);
    near([got.value], [want.value]);
    near(got.gradient, want.gradient);
    expect(got.statistics).toEqual({
      keptPositives: keptWhere(({ target }) => target > 0),
      keptNegatives: keptWhere(({ target }) => target === 0),
      denominator: counts[denominator],
    });
  });

  test.each([
    ['sum', 1],
    ['batch', ROWS],
  ] as const)('under the reduction %s its denominator does not matter', (reduction: Reduction, denominator) => {
    const want = expected(focal, entries, randomLogits(), denominator, weights, 1);
    near([call({ loss: focal, miner: miner('kept'), reduction }, labels, randomLogits(), 1).value], [want.value]);
  });

  test('starts at epoch 1 unless the sampler says otherwise', () => {
    const without = call({ loss: bce }, labels, randomLogits());
    expect(call({ loss: bce, miner: miner('kept') }, labels, randomLogits(), 0)).toEqual(without);
    expect(call({ loss: bce, miner: miner('kept', 3) }, labels, randomLogits(), 2)).toEqual(without);
    expect(call({ loss: bce, miner: miner('kept', 0) }, labels, randomLogits(), 0)).not.toEqual(without);
  });

  test('a sampler sees weighted losses, 0 where unknown; what it derives from them stays constant', () => {
    let seen: number[] = [];
    const squared: MineSampler = {
      kind: 'mine',
      startEpoch: 0,
      mine: ({ losses }) => {
        seen = [...losses.dataSync()];
        return { weights: losses, denominator: 'known' };
      },
    };
    const got = call({ loss: weightedFocal, miner: squared }, labels, randomLogits());
    const values = reference(weightedFocal, entries, Float64Array.from(randomLogits()));
    near(seen, [...values]);
    near(got.gradient, expected(weightedFocal, entries, randomLogits(), counts.known, [...values]).gradient);
  });
});

test.each(['negative', 'unknown'] as const)(
  'weights that a plugin leaves undefined at unknown entries count nothing, nor do NaN logits there (%s unlisted)',
  (unlisted) => {
    const { labels, entries } = drawLabels(unlisted, true);
    const weightsWith = (undefinedAs: number) => () =>
      tf.tensor2d(
        entries.map(({ known }, i) => (known ? (i % 3) / 2 : undefinedAs)),
        [ROWS, COLUMNS],
      );
    const given = (undefinedAs: number): Omit<ObjectiveOptions, 'columns'> => ({
      loss: { ...focal, entryWeights: weightsWith(undefinedAs) },
      miner: {
        kind: 'mine',
        mine: ({ losses }) => {
          expect(losses.dataSync()).not.toContain(NaN);
          return { weights: weightsWith(undefinedAs)(), denominator: 'kept' };
        },
      },
    });
    const logits = randomLogits();
    const poisoned = logits.map((z, i) => (entries[i]!.known ? z : NaN));
    const clean = call(given(0), labels, logits, 1);
    expect(clean.value).toBeGreaterThan(0);
    for (const undefinedAs of [NaN, Infinity, 1]) expect(call(given(undefinedAs), labels, poisoned, 1)).toEqual(clean);
  },
);

test.each(REDUCTIONS)(
  'all at once, reduction %s: soft targets, a mask, weights of classes, entries and examples, mining',
  (reduction) => {
    for (const unlisted of ['negative', 'unknown'] as const) {
      const { labels, entries } = drawLabels(unlisted, true);
      const ofEntries = entries.map((_, i) => (1 + (i % 4)) / 2);
      const mined = entries.map((_, i) => [0, 1, 2][i % 3]!);
      const exampleWeights = Float32Array.of(3, 0.5, 0, 1, 2, 0.25);
      const weights = entries.map(({ row }, i) => ofEntries[i]! * mined[i]! * exampleWeights[row]!);
      const denominator = {
        mean: entries.filter(({ known }, i) => known && mined[i]! > 0).length,
        sum: 1,
        batch: ROWS,
      }[reduction];
      const got = call(
        {
          loss: { ...weightedFocal, entryWeights: () => tf.tensor2d(ofEntries, [ROWS, COLUMNS]) },
          reduction,
          exampleWeights,
          miner: {
            kind: 'mine',
            mine: () => ({ weights: tf.tensor2d(mined, [ROWS, COLUMNS]), denominator: 'kept' }),
          },
        },
        labels,
        randomLogits(),
        1,
      );
      const want = expected(weightedFocal, entries, randomLogits(), denominator, weights);
      near([got.value], [want.value]);
      near(got.gradient, want.gradient);
    }
  },
);

test.each(['negative', 'unknown'] as const)(
  'with everything unknown the loss is 0 and so is its gradient (%s unlisted)',
  (unlisted) => {
    const every = { offsets: Uint32Array.of(0, 2), classes: Uint16Array.of(0, 1) };
    const none = { offsets: Uint32Array.of(0, 0), classes: new Uint16Array(0) };
    const labels = sparseLabels({
      rows: 1,
      columns: 2,
      unlisted,
      positives: none,
      ...(unlisted === 'negative' && { exceptions: every }),
    });
    const got = call({ loss: bce }, labels, Float32Array.of(1, NaN));
    expect(got).toEqual({
      value: 0,
      gradient: [0, 0],
      statistics: { keptPositives: 0, keptNegatives: 0, denominator: 0 },
    });
  },
);

describe('a loss of the whole batch', () => {
  const { labels, entries } = drawLabels('negative', true);
  const loss = {
    kind: 'batch' as const,
    compute: (logits: Tensor2D, batch: { targets(): Tensor2D; known(): Tensor2D | null }) =>
      tf.sum<tf.Scalar>(tf.mul(tf.square(tf.sub(logits, batch.targets())), batch.known()!)),
  };

  test('is differentiated by tfjs; targets and known are those of the table', () => {
    const logits = randomLogits();
    const got = call({ loss }, labels, logits);
    const residual = entries.map(({ target, known }, i) => (known ? logits[i]! - target : 0));
    near([got.value], [residual.reduce((sum, r) => sum + r * r, 0)]);
    near(
      got.gradient,
      residual.map((r) => 2 * r),
    );
  });

  test('takes neither a miner nor example weights', () => {
    const miner: MineSampler = { kind: 'mine', mine: ({ losses }) => ({ weights: losses, denominator: 'kept' }) };
    const refused = { code: 'needs-elementwise-loss', exit: 2 };
    expect(() => createObjective({ loss, columns: 1, miner })).toThrow(expect.objectContaining(refused));
    expect(() => createObjective({ loss, columns: 1, exampleWeights: new Float32Array(1) })).toThrow(
      expect.objectContaining(refused),
    );
  });
});

describe('a plugin that breaks its contract is named, exit code 4', () => {
  const { labels } = drawLabels('negative', true);
  const failing =
    (options: Omit<ObjectiveOptions, 'columns'>, epoch = 1) =>
    () =>
      call(options, labels, randomLogits(), epoch);
  const mining = (weights: () => unknown): MineSampler => ({
    kind: 'mine',
    mine: () => ({ weights: weights() as Tensor2D, denominator: 'kept' }),
  });

  test.each([
    [
      'a vector as loss',
      'tensor-shape-wrong',
      { loss: { kind: 'batch' as const, compute: () => tf.zeros<tf.Rank.R0>([2]) } },
    ],
    [
      'no tensor as loss',
      'tensor-shape-wrong',
      { loss: { kind: 'batch' as const, compute: () => 3 as unknown as tf.Scalar } },
    ],
    [
      'a throwing loss',
      'plugin-throws',
      {
        loss: {
          kind: 'batch' as const,
          compute: () => {
            throw new Error('oops');
          },
        },
      },
    ],
    [
      'entry weights per row',
      'tensor-shape-wrong',
      { loss: { ...bce, entryWeights: () => tf.ones<tf.Rank.R2>([ROWS, 1]) } },
    ],
    ['a boolean mask', 'tensor-shape-wrong', { loss: bce, miner: mining(() => tf.ones([ROWS, COLUMNS], 'bool')) }],
    [
      'a throwing sampler',
      'plugin-throws',
      {
        loss: bce,
        miner: mining(() => {
          throw new Error('oops');
        }),
      },
    ],
    [
      'a table of another length',
      'table-length-wrong',
      { loss: weighted(bce, { positive: new Float64Array(3).fill(1) }) },
    ],
  ])('%s: %s', (_, code, options) => {
    expect(failing(options)).toThrow(expect.objectContaining({ code, exit: 4 }));
  });

  test('logits of a wrong shape', () => {
    const objective = createObjective({ loss: bce, columns: COLUMNS + 1 });
    const batch = batchLabels(labels, Int32Array.of(0), 0);
    expect(() => objective.value(tf.zeros([1, COLUMNS]), batch)).toThrow(/float32 \[1, 7\][\s\S]*float32 \[1, 8\]/);
  });

  test('a soft target under a loss of hard labels, with its place', () => {
    expect(failing({ loss: { ...bce, softTargets: false } })).toThrow(
      expect.objectContaining({
        code: 'soft-target-refused',
        exit: 3,
        found: expect.stringMatching(/^target 0\.\d+ at example \d, class index \d$/) as string,
      }),
    );
  });
});

test('fifty batches leave as many tensors as one, and disposal leaves none', () => {
  const { labels } = drawLabels('negative', true);
  const before = tf.memory().numTensors;
  const objective = createObjective({
    loss: weightedFocal,
    columns: COLUMNS,
    exampleWeights: new Float32Array(ROWS).fill(1),
    miner: { kind: 'mine', mine: ({ losses }) => ({ weights: losses, denominator: 'kept' }) },
  });
  const counts = Array.from({ length: 50 }, (_, epoch) => {
    const batch = batchLabels(
      labels,
      Int32Array.from({ length: ROWS }, (_, i) => i),
      epoch,
    );
    tf.tidy(() => {
      const z = tf.tensor2d(randomLogits(), [ROWS, COLUMNS]);
      tf.valueAndGrad((x) => objective.value(x as Tensor2D, batch))(z);
    });
    batch.dispose();
    return tf.memory().numTensors;
  });
  expect(new Set(counts).size).toBe(1);
  objective.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
