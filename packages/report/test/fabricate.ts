import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import {
  randomStream,
  RUN_FILES,
  type RandomStream,
  type ResolvedRun,
  type RunMetrics,
  type TestExamples,
} from '@counterweight/core';

/** What of a made-up run a test sets; the rest is plausible. */
export interface Fabrication {
  readonly loss?: Readonly<Record<string, unknown>>;
  readonly samplers?: readonly unknown[];
  readonly macro?: number;
  readonly micro?: number;
  readonly decided?: number;
  readonly summed?: number;
  readonly keptNegativesPerPositive?: number;
  readonly seed?: number;
  readonly steps?: number;
  readonly fingerprint?: string;
  readonly classes?: readonly string[];
  readonly examples?: TestExamples;
}

const CLASSES = Array.from({ length: 240 }, (_, c) => `class ${c}`);
const EPOCHS = 16;

/** Writes a run folder as a completed run leaves it. */
export async function fabricateRun(folder: string, made: Fabrication = {}): Promise<string> {
  const classes = made.classes ?? CLASSES;
  const { macro = 0.438, micro = 0.548, decided = 0.48, summed = 0.61, steps = 1104, seed = 7 } = made;
  const loss = made.loss ?? { use: '@example/loss-plain', weights: 'none' };
  const manifest = {
    version: 1,
    seed,
    data: { use: '@example/data', pack: './pack' },
    model: { use: '@example/net' },
    loss,
    samplers: made.samplers ?? [],
    training: { epochs: EPOCHS },
    evaluation: { threshold: 0.5, minimumPositives: { train: 10, test: 3 }, groups: { head: 100, tail: 20 } },
  };
  const resolved: ResolvedRun = {
    manifest,
    plugins: [{ kind: 'loss', name: 'plain', use: String(loss['use']), version: '0.1.0', path: '/plugins/plain' }],
    data: {
      fingerprint: made.fingerprint ?? 'd41d8c',
      shape: [16, 16, 1],
      classes: classes.length,
      examples: { train: 4390, validation: 542, test: 1355 },
      labelsPerExample: 10.62,
    },
    seed,
    engine: { name: 'tensorflow', threads: 2 },
    versions: { node: '20.20.2' },
    parameters: 5_217_346,
  };
  const random = randomStream(seed).fork(String(loss['use']));
  const rows = classes.map((name, c) => {
    const train = Math.round(1.3 ** (c % 26) * 1.2);
    const ap =
      c % 7 === 3
        ? ''
        : Math.min(1, Math.max(0, macro * (0.5 + Math.log10(train) / 2.4) + 0.1 * random.normal())).toFixed(4);
    return [quoted(name), train, Math.round(train / 8), ap === '' ? 0 : Math.max(1, Math.round(train / 4)), ap].join(
      ',',
    );
  });
  const groups = {
    head: { classes: 40, averagePrecision: macro * 1.2 },
    medium: { classes: 300, averagePrecision: macro },
    tail: { classes: 405, averagePrecision: macro * 0.95 },
  };
  const test = {
    averagePrecision: { macro, micro, weighted: micro, classes: 745, excluded: 3993 },
    prevalenceRatio: { decided, summed, threshold: 0.5 },
    f1: { macro: 0.21, micro: 0.43 },
    groups,
  };
  const metrics: RunMetrics = {
    validation: test,
    test,
    chance: { averagePrecision: { macro: 0.015, micro: 0.0103 } },
    seconds: 48.25,
    steps,
  };
  const perPositive = made.keptNegativesPerPositive ?? 445;
  const events = [
    { type: 'start', time: '2026-01-01T00:00:00.000Z' },
    ...Array.from({ length: EPOCHS }, (_, epoch) => ({
      type: 'epoch',
      epoch,
      step: ((epoch + 1) * steps) / EPOCHS,
      loss: summed * (0.02 * Math.exp(-epoch / 4) + 0.004 + 0.0002 * random.uniform()),
      learningRate: 0.004,
      seconds: (epoch + 1) * 3,
      keptPositives: 46_600,
      keptNegatives: Math.round(46_600 * perPositive),
      validation: { 'averagePrecision.macro': macro * (1 - Math.exp(-(epoch + 1) / 4)) + 0.005 * random.normal() },
    })),
    { type: 'end', time: '2026-01-01T00:00:48.000Z', status: 'done' },
  ];
  const files = {
    [RUN_FILES.manifest]: `version: 1\nloss: ${JSON.stringify(loss)}\n`,
    [RUN_FILES.resolved]: JSON.stringify(resolved),
    [RUN_FILES.metrics]: JSON.stringify(metrics),
    [RUN_FILES.events]: events.map((event) => `${JSON.stringify(event)}\n`).join(''),
    [RUN_FILES.perClass]: `class,positives_train,positives_validation,positives_test,average_precision\n${rows.join('\n')}\n`,
    [RUN_FILES.testExamples]: JSON.stringify(
      made.examples ?? fabricateExamples(classes, decided, random.fork('examples')),
    ),
  };
  await mkdir(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
  return folder;
}

function fabricateExamples(classes: readonly string[], decided: number, random: RandomStream): TestExamples {
  const some = (n: number): string[] => [
    ...new Set(Array.from({ length: n }, () => classes[Math.floor(random.uniform() * classes.length)]!)),
  ];
  return {
    shape: [16, 16, 1],
    examples: Array.from({ length: 6 }, (_, i) => {
      const labels = classes.filter((_, c) => c % 31 === i).slice(0, 7);
      const ring = Uint8Array.from({ length: 256 }, (_, p) =>
        Math.abs(Math.hypot((p % 16) - 7.5, (p >> 4) - 7.5) - 3 - i / 2) < 1 ? 255 : 0,
      );
      const predicted = [...new Set([...labels.slice(0, 4), ...some(12)])].map((label) => ({
        class: label,
        probability: Math.min(1, random.uniform() ** (1 / decided)),
      }));
      predicted.sort((a, b) => b.probability - a.probability);
      return {
        id: `picture-${i}`,
        pixels: Buffer.from(ring).toString('base64'),
        labels,
        decided: predicted.filter(({ probability }) => probability >= 0.5).length,
        predicted,
      };
    }),
  };
}

const quoted = (cell: string): string => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
