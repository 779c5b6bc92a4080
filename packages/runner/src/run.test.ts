import { existsSync, readdirSync, readFileSync } from 'node:fs';

import {
  PER_CLASS_COLUMNS,
  resolvedRun,
  RUN_FILES,
  runEvent,
  runMetrics,
  testExamples,
  type Logger,
} from '@counterweight/core';
import { readRun } from '@counterweight/report';
import * as tf from '@tensorflow/tfjs-core';
import { parse } from 'csv-parse/sync';
import { loadEngine } from '@counterweight/tensorflow';
import { beforeAll, describe, expect, test } from 'vitest';

import { drawings, MANIFEST, project } from './fixtures/project.js';
import { loadManifest } from './manifest.js';
import { check } from './plan.js';
import { run } from './run.js';

beforeAll(async () => {
  await loadEngine({ threads: 1 });
});

const logger: Logger = { info: () => undefined, warn: () => undefined };

/** Runs a manifest on the drawings, on one thread: bits depend on their number. */
async function runOn(made: ReturnType<typeof project>, out: string, set: readonly string[] = [], signal?: AbortSignal) {
  const manifest = await loadManifest('manifest.yaml', { workingFolder: made.folder, set });
  return run(manifest, { out: made.path(out), logger, threads: 1, ...(signal && { signal }) });
}

const events = (folder: string) =>
  readFileSync(`${folder}/${RUN_FILES.events}`, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => runEvent.parse(JSON.parse(line)));

const newProject = (manifest = MANIFEST) => project({ ...drawings(), 'manifest.yaml': manifest });

describe('a run of three epochs on eight classes of drawings', { timeout: 60_000 }, () => {
  test('leaves a folder as the schemas say, with metrics that add up', async () => {
    const made = newProject();
    const tensors = tf.memory().numTensors;
    const { folder, metrics, ended } = await runOn(made, 'out');
    expect(ended).toBe('completed');
    expect(tf.memory().numTensors).toBe(tensors);
    const { callbacks: _, ...files } = RUN_FILES;
    expect(readdirSync(folder).sort()).toEqual(Object.values(files).sort());

    expect(readFileSync(`${folder}/${RUN_FILES.manifest}`, 'utf8')).toBe(MANIFEST);
    const json = (name: string): unknown => JSON.parse(readFileSync(`${folder}/${name}`, 'utf8'));
    const resolved = resolvedRun.parse(json(RUN_FILES.resolved));
    expect(resolved).toMatchObject({ seed: 3, data: { classes: 8, shape: [16, 16, 1] }, engine: { threads: 1 } });
    expect(resolved.plugins.map(({ use }) => use)).toEqual([
      '@counterweight/data-images',
      '@counterweight/cnn',
      '@counterweight/loss-focal',
    ]);
    const written = runMetrics.parse(json(RUN_FILES.metrics));
    expect(written).toEqual(metrics);
    expect(written.steps).toBe(3 * 4);
    expect(written.test.averagePrecision).toMatchObject({ classes: 8, excluded: 0 });
    expect(written.test.averagePrecision!.macro!).toBeGreaterThan(written.chance.averagePrecision.macro!);

    const [header, ...rows] = parse(readFileSync(`${folder}/${RUN_FILES.perClass}`));
    expect(header!.slice(0, PER_CLASS_COLUMNS.length)).toEqual([...PER_CLASS_COLUMNS]);
    expect(rows.map(([name]) => name)).toEqual([...Array(8).keys()].map((c) => `bar ${c}`));
    const mean = rows.reduce((sum, row) => sum + Number(row[4]), 0) / 8;
    expect(mean).toBeCloseTo(written.test.averagePrecision!.macro!, 12);

    const examples = testExamples.parse(json(RUN_FILES.testExamples));
    expect(Buffer.from(examples.examples[0]!.pixels, 'base64')).toHaveLength(16 * 16);

    const told = events(folder);
    expect(told.map(({ type }) => type).filter((type) => type !== 'warning')).toEqual([
      'start',
      'epoch',
      'epoch',
      'epoch',
      'end',
    ]);
    const last = told.findLast((event) => event.type === 'epoch')!;
    expect(last.validation['averagePrecision.macro']).toBe(written.validation.averagePrecision!.macro);
    expect(told.at(-1)).toMatchObject({ status: 'done' });
    await expect(readRun(folder)).resolves.toMatchObject({ metrics: written });
  });

  test('learns: more epochs reach a macro AP of 0.9', async () => {
    const { metrics } = await runOn(newProject(), 'out', ['training.epochs=25']);
    expect(metrics!.test.averagePrecision!.macro).toBeGreaterThan(0.9);
  });

  test('has equal metrics for equal seeds, others for another', async () => {
    const made = newProject();
    const set = [
      "samplers=[{use: '@counterweight/sampler-ohem'}, {use: '@counterweight/sampler-oversample', rule: classPower}]",
    ];
    const of = async (out: string, more: readonly string[] = []) => {
      const { seconds: _, ...rest } = (await runOn(made, out, [...set, ...more])).metrics!;
      return rest;
    };
    const first = await of('a');
    expect(await of('b')).toEqual(first);
    expect(await of('c', ['seed=4'])).not.toEqual(first);
  });

  test('stops when interrupted, and the folder says so', async () => {
    const abort = new AbortController();
    const made = newProject();
    const manifest = await loadManifest('manifest.yaml', { workingFolder: made.folder });
    const { ended, metrics } = await run(manifest, {
      out: made.path('out'),
      logger,
      signal: abort.signal,
      onPlan: () => [{ batchEnd: ({ step }) => (step === 5 ? abort.abort() : undefined) }],
    });
    expect([ended, metrics]).toEqual(['interrupted', undefined]);
    expect(events(made.path('out')).at(-1)).toMatchObject({ type: 'end', status: 'interrupted' });
    expect(existsSync(made.path(`out/${RUN_FILES.metrics}`))).toBe(false);
  });

  test('that diverges ends with exit code 6, the examples named, in a valid folder', async () => {
    const made = newProject();
    const set = ['training.optimizer={name: sgd, learningRate: 1e30}', 'training.schedule.warmup=0'];
    await expect(runOn(made, 'out', set)).rejects.toMatchObject({ code: 'diverged', exit: 6 });
    const end = events(made.path('out')).at(-1);
    expect(end).toMatchObject({ type: 'end', status: 'diverged' });
    expect(JSON.stringify(end)).toMatch(/examples \d+, \d+/);
  });

  test('over a folder that is not empty is refused, and leaves it as it was', async () => {
    const made = newProject();
    made.write('out/precious.txt', 'mine');
    await expect(runOn(made, 'out')).rejects.toMatchObject({ code: 'out-not-empty', exit: 2 });
    expect(readdirSync(made.path('out'))).toEqual(['precious.txt']);
  });

  test('with bad data is refused before a folder is made', async () => {
    const made = newProject();
    made.write('labels.csv', 'image,labels,split\n0.png,a,train\nnone.png,b,test\n');
    await expect(runOn(made, 'out')).rejects.toMatchObject({ exit: 3 });
    expect(existsSync(made.path('out'))).toBe(false);
  });
});

describe('early stopping that cannot work is refused before training, by check too', { timeout: 60_000 }, () => {
  const cases: readonly [string, string, string, string][] = [
    ['nothing to validate on', 'patience: 2', 'early-stopping-needs-validation', 'training.earlyStopping'],
    [
      'a metric that is none',
      'metric: averagePrecision.makro',
      'early-stopping-metric-unknown',
      'averagePrecision.macro',
    ],
  ];
  test.each(cases)('%s', async (_, options, code, told) => {
    const made = newProject();
    if (code.endsWith('validation'))
      made.write('labels.csv', readFileSync(made.path('labels.csv'), 'utf8').replaceAll(',validation', ',test'));
    const set = [`training.earlyStopping={${options}}`];
    const error: unknown = await runOn(made, 'out', set).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, exit: 2 });
    expect((error as Error).message).toContain(told);
    expect((error as Error).message).toContain('--set training.earlyStopping');
    expect(existsSync(made.path('out'))).toBe(false);
    const manifest = await loadManifest('manifest.yaml', { workingFolder: made.folder, set });
    await expect(check(manifest, { logger, estimate: false })).rejects.toMatchObject({ code });
  });
});

describe('a plugin that fails in training', { timeout: 60_000 }, () => {
  const model = (create: string) => `
    const options = { safeParse: (data) => ({ success: true, data }), parse: (data) => data };
    export default { contract: 1, kind: 'model', name: 'broken', options, inject: [], create: () => ${create} };`;

  test.each([
    ["{ throw new Error('out of luck'); }", 'plugin-throws', 'being created: out of luck'],
    ['({ parameters: [], buffers: [] })', 'plugin-breaks-contract', 'being created: no features in an object with'],
  ])('is named, with where it stands, and is exit code 4: %s', async (create, code, told) => {
    const made = newProject(MANIFEST.replace(/^model:.*$/m, 'model: { use: broken-model }'));
    made.write(
      'node_modules/broken-model/package.json',
      '{ "name": "broken-model", "type": "module", "exports": "./i.js" }',
    );
    made.write('node_modules/broken-model/i.js', model(create));
    const error: unknown = await runOn(made, 'out').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, exit: 4, place: { file: 'manifest.yaml', line: 3 } });
    expect((error as Error).message).toContain(told);
  });
});
