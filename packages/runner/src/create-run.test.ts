import { readFileSync } from 'node:fs';

import {
  definePlugin,
  labelsFromRows,
  RUN_FILES,
  z,
  type Dataset,
  type Logger,
  type ResolvedRun,
} from '@counterweight/core';
import cnnPlugins, { cnn, mlp } from '@counterweight/cnn';
import focal from '@counterweight/loss-focal';
import weightedBce from '@counterweight/loss-weighted-bce';
import { loadEngine } from '@counterweight/tensorflow';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import { createRun, type RunDescription } from './create-run.js';
import { drawings, project } from './fixtures/project.js';
import { loadManifest } from './manifest.js';
import { ManifestError } from './manifest-error.js';
import { check } from './plan.js';
import { predict } from './predict.js';
import { recordedManifest } from './recorded-manifest.js';
import { run } from './run.js';
import { use } from './use.js';
import { writePredictions } from './write-predictions.js';

const logger: Logger = { info: () => undefined, warn: () => undefined };

/** 40 examples of 4 numbers; class c where number c is above 0. */
const number = (example: number, c: number): number => Math.sin(7 * example + 3 * c + c * c);
const read: Dataset['read'] = (chosen, into) => {
  chosen.forEach((example, row) => {
    into.set(
      [0, 1, 2, 3].map((c) => number(example, c)),
      4 * row,
    );
  });
  return Promise.resolve();
};
const close = () => Promise.resolve();
const data = definePlugin({
  kind: 'dataset',
  name: 'four-signs',
  options: z.strictObject({ examples: z.int().min(10).default(40) }),
  inputs: ({ examples }) => ({ count: examples, id: String, read, close }),
  create: ({ examples }) => {
    const all = [...Array(examples).keys()];
    const rows = all.map((example) => [0, 1, 2, 3].filter((c) => number(example, c) > 0));
    const of = (rest: number) => Int32Array.from(all.filter((example) => example % 4 === rest));
    return {
      classes: ['a', 'b', 'c', 'd'],
      input: { shape: [4], dtype: 'float32' },
      labels: labelsFromRows(rows, 4),
      splits: { train: Int32Array.from(all.filter((e) => e % 4 < 2)), validation: of(2), test: of(3) },
      fingerprint: String(examples),
      id: String,
      read,
      close,
    };
  },
});

const SMALL: RunDescription = {
  data: use(data),
  model: use(mlp, { hidden: [8] }),
  loss: use(focal, { gamma: 1 }),
  training: { epochs: 2, batchSize: 8, augmentation: { shift: 0 } },
};

/** What of a description is refused: code, place and remedy of each problem. */
async function problemsOf(description: unknown) {
  const error: unknown = await createRun(description as RunDescription).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ManifestError);
  return (error as ManifestError).problems.map(({ code, place, remedy }) => ({ code, at: place?.file, remedy }));
}

describe('a run described in code', () => {
  test('is what the same manifest is, every default written out', async () => {
    const { folder } = project({
      ...drawings(),
      'manifest.yaml': `
seed: 3
data: { use: '@counterweight/data-images', images: ./images, labels: ./labels.csv, size: 16 }
model: { use: '@counterweight/cnn', widths: [8, 16] }
loss: { use: '@counterweight/loss-weighted-bce', weights: { positive: { rule: power } } }
samplers: [{ use: '@counterweight/sampler-ohem' }]
training: { epochs: 3, optimizer: { name: sgd, momentum: 0.5 } }
evaluation: { metrics: [f1, { name: precisionAtK, k: 2 }] }
`,
    });
    const manifest = await loadManifest('manifest.yaml', { workingFolder: folder });
    const described = await createRun({
      folder,
      seed: 3,
      data: { use: '@counterweight/data-images', images: './images', labels: './labels.csv', size: 16 },
      model: { use: '@counterweight/cnn', widths: [8, 16] },
      loss: { use: '@counterweight/loss-weighted-bce' },
      weights: { positive: { rule: 'power' } },
      samplers: [{ use: '@counterweight/sampler-ohem' }],
      training: { epochs: 3, optimizer: { name: 'sgd', momentum: 0.5 } },
      evaluation: { metrics: ['f1', { name: 'precisionAtK', k: 2 }] },
    });
    expect(described.resolved).toEqual(manifest.resolved);
    expect(described.settings).toEqual(manifest.settings);
    expect(parse(described.text)).toEqual(manifest.resolved);
    const [one, other] = [
      await check(described, { logger, estimate: false }),
      await check(manifest, { logger, estimate: false }),
    ];
    expect(one).toEqual(other);
    // The written manifest is one: it can be loaded.
    const again = project({ ...drawings(), 'again.yaml': described.text });
    expect((await loadManifest('again.yaml', { workingFolder: again.folder })).resolved).toEqual(manifest.resolved);
  });

  test('records a value that an installed package exports as that package', async () => {
    const { default: installed } = (await import(new URL('../../loss-focal/dist/index.js', import.meta.url).href)) as {
      default: typeof focal;
    };
    const { loss } = await createRun({ ...SMALL, loss: use(installed, { gamma: 3 }) });
    expect(loss).toMatchObject({ use: '@counterweight/loss-focal', options: { gamma: 3 } });
    expect(loss.path).toContain('loss-focal/dist/index.js');
    const { resolved, model } = await createRun({
      ...SMALL,
      model: use(
        ((await import(new URL('../../cnn/dist/index.js', import.meta.url).href)) as { default: typeof cnnPlugins })
          .default[1],
      ),
    });
    expect([model.use, resolved['model']]).toEqual([
      '@counterweight/cnn#mlp',
      expect.objectContaining({ use: '@counterweight/cnn#mlp' }),
    ]);
  });

  test('has the problems of a manifest, all at once, each with the key that it stands at', async () => {
    expect(
      await problemsOf({
        data: use(data, { examples: 3 }),
        loss: use(focal, { gama: 2 } as object),
        model: { use: '@counterweight/cn' },
        weights: { positive: { rule: 'ration' } },
        samplers: [use(cnn)],
        trainin: {},
        training: { epochs: '3', optimizer: { name: 'adamm' } },
        evaluation: { metrics: ['f2'] },
        seed: -1,
      }),
    ).toEqual(
      expect.arrayContaining([
        { code: 'out-of-range', at: 'createRun data.examples', remedy: '10' },
        { code: 'unknown-key', at: 'createRun loss.gama', remedy: 'gamma' },
        expect.objectContaining({ code: 'unknown-plugin', at: 'createRun model.use' }),
        { code: 'unknown-choice', at: 'createRun weights.positive.rule', remedy: 'ratio' },
        expect.objectContaining({ code: 'plugin-kind', at: 'createRun samplers.0.use' }),
        { code: 'unknown-key', at: 'createRun trainin', remedy: 'training' },
        expect.objectContaining({ code: 'wrong-type', at: 'createRun training.epochs' }),
        { code: 'unknown-choice', at: 'createRun training.optimizer.name', remedy: 'adamw' },
        { code: 'unknown-choice', at: 'createRun evaluation.metrics.0.name', remedy: 'f1' },
        { code: 'out-of-range', at: 'createRun seed', remedy: '0' },
      ]),
    );
  });

  test.each([
    ['nothing', {}, ['missing-key', 'missing-key', 'missing-key']],
    ['a value that is no plugin', { ...SMALL, loss: { plugin: {}, options: {} } }, ['plugin-invalid']],
    ['an import that is undefined', { ...SMALL, loss: { plugin: undefined, options: {} } }, ['plugin-invalid']],
    [
      'a plugin of another contract',
      { ...SMALL, loss: { plugin: { ...focal, contract: 2 }, options: {} } },
      ['plugin-invalid'],
    ],
  ])('of %s is refused', async (_, description, codes) => {
    expect((await problemsOf(description)).map(({ code }) => code)).toEqual(codes);
  });

  test('does not compile with a misspelt option, a missing one, or another kind of plugin', () => {
    const required = definePlugin({
      kind: 'loss',
      name: 'required',
      options: z.strictObject({ margin: z.number() }),
      create: () => ({ kind: 'elementwise', curves: (logit) => ({ positive: logit, negative: logit }) }),
    });
    const wrong = () => {
      // @ts-expect-error -- gama for gamma
      use(focal, { gama: 2 });
      // @ts-expect-error -- gamma is a number
      use(focal, { gamma: '2' });
      // @ts-expect-error -- margin has no default
      use(required);
      // @ts-expect-error -- margin has no default
      use(required, {});
      // @ts-expect-error -- not a plugin
      use({ kind: 'loss' });
      // @ts-expect-error -- a network where a loss belongs
      void createRun({ ...SMALL, loss: use(cnn) });
      // @ts-expect-error -- a loss where a sampler belongs
      void createRun({ ...SMALL, samplers: [use(focal)] });
      // @ts-expect-error -- there is no model
      void createRun({ data: use(data), loss: use(focal) });
      // @ts-expect-error -- epoch for epochs
      void createRun({ ...SMALL, training: { epoch: 3 } });
      // @ts-expect-error -- no such optimiser
      void createRun({ ...SMALL, training: { optimizer: { name: 'adamm' } } });
      // @ts-expect-error -- no such rule
      void createRun({ ...SMALL, weights: { positive: { rule: 'ration' } } });
      // @ts-expect-error -- a plugin itself, without use
      void createRun({ ...SMALL, loss: focal });
    };
    const right = () => {
      use(required, { margin: 1 });
      void createRun({ ...SMALL, loss: { use: '@acme/loss-x', anything: 1 }, weights: { class: 2 } });
    };
    expect([wrong, right]).toHaveLength(2);
  });
});

describe('its run', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    await loadEngine({ threads: 1 });
  });

  test('leaves a folder that says where its plugins came from, and goes on where it stopped', async () => {
    const { path } = project();
    const abort = new AbortController();
    const stop = { batchEnd: ({ step }: { step: number }) => (step === 3 ? abort.abort() : undefined) };
    const options = { logger, threads: 1 };
    const first = await run(await createRun(SMALL), {
      ...options,
      out: path('out'),
      callbacks: [stop],
      signal: abort.signal,
    });
    expect(first.ended).toBe('interrupted');
    const resolved = JSON.parse(readFileSync(path(`out/${RUN_FILES.resolved}`), 'utf8')) as ResolvedRun;
    expect(resolved.plugins[0]).toEqual({
      ...{ kind: 'dataset', name: 'four-signs', use: 'four-signs', version: 'unknown', path: '(given in code)' },
    });
    expect(resolved.source.code).toBe(true);
    const text = readFileSync(path(`out/${RUN_FILES.manifest}`), 'utf8');
    expect(parse(text)).toEqual(resolved.manifest);
    expect(text).toMatch(/no packages: four-signs, mlp, focal/);

    const { metrics: { seconds: _, ...metrics } = { seconds: 0 } } = await run(await createRun(SMALL), {
      ...options,
      resume: path('out'),
    });
    const { metrics: { seconds: __, ...whole } = { seconds: 0 } } = await run(await createRun(SMALL), {
      ...options,
      out: path('whole'),
    });
    expect(metrics).toEqual(whole);
    const other = await createRun({ ...SMALL, loss: use(focal, { gamma: 2 }) });
    await expect(run(other, { ...options, resume: path('out') })).rejects.toMatchObject({
      code: 'resume-manifest-changed',
      place: { file: 'createRun loss.gamma' },
    });
    const weights = await createRun({ ...SMALL, loss: use(weightedBce) });
    expect(weights.weights).toEqual({ positive: { rule: 'ratio' } });
  });

  test('predicts with its plugins given again, and tells when they are not', async () => {
    const { path } = project();
    const out = path('out');
    await run(await createRun(SMALL), { logger, threads: 1, out });
    const rows: string[] = [];
    const start = () => (block: { readonly ids: readonly string[] }) => {
      rows.push(...block.ids);
    };
    await expect(predict(out, out, { logger, start })).rejects.toMatchObject({
      code: 'plugin-in-code',
      exit: 2,
      found: 'four-signs, a dataset that no installed package exports',
    });
    await expect(predict(out, out, { logger, start, plugins: [data] })).rejects.toMatchObject({
      code: 'plugin-in-code',
      remedy: expect.stringContaining('plugins: [mlp]') as unknown,
    });
    const plugins = [use(data, { examples: 12 }), mlp];
    expect(await predict(out, out, { logger, start, plugins })).toMatchObject({ ended: 'completed', rows: 12 });
    expect(rows).toEqual([...Array(12).keys()].map(String));
    await writePredictions(out, out, path('p.jsonl'), { logger, plugins: [mlp, data], format: 'jsonl', top: 1 });
    expect(readFileSync(path('p.jsonl'), 'utf8').trimEnd().split('\n')).toHaveLength(40);
    await expect(recordedManifest(out)).rejects.toMatchObject({ code: 'resume-in-code', exit: 2 });
  });
});
