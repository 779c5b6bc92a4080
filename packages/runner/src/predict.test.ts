import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';

import { RUN_FILES, testExamples, type Logger } from '@counterweight/core';
import { loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, test } from 'vitest';

import { drawings, MANIFEST, project } from './fixtures/project.js';
import { loadManifest } from './manifest.js';
import { predict, type PredictedRows } from './predict.js';
import { predictCommand, type PredictCommandOptions } from './predict-command.js';
import { run } from './run.js';

beforeAll(async () => {
  await loadEngine({ threads: 1 });
});

const logger: Logger = { info: () => undefined, warn: () => undefined };

/** A finished run of one epoch on drawings, in `out` of a project. */
async function finished(manifest = MANIFEST) {
  const made = project({ ...drawings(), 'manifest.yaml': manifest });
  const loaded = await loadManifest('manifest.yaml', { workingFolder: made.folder, set: ['training.epochs=1'] });
  await run(loaded, { out: made.path('out'), logger, threads: 1 });
  return made;
}

/** All rows at once. */
async function rowsOf(folder: string, source: string, batchSize?: number): Promise<Map<string, Float64Array>> {
  const all = new Map<string, Float64Array>();
  await predict(folder, source, {
    logger,
    ...(batchSize !== undefined && { batchSize }),
    start:
      () =>
      ({ ids, probabilities }: PredictedRows) => {
        ids.forEach((id, i) => all.set(id, probabilities[i]!));
      },
  });
  return all;
}

/** What the command writes. */
async function command(made: ReturnType<typeof project>, source: string, options: PredictCommandOptions = {}) {
  let [out, err] = ['', ''];
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      out += String(chunk);
      done();
    },
  });
  const terminal = { progress: { write: (text: string) => (err += text) }, onInterrupt: () => () => undefined };
  const code = await predictCommand(made.path('out'), made.path(source), options, terminal, stream);
  return { code, out, err };
}

describe('predictions of a finished run', { timeout: 60_000 }, () => {
  test('one row per image in order, the same whatever the batch size, no tensor left', async () => {
    const made = await finished();
    const tensors = tf.memory().numTensors;
    const rows = await rowsOf(made.path('out'), made.path('images'));
    expect(tf.memory().numTensors).toBe(tensors);
    expect([...rows.keys()]).toEqual(readdirSync(made.path('images')).sort());
    for (const batchSize of [1, 7, 96, 1000]) {
      const again = await rowsOf(made.path('out'), made.path('images'), batchSize);
      expect([...again.keys()]).toEqual([...rows.keys()]);
      for (const [id, probabilities] of rows)
        probabilities.forEach((p, c) => {
          expect(Math.abs(again.get(id)![c]! - p)).toBeLessThan(1e-6);
        });
    }
    // The run itself recorded what it predicted of some test images.
    const { examples } = testExamples.parse(
      JSON.parse(readFileSync(made.path(`out/${RUN_FILES.testExamples}`), 'utf8')),
    );
    expect(examples.length).toBeGreaterThan(0);
    for (const { id, predicted } of examples)
      for (const { class: name, probability } of predicted)
        expect(rows.get(id)![Number(name.replace('bar ', ''))]!).toBeCloseTo(probability, 5);
  });

  test('of a list, in its order; the command writes CSV and JSON Lines', async () => {
    const made = await finished();
    made.write('list.txt', 'images/7.png\nimages/0.png\n');
    const { code, out } = await command(made, 'list.txt', { all: true });
    const [header, ...rows] = parse(out);
    expect([code, header, rows.map(([id]) => id)]).toEqual([
      0,
      ['image', ...[...Array(8).keys()].map((c) => `bar ${c}`)],
      ['images/7.png', 'images/0.png'],
    ]);
    const lines = (await command(made, 'list.txt', { format: 'jsonl', top: 2 })).out.trimEnd().split('\n');
    expect(lines.map((text) => JSON.parse(text) as { image: string; labels: unknown[] })).toMatchObject([
      { image: 'images/7.png', labels: [{}, {}] },
      { image: 'images/0.png', labels: [{}, {}] },
    ]);
    const short = parse((await command(made, 'list.txt', { threshold: 0 })).out);
    expect(short[1]![1]!.split('|').sort()).toEqual(header!.slice(1));
  });

  test('names that other programs stumble over are quoted', async () => {
    const made = await finished();
    const names = ['a "b", c.png', 'line\nbreak.png', '🙂 ü.png', ' space.png'];
    mkdirSync(made.path('odd'));
    for (const name of names) cpSync(made.path('images/0.png'), made.path(join('odd', name)));
    const { out } = await command(made, 'odd');
    const [, ...rows] = parse(out);
    expect(rows.map(([id]) => id).sort()).toEqual([...names].sort());
    expect(new Set(rows.map(([, ...rest]) => rest.join())).size).toBe(1);
  });

  test('into a file: new, whole, and nothing of it when an image is broken', async () => {
    const made = await finished();
    const done = await command(made, 'images', { out: made.path('p.csv') });
    expect([done.code, done.out]).toEqual([0, '']);
    expect(parse(readFileSync(made.path('p.csv')))).toHaveLength(97);
    await expect(command(made, 'images', { out: made.path('p.csv') })).rejects.toMatchObject({
      code: 'out-unwritable',
    });
    truncateSync(made.path('images/50.png'), 60);
    const broken = command(made, 'images', { out: made.path('q.csv') });
    await expect(broken).rejects.toMatchObject({ exit: 3, message: expect.stringContaining('50.png') as string });
    expect(readdirSync(made.folder).filter((name) => name.includes('q.csv'))).toEqual([]);
  });

  test('a broken image has no row, and is told, where the data are read tolerantly', async () => {
    const made = await finished(MANIFEST.replace('size: 16', 'size: 16, strict: false'));
    truncateSync(made.path('images/50.png'), 60);
    const { code, out, err } = await command(made, 'images');
    expect([code, parse(out).length, parse(out).some(([id]) => id === '50.png')]).toEqual([0, 96, false]);
    expect(err).toContain('50.png');
  });

  test('are found with the manifest gone, and by a run folder that was moved', async () => {
    const made = await finished();
    cpSync(made.path('out'), made.path('moved/run'), { recursive: true });
    rmSync(made.path('manifest.yaml'));
    rmSync(made.path('labels.csv'));
    writeFileSync(made.path('moved/run/notes.txt'), 'mine');
    expect((await rowsOf(made.path('moved/run'), made.path('images'))).size).toBe(96);
  });

  test('stop when interrupted; the file is not written', async () => {
    const made = await finished();
    const abort = new AbortController();
    const result = await predict(made.path('out'), made.path('images'), {
      logger,
      batchSize: 8,
      signal: abort.signal,
      start: () => () => {
        abort.abort();
      },
    });
    expect(result).toEqual({ ended: 'interrupted', rows: 8, unreadable: 0 });
    const terminal = {
      progress: { write: () => undefined },
      onInterrupt: (interrupt: () => unknown) => {
        interrupt();
        return () => undefined;
      },
    };
    const out = made.path('p.csv');
    expect(await predictCommand(made.path('out'), made.path('images'), { out }, terminal)).toBe(130);
    expect(existsSync(out)).toBe(false);
  });
});

describe('what cannot be predicted is refused:', { timeout: 60_000 }, () => {
  const edit = (file: string, change: (value: Record<string, Record<string, unknown>>) => void) => {
    const value = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, unknown>>;
    change(value);
    writeFileSync(file, JSON.stringify(value));
  };
  const cases: readonly (readonly [string, (path: (name: string) => string) => void, object])[] = [
    [
      'no run',
      (path) => {
        rmSync(path('out'), { recursive: true });
      },
      { code: 'run-file-missing', exit: 2 },
    ],
    [
      'a run that did not end',
      (path) => {
        rmSync(path('out/model'), { recursive: true });
      },
      {
        code: 'run-not-finished',
        exit: 2,
        remedy: expect.stringContaining('--resume') as string,
      },
    ],
    [
      'a state that was cut off',
      (path) => {
        truncateSync(path('out/model/state.safetensors'), 999);
      },
      { code: 'state-file-invalid', exit: 3 },
    ],
    [
      'a state that grew',
      (path) => {
        appendFileSync(path('out/model/state.safetensors'), 'x');
      },
      { code: 'state-file-invalid', exit: 3 },
    ],
    [
      'a record that is no JSON',
      (path) => {
        writeFileSync(path('out/resolved.json'), '{');
      },
      { code: 'run-record-invalid', exit: 3 },
    ],
    [
      'too few classes',
      (path) => {
        writeFileSync(path('out/model/classes.json'), '["a"]');
      },
      { code: 'run-record-invalid' },
    ],
    [
      'no threshold',
      (path) => {
        edit(path('out/resolved.json'), (value) => delete value['manifest']!['evaluation']);
      },
      { code: 'run-record-invalid' },
    ],
    [
      'another network than the state’s',
      (path) => {
        edit(
          path('out/resolved.json'),
          (value) => ((value['manifest']!['model'] as Record<string, unknown>)['widths'] = [8, 17]),
        );
      },
      { code: 'state-file-invalid', found: expect.stringContaining('the model has') as string },
    ],
    [
      'options that the plugin does not take',
      (path) => {
        edit(
          path('out/resolved.json'),
          (value) => ((value['manifest']!['model'] as Record<string, unknown>)['wings'] = 2),
        );
      },
      { code: 'recorded-options-refused', exit: 4 },
    ],
    [
      'a plugin that is not installed',
      (path) => {
        edit(
          path('out/resolved.json'),
          (value) => ((value['manifest']!['model'] as Record<string, unknown>)['use'] = 'no-such-model'),
        );
      },
      { code: 'unknown-plugin', exit: 2 },
    ],
    [
      'nothing to predict',
      (path) => {
        rmSync(path('images'), { recursive: true });
      },
      { code: 'inputs-missing', exit: 2 },
    ],
  ];

  test('each with its code', async () => {
    const made = await finished();
    for (const [what, damage, expected] of cases) {
      const copy = project();
      for (const name of ['out', 'images']) cpSync(made.path(name), copy.path(name), { recursive: true });
      damage(copy.path);
      const tensors = tf.memory().numTensors;
      const error: unknown = await rowsOf(copy.path('out'), copy.path('images')).catch((thrown: unknown) => thrown);
      expect(error, what).toMatchObject(expected);
      expect(tf.memory().numTensors, what).toBe(tensors);
    }
  });

  test('a plugin that reads no inputs, a model that wants the training data', async () => {
    const options = `{ safeParse: (data) => ({ success: true, data }), parse: (data) => data }`;
    const made = await finished();
    const install = (name: string, code: string) => {
      made.write(`node_modules/${name}/package.json`, `{ "name": "${name}", "type": "module", "exports": "./i.js" }`);
      made.write(`node_modules/${name}/i.js`, code);
    };
    install(
      'bare-data',
      `export default { contract: 1, kind: 'dataset', name: 'bare', options: ${options}, inject: [], create: () => ({}) };`,
    );
    install(
      'greedy',
      `export default { contract: 1, kind: 'model', name: 'greedy', options: ${options}, inject: [Symbol.for('@counterweight/core:LABEL_STATISTICS')], create: () => ({}) };`,
    );
    const file = made.path('out/resolved.json');
    const use = (section: string, name: string) => {
      edit(file, (value) => (value['manifest']![section] = { use: name }));
      return rowsOf(made.path('out'), made.path('images'));
    };
    const before = readFileSync(file);
    await expect(use('data', 'bare-data')).rejects.toMatchObject({ code: 'inputs-not-supported', exit: 4 });
    writeFileSync(file, before);
    await expect(use('model', 'greedy')).rejects.toMatchObject({ code: 'model-needs-training-data', exit: 4 });
  });
});
