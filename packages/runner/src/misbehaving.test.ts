import { existsSync } from 'node:fs';

import { afterEach, describe, expect, test } from 'vitest';

import { main } from './cli.js';
import { eventsOf, leftoversIn, oddProject, outcomeOf, type MANIFESTS } from './fixtures/odd-project.js';
import { drawings, project } from './fixtures/project.js';

type Variant = keyof typeof MANIFESTS;

/** The command in this process. */
async function command(folder: string, fault: string, argv: readonly string[]) {
  process.env['FAULT'] = fault;
  let [out, err] = ['', ''];
  const code = await main(argv, {
    out: (text) => (out += text),
    progress: { write: (text) => (err += text) },
    onInterrupt: () => () => undefined,
  });
  return { code, out, err };
}

const manifestOf = (made: ReturnType<typeof oddProject>): string => made.path('manifest.yaml');

afterEach(() => {
  delete process.env['FAULT'];
});

const outcomes = new Map<Variant, unknown>();

/** Of a run whose plugins work: made once. */
async function undisturbed(variant: Variant): Promise<unknown> {
  if (!outcomes.has(variant)) {
    const made = oddProject(variant);
    const { code, err } = await command(made.folder, '', ['run', manifestOf(made), '--out', made.path('out')]);
    expect([code, err]).toEqual([0, expect.not.stringContaining('keeps')]);
    outcomes.set(variant, outcomeOf(made.path('out')));
  }
  return outcomes.get(variant);
}

/** [variant, fault, code, what the message says]. */
type Case = readonly [Variant, string, string, string];

/** Before anything is written: there is no folder. */
const EARLY: readonly Case[] = [
  ['entries', 'data.create: throws', 'plugin-throws', 'odd#data, being created: no luck'],
  ['entries', 'data.create: throws text', 'plugin-throws', 'odd#data, being created: no luck'],
  ['entries', 'data.create: rejects', 'plugin-throws', 'odd#data, being created: no luck'],
  ['entries', 'data.create: gives nothing', 'plugin-breaks-contract', 'odd#data, being created: undefined'],
  [
    'entries',
    'data.create: gives another kind',
    'plugin-breaks-contract',
    'odd#data, being created: no id in an object with batchEnd',
  ],
  ['entries', 'data: names a class twice', 'plugin-breaks-contract', 'the class "class 1" twice'],
  ['entries', 'data: has another shape', 'plugin-breaks-contract', 'shape []'],
  ['entries', 'data: has fewer columns', 'plugin-breaks-contract', 'labels of 5 columns and 4 classes'],
  ['entries', 'data: has splits that overlap', 'plugin-breaks-contract', 'example 39 in validation and in test'],
  ['entries', 'data: has examples beyond its rows', 'plugin-breaks-contract', 'example 48 in splits.test, of 48 rows'],
  ['entries', 'data: has splits of another type', 'plugin-breaks-contract', 'splits.test is an array of 2'],
  ['entries', 'data: has weights of another length', 'plugin-breaks-contract', 'exampleWeights is Float32Array of 3'],
  ['entries', 'data: has labels of its own', 'plugin-breaks-contract', 'labels.positives is an array of 48'],
  ['entries', 'read: leaves rows', 'plugin-breaks-contract', 'odd#data, in read: row 31 of 32'],
  ['entries', 'read: is early', 'plugin-breaks-contract', 'odd#data, in read: row 0 of 32'],
  ['entries', 'net.create: throws', 'plugin-throws', 'odd#net, being created: no luck'],
  ['entries', 'net.create: gives nothing', 'plugin-breaks-contract', 'odd#net, being created: undefined'],
  ['entries', 'net.create: gives another kind', 'plugin-breaks-contract', 'odd#net, being created: no features'],
  ['entries', 'net: has names twice', 'plugin-breaks-contract', 'two parameters or buffers named "hidden"'],
  ['entries', 'net: has tensors for variables', 'plugin-breaks-contract', 'parameters[0] ("x"): variable an object'],
  ['entries', 'net: lacks export', 'plugin-breaks-contract', 'no export in an object with'],
  [
    'entries',
    'entries.create: gives another kind',
    'plugin-breaks-contract',
    'odd#entries, being created: an object with batchEnd, kind',
  ],
  ['entries', 'curves: gives nothing', 'plugin-breaks-contract', 'odd#entries, in curves: undefined'],
  ['entries', 'curves: gives numbers', 'plugin-breaks-contract', 'odd#entries, in curves: positive is 1'],
  ['entries', 'curves: has no link', 'link-not-monotone', 'odd#entries: ln g0'],
  ['entries', 'draw.create: gives another kind', 'plugin-breaks-contract', 'odd#draw, being created: no draw'],
  ['entries', 'draw: throws', 'plugin-throws', 'odd#draw, in draw: no luck'],
  ['entries', 'draw: draws a stranger', 'draw-invalid', 'odd#draw: example 99, which is not in the pool'],
  ['entries', 'draw: draws none', 'draw-invalid', 'odd#draw: no example at all'],
  ['entries', 'draw: gives a list', 'draw-invalid', 'odd#draw: Array of 32'],
  ['entries', 'draw: gives nothing', 'draw-invalid', 'odd#draw: undefined'],
  ['entries', 'draw: gives a promise', 'plugin-breaks-contract', 'odd#draw, in draw: a promise'],
  ['entries', 'probabilities: throws', 'plugin-throws', 'odd#draw, in probabilities: no luck'],
  ['entries', 'probabilities: adds up to 2', 'draw-invalid', 'odd#draw: probabilities with the sum 2'],
  ['entries', 'probabilities: is short', 'draw-invalid', 'odd#draw: probabilities: Float64Array of 1'],
  ['entries', 'mean: needs nothing', 'plugin-breaks-contract', 'odd#mean, being created: needs undefined'],
  ['entries', 'descent.create: gives another kind', 'plugin-breaks-contract', 'odd#descent, being created: no step'],
  ['entries', 'watcher.create: gives nothing', 'plugin-breaks-contract', 'odd#watcher, being created: undefined'],
];

/** In training or later: the folder tells how it ended, and goes on once the plugin is a good one. */
const LATE: readonly Case[] = [
  ['entries', 'read: throws', 'plugin-throws', 'odd#data, in read: no luck'],
  ['entries', 'read: gives NaN', 'plugin-not-finite', 'odd#data, in read: NaN in example'],
  ['entries', 'id: gives a number', 'plugin-breaks-contract', 'odd#data, in id: 40'],
  ['entries', 'id: throws', 'plugin-throws', 'odd#data, in id: no luck'],
  ['entries', 'features: throws', 'plugin-throws', 'odd#net, in features: no luck'],
  ['entries', 'features: gives nothing', 'tensor-shape-wrong', 'odd#net, in features: undefined'],
  ['entries', 'features: gives a promise', 'plugin-breaks-contract', 'odd#net, in features: a promise'],
  ['entries', 'features: has another shape', 'tensor-shape-wrong', 'odd#net, in features: float32 [64]'],
  ['entries', 'features: has fewer rows', 'tensor-shape-wrong', 'odd#net, in features: float32 [1, 8]'],
  ['entries', 'features: gives NaN', 'plugin-not-finite', 'odd#net, in features: features are not finite'],
  ['entries', 'features: has a gradient of NaN', 'plugin-not-finite', 'odd#net, in features: the gradient of hidden'],
  ['entries', 'features: has a gradient that throws', 'plugin-throws', 'odd#net, its gradient: no luck'],
  ['entries', 'features: spoils a buffer', 'plugin-not-finite', 'odd#net, in features: the buffer scale holds NaN'],
  ['entries', 'features: gives NaN in inference', 'plugin-not-finite', 'odd#net, in classify: logit NaN of example 32'],
  ['entries', 'features: frees a parameter', 'plugin-throws', 'odd#net, in features: '],
  ['entries', 'classify: throws', 'plugin-throws', 'odd#net, in classify: no luck'],
  ['entries', 'classify: has another type', 'tensor-shape-wrong', 'odd#net, in classify: int32 [8, 5]'],
  ['entries', 'classify: has other columns', 'tensor-shape-wrong', 'odd#net, in classify: float32 [8, 2]'],
  ['entries', 'export: throws', 'plugin-throws', 'odd#net, in export: no luck'],
  ['entries', 'curves: throws', 'plugin-throws', 'odd#entries, in curves: no luck'],
  ['entries', 'curves: gives NaN', 'plugin-not-finite', 'odd#entries, in curves: loss NaN at logit'],
  ['entries', 'curves: has a slope of NaN', 'plugin-not-finite', 'odd#entries, in curves: slope NaN at logit'],
  ['entries', 'entryWeights: throws', 'plugin-throws', 'odd#entries, in entryWeights: no luck'],
  ['entries', 'entryWeights: has another shape', 'tensor-shape-wrong', 'odd#entries, in entryWeights: float32 [1]'],
  ['entries', 'entryWeights: gives NaN', 'plugin-not-finite', 'odd#entries, in entryWeights: weight NaN'],
  ['coupled', 'compute: throws', 'plugin-throws', 'odd#coupled, in compute: no luck'],
  ['coupled', 'compute: throws text', 'plugin-throws', 'odd#coupled, in compute: no luck'],
  ['coupled', 'compute: gives nothing', 'tensor-shape-wrong', 'odd#coupled, in compute: undefined'],
  ['coupled', 'compute: gives a promise', 'plugin-breaks-contract', 'odd#coupled, in compute: a promise'],
  ['coupled', 'compute: gives a number', 'tensor-shape-wrong', 'odd#coupled, in compute: number'],
  ['coupled', 'compute: is no scalar', 'tensor-shape-wrong', 'odd#coupled, in compute: float32 [8, 5]'],
  ['coupled', 'compute: is of whole numbers', 'tensor-shape-wrong', 'odd#coupled, in compute: int32 []'],
  ['coupled', 'compute: gives NaN', 'plugin-not-finite', 'odd#coupled, in compute: loss NaN at logits of'],
  [
    'coupled',
    'compute: has a gradient of NaN',
    'plugin-not-finite',
    'odd#coupled, in compute: a gradient of NaN at logits of',
  ],
  ['coupled', 'compute: has no gradient', 'plugin-throws', 'odd#coupled, in compute, its gradient: '],
  ['coupled', 'coupled.save: throws', 'plugin-throws', 'odd#coupled, in save: no luck'],
  ['coupled', 'coupled.save: gives a list', 'plugin-breaks-contract', 'odd#coupled, in save: calls is Array'],
  ['coupled', 'coupled.save: gives numbers', 'plugin-breaks-contract', 'odd#coupled, in save: calls is number'],
  ['entries', 'mine: throws', 'plugin-throws', 'odd#mine, in mine: no luck'],
  ['entries', 'mine: gives nothing', 'tensor-shape-wrong', 'odd#mine, in mine, weights: undefined'],
  ['entries', 'mine: has another shape', 'tensor-shape-wrong', 'odd#mine, in mine, weights: float32 [5]'],
  ['entries', 'mine: gives a mask', 'tensor-shape-wrong', 'odd#mine, in mine, weights: bool [8, 5]'],
  ['entries', 'mine: gives NaN', 'plugin-breaks-contract', 'odd#mine, in mine: weight NaN at row 0'],
  ['entries', 'mine: is negative', 'plugin-breaks-contract', 'odd#mine, in mine: weight -1 at row 0'],
  ['entries', 'mine: has no denominator', 'plugin-breaks-contract', 'odd#mine, in mine: denominator undefined'],
  ['entries', 'mean.compute: throws', 'plugin-throws', 'odd#mean, in compute: no luck'],
  ['entries', 'mean.compute: gives nothing', 'plugin-breaks-contract', 'odd#mean, in compute: undefined'],
  ['entries', 'mean.compute: gives a number', 'plugin-breaks-contract', 'odd#mean, in compute: 1'],
  ['entries', 'mean.compute: gives NaN', 'plugin-breaks-contract', 'odd#mean, in compute: values.all is NaN'],
  [
    'entries',
    'mean.compute: gives another length',
    'plugin-breaks-contract',
    'odd#mean, in compute: perClass.mine is Float64Array of 2',
  ],
  ['entries', 'step: throws', 'plugin-throws', 'odd#descent, in step: no luck'],
  ['entries', 'step: gives a promise', 'plugin-breaks-contract', 'odd#descent, in step: a promise'],
  ['entries', 'step: rejects', 'plugin-breaks-contract', 'odd#descent, in step: a promise'],
  ['entries', 'step: leaves NaN', 'plugin-not-finite', 'odd#descent, in step: hidden holds NaN'],
  ['entries', 'step: leaves NaN at once', 'plugin-not-finite', 'odd#descent, in step: hidden holds NaN'],
  ['entries', 'step: frees a parameter', 'plugin-not-finite', 'odd#descent, in step: hidden is disposed'],
  ['entries', 'step: frees a parameter late', 'plugin-not-finite', 'odd#descent, in step: hidden is disposed'],
  ['entries', 'descent.save: throws', 'plugin-throws', 'odd#descent, in save: no luck'],
  ['entries', 'descent.save: gives tensors', 'plugin-breaks-contract', 'odd#descent, in save: memory is Tensor'],
  ['entries', 'batchEnd: throws', 'plugin-throws', 'odd#watcher, in batchEnd: no luck'],
  ['entries', 'epochEnd: rejects', 'plugin-throws', 'odd#watcher, in epochEnd: no luck'],
  ['entries', 'checkpoint: rejects', 'plugin-throws', 'odd#watcher, in checkpoint: no luck'],
  ['entries', 'watcher.save: gives a list', 'plugin-breaks-contract', 'odd#watcher, in save: epochs is Array'],
];

describe('a plugin at fault is named, with exit code 4', { timeout: 60_000 }, () => {
  test.each(EARLY)('%s, %s: %s, nothing written', async (variant, fault, code, told) => {
    const made = oddProject(variant);
    const ended = await command(made.folder, fault, ['run', manifestOf(made), '--out', made.path('out')]);
    expect(ended).toMatchObject({ code: 4, out: '' });
    expect(ended.err).toContain(`${code}  `);
    expect(ended.err).toContain(told);
    expect(existsSync(made.path('out'))).toBe(false);
  });

  test.each(LATE)(
    '%s, %s: %s; the folder is valid and goes on to the same bits',
    async (variant, fault, code, told) => {
      const made = oddProject(variant);
      const out = made.path('out');
      const ended = await command(made.folder, fault, ['run', manifestOf(made), '--out', out]);
      expect(ended).toMatchObject({ code: 4, out: '' });
      expect(ended.err).toContain(`${code}  `);
      expect(ended.err).toContain(told);
      const last = eventsOf(out).at(-1);
      expect(last).toMatchObject({ type: 'end', status: 'failed', reason: expect.stringContaining(told) as string });
      expect(leftoversIn(out)).toEqual([]);
      expect(existsSync(made.path('out/metrics.json'))).toBe(false);
      expect((await command(made.folder, '', ['run', manifestOf(made), '--resume', out])).code).toBe(0);
      expect(outcomeOf(out)).toEqual(await undisturbed(variant));
    },
  );

  test.each(['close', 'dispose', 'descent.dispose'])('what cannot be freed is a warning: %s', async (method) => {
    const made = oddProject('entries');
    const fault = `${method}: throws`;
    const ended = await command(made.folder, fault, ['run', manifestOf(made), '--out', made.path('out')]);
    expect(ended.code).toBe(0);
    expect(ended.err).toMatch(/warning {3}plugin-throws.*\n.*\n.*odd#(data|net|descent), in (close|dispose): no luck/);
    expect(outcomeOf(made.path('out'))).toEqual(await undisturbed('entries'));
  });

  test('a sampler that sorts the pool it is given changes no data set', async () => {
    const made = oddProject('entries');
    const ended = await command(made.folder, 'draw: sorts its pool', [
      'run',
      manifestOf(made),
      '--out',
      made.path('out'),
    ]);
    expect(ended.code).toBe(0);
  });

  test('a memory that cannot be taken back is told, and the checkpoint stays', async () => {
    const made = oddProject('coupled');
    const out = made.path('out');
    await command(made.folder, 'compute: throws', ['run', manifestOf(made), '--out', out]);
    for (const fault of ['coupled.load: throws', 'watcher.load: throws', 'descent.load: throws']) {
      const ended = await command(made.folder, fault, ['run', manifestOf(made), '--resume', out]);
      expect(ended.code).toBe(4);
      expect(ended.err).toMatch(/odd#(coupled|watcher|descent), in load: no luck/);
    }
    expect((await command(made.folder, '', ['run', manifestOf(made), '--resume', out])).code).toBe(0);
    expect(outcomeOf(out)).toEqual(await undisturbed('coupled'));
  });
});

describe('tensors that are kept are told once, with who keeps them; the run goes on', { timeout: 60_000 }, () => {
  test.each([
    ['entries', 'features: leaks', 'odd#net, in features, keeps 1 tensor more after each step (float32 [2, 3] made at'],
    [
      'coupled',
      'compute: leaks',
      'odd#coupled, in compute, keeps 2 tensors more after each step (float32 [2, 3] made at',
    ],
    ['entries', 'mine: leaks', 'odd#mine, in mine, keeps 1 tensor more after each step (float32 [7] made at'],
    ['entries', 'step: leaks', 'odd#descent, in step, keeps 1 tensor more after each step (float32 [5] made at'],
    [
      'entries',
      'mean.compute: leaks',
      'odd#mean, in compute, keeps 1 tensor more after each epoch (float32 [3] made at',
    ],
    [
      'entries',
      'epochEnd: leaks',
      'odd#watcher, in epochEnd, keeps 1 tensor more after each epoch (float32 [3] made at',
    ],
  ] as const)('%s, %s', async (variant, fault, told) => {
    const made = oddProject(variant);
    const out = made.path('out');
    const argv = ['run', manifestOf(made), '--out', out, '--set', 'training.epochs=4', '--set', 'training.batchSize=2'];
    const { code, err } = await command(made.folder, fault, argv);
    expect(code).toBe(0);
    expect(err.split(' keeps ')).toHaveLength(2);
    expect(err).toContain(`warning   ${told} ${made.path('node_modules/odd/index.mjs')}:`);
    expect(eventsOf(out)).toContainEqual({ type: 'warning', message: expect.stringContaining(told) as string });
  });

  test('what the engine holds and tfjs does not know of is told as well', async () => {
    const made = oddProject('entries');
    const argv = [
      'run',
      manifestOf(made),
      '--out',
      made.path('out'),
      '--set',
      'training.epochs=4',
      '--set',
      'training.batchSize=2',
    ];
    const { code, err } = await command(made.folder, 'classify: leaks in the engine', argv);
    expect([
      code,
      err.match(/the engine holds 1 tensor more after each step that tfjs does not know of/g)?.length,
    ]).toEqual([0, 1]);
  });

  test('not where a step makes what the next one frees, nor where nothing grows', async () => {
    const made = oddProject('entries');
    const argv = [
      'run',
      manifestOf(made),
      '--out',
      made.path('out'),
      '--set',
      'training.epochs=4',
      '--set',
      'training.batchSize=2',
    ];
    expect((await command(made.folder, 'classify: keeps the last', argv)).err).not.toContain('keeps');
  });

  test.each([
    "{ use: '@counterweight/cnn', architecture: residual, depth: 10, width: 4 }",
    "{ use: '@counterweight/cnn', widths: [4, 8], dense: 8, dropout: 0.2 }",
  ])('not of our own plugins with all that makes tensors by and by: %s', async (model) => {
    const made = project({
      ...drawings(),
      'manifest.yaml': `
data: { use: '@counterweight/data-images', images: ./images, labels: ./labels.csv, size: 16, cache: ./cache }
model: ${model}
loss: { use: '@counterweight/loss-focal' }
samplers: [{ use: '@counterweight/sampler-oversample', rule: classPower }, { use: '@counterweight/sampler-ohem' }]
training:
  { epochs: 4, batchSize: 2, accumulate: 2, ema: {}, clipNorm: 1, earlyStopping: { patience: 9 }, checkpoint: { steps: 5 } }
`,
    });
    const ended = await command(made.folder, '', ['run', made.path('manifest.yaml'), '--out', made.path('out')]);
    expect(ended.code).toBe(0);
    expect(ended.err).not.toMatch(/ keeps |the engine holds/);
  });
});
