import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { accelerate, loadEngine, nativeTensorCount } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { agreements } from './check-gpu/agreement.js';
import { computeCases } from './check-gpu/cases.js';
import { judgeTraining } from './check-gpu/checks.js';
import { arraysOf, perform } from './check-gpu/tasks.js';
import { trained } from './check-gpu/training.js';

const built = fileURLToPath(new URL('../dist/tools/src/check-gpu.js', import.meta.url));

test.skipIf(!existsSync(built))('without a GPU: exit 5, with what was found and what is needed', () => {
  const env = { ...process.env, CUDA_VISIBLE_DEVICES: '-1' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [built], { encoding: 'utf8', env });
  expect([status, stdout]).toEqual([5, '']);
  expect(stderr).toMatch(/^gpu-unusable\n[^]*found [^]*expected [^]*try /);
});

test('a task that fails tells its words and its exit code', async () => {
  await expect(perform('gpu', 'cases', [], { CUDA_VISIBLE_DEVICES: '-1' })).rejects.toMatchObject({
    exit: 5,
    message: expect.stringMatching(/^gpu-unusable\n[^]*gpu cases ends with 5$/) as string,
  });
});

test('the cases are finite, differ from zero, and are the same each time, also in a worker', async () => {
  await loadEngine({ device: 'cpu' });
  accelerate();
  const first = computeCases();
  const before = [tf.memory().numTensors, nativeTensorCount()];
  const second = computeCases();
  expect([tf.memory().numTensors, nativeTensorCount()]).toEqual(before);
  for (const [name, values] of Object.entries(first)) {
    expect(values.every(Number.isFinite), name).toBe(true);
    expect(values.some((value) => value !== 0) || /one row/.test(name), name).toBe(true);
  }
  expect(agreements(second, first, 0).filter(({ good }) => !good)).toEqual([]);
  const elsewhere = arraysOf(await perform('cpu', 'cases'));
  expect(agreements(elsewhere, first).filter(({ good }) => !good)).toEqual([]);
});

test('what differs, is missing or is not finite does not agree', () => {
  const expected = { a: Float32Array.of(1, 2), b: Float32Array.of(0), c: Float32Array.of(NaN) };
  const good = (found: Record<string, Float32Array>) =>
    Object.fromEntries(agreements(found, expected).map((one) => [one.name, one.good]));
  expect(good(expected)).toEqual({ a: true, b: true, c: true });
  expect(good({ ...expected, a: Float32Array.of(1, 2.00001) })).toMatchObject({ a: true });
  expect(good({ ...expected, a: Float32Array.of(1.001, 2) })).toMatchObject({ a: false });
  expect(good({ a: Float32Array.of(1), b: Float32Array.of(NaN), d: Float32Array.of(1) })).toEqual({
    ...{ a: false, b: false, c: false, d: false },
  });
});

test(
  'two runs of a network on one device agree; another, or one that leaks, does not',
  { timeout: 120_000 },
  async () => {
    const [run, again] = [await trained('plain', { device: 'cpu' }), await trained('plain', { device: 'cpu' })];
    const verdicts = (...given: Parameters<typeof judgeTraining>) => judgeTraining(...given).map(({ good }) => good);
    expect(verdicts('plain', run, again, run)).toEqual([true, true, true]);
    const other = { ...run, losses: run.losses.map((loss) => 1.1 * loss), tensors: run.tensors.map((n, i) => n + i) };
    expect(verdicts('plain', other, run, run)).toEqual([false, false, false]);
  },
);
