import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test, vi } from 'vitest';

import { loadEngine, nativeTensorCount } from './engine.js';
import { fakeNvidiaSmi, print, row } from './fixtures/nvidia-smi.js';
import { engineReport } from './report.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('a missing engine is an error that says what to run', async () => {
  vi.stubEnv('COUNTERWEIGHT_CACHE', '/nowhere');
  await expect(loadEngine()).rejects.toMatchObject({
    code: 'engine-missing',
    exit: 5,
    remedy: expect.stringContaining('npx counterweight engine install') as string,
  });
});

test('loading twice gives one backend, with tfjs’ gradients', async () => {
  const first = await loadEngine();
  const second = await loadEngine();
  expect(second.backend).toBe(first.backend);
  expect(tf.getBackend()).toBe('tensorflow');
  expect(
    tf.tidy(
      () =>
        tf
          .grad((x) => tf.square(x))(tf.scalar(3))
          .dataSync()[0],
    ),
  ).toBe(6);
});

test('a process keeps the device that it began with; asked for another it says so', async () => {
  const { choice } = await loadEngine();
  const other = choice.device === 'cpu' ? 'gpu' : 'cpu';
  expect((await loadEngine({ device: choice.device })).choice).toBe(choice);
  await expect(loadEngine({ device: other })).rejects.toMatchObject({ code: 'engine-other-device', exit: 5 });
});

test('nativeTensorCount sees tensors that tfjs does not count', async () => {
  const { backend } = await loadEngine();
  const before = nativeTensorCount();
  const id = backend.binding.createTensor([2], backend.binding.TF_FLOAT, Float32Array.of(1, 2));
  expect(nativeTensorCount()).toBe(before + 1);
  backend.binding.deleteTensor(id);
  expect(nativeTensorCount()).toBe(before);
});

test('training steps of a small convolutional net lower its loss', async () => {
  await loadEngine();
  const images = tf.randomUniform<tf.Rank.R4>([16, 8, 8, 3], 0, 1, 'float32', 1);
  const targets = tf.cast(tf.less(tf.randomUniform([16, 5], 0, 1, 'float32', 2), 0.3), 'float32');
  const kernel = tf.variable(tf.randomNormal<tf.Rank.R4>([3, 3, 3, 4], 0, 0.3, 'float32', 3));
  const weights = tf.variable(tf.randomNormal<tf.Rank.R2>([64, 5], 0, 0.1, 'float32', 4));
  const loss = () => {
    const x = tf.maxPool(tf.relu(tf.conv2d(images, kernel, 1, 'same')), 2, 2, 'valid');
    return tf.losses.sigmoidCrossEntropy<tf.Tensor, tf.Scalar>(targets, tf.matMul(tf.reshape(x, [16, 64]), weights));
  };
  const optimizer = tf.train.adam(0.01);
  const losses = Array.from({ length: 3 }, () => optimizer.minimize(loss, true)?.dataSync()[0] ?? NaN);
  expect(losses[2]).toBeLessThan(losses[0]!);
});

test('the report names what was found beside what is needed, and agrees that the engine loads', async () => {
  const { findings, good, remedy, engine } = await engineReport();
  expect([good, remedy]).toEqual([true, undefined]);
  expect(findings.find(({ name }) => name === 'engine')?.found).toBe(engine?.folder);
  expect(findings.find(({ name }) => name === 'tensorflow')).toMatchObject({ needed: engine?.version, good: true });
});

test('the report of a machine without an engine says so instead of throwing', async () => {
  vi.stubEnv('COUNTERWEIGHT_CACHE', '/nowhere');
  const { findings, good, remedy } = await engineReport();
  expect([good, remedy]).toEqual([false, expect.stringMatching(/^counterweight engine install/)]);
  expect(findings.find(({ name }) => name === 'room')?.found).toContain('GB in /nowhere/engine');
});

test('the report tells of a GPU what it lacks, what would be used, and why', async () => {
  using program = fakeNvidiaSmi(print(row({ driver: '470.82.01', capability: '3.7', name: 'Tesla K80' })));
  vi.stubEnv('PATH', program.environment['PATH']);
  vi.stubEnv('CUDA_VISIBLE_DEVICES', undefined);
  const { findings, choice } = await engineReport();
  const of = (name: string) => findings.find((finding) => finding.name === name);
  expect(of('gpu')).toMatchObject({ found: 'Tesla K80', good: true });
  expect(of('driver')).toMatchObject({ found: '470.82.01', needed: '525.60.13 or newer', good: false });
  expect(of('compute capability')).toMatchObject({ found: '3.7', good: false });
  expect(of('gpu memory')).toMatchObject({ found: '83.9 GB free of 85.5 GB', good: true });
  expect(of('device')).toMatchObject({ found: expect.stringContaining('cpu: Tesla K80') as string, good: false });
  expect(choice.warning).toContain('newer driver');
});

test('the report of a machine without a GPU finds that good, and tells a driver that does not answer', async () => {
  const gpu = async (table: string) => {
    using program = fakeNvidiaSmi(table);
    vi.stubEnv('PATH', program.environment['PATH']);
    return (await engineReport()).findings.find(({ name }) => name === 'gpu');
  };
  expect(await gpu('echo No devices were found; exit 6')).toMatchObject({ found: 'none', good: true });
  expect(await gpu('echo NVML: version mismatch; exit 18')).toMatchObject({
    found: 'NVML: version mismatch',
    good: false,
  });
});

const built = fileURLToPath(new URL('../dist/index.js', import.meta.url));

test.skipIf(!existsSync(built))('loading writes nothing to standard error, and leaves it working', () => {
  const script = `const { loadEngine } = await import(${JSON.stringify(built)});
    await loadEngine({ threads: 1 });
    console.error('after ' + process.env.TF_NUM_INTRAOP_THREADS);`;
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(stderr).toBe('after 1\n');
});

test.skipIf(!existsSync(built))('without a folder for temporary files it loads too', () => {
  const script = `await (await import(${JSON.stringify(built)})).loadEngine({ device: 'cpu' });`;
  const env = { ...process.env, TMPDIR: '/nowhere' };
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env,
  });
  expect([status, stderr]).toEqual([0, expect.not.stringContaining('Error')]);
});
