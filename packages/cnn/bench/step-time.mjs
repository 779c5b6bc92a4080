// Milliseconds of one training step (forward and gradient of the mean squared logit, 1,000 classes; no optimiser), least and median,
// with the least processor time of one (all cores together: about as good on a busy machine), and the peak of the process's memory. Needs the build and the engine: npm run setup.
//   node packages/cnn/bench/step-time.mjs '{"architecture":"residual"}' 224 8 20    options, pixels, batch, steps
import { randomStream } from '@counterweight/core';
import { accelerate, loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers the gradients

import { cnn } from '@counterweight/cnn';

const [options = '{}', side = '64', batch = '64', steps = '30'] = process.argv.slice(2);
await loadEngine();
accelerate();
const shape = [Number(side), Number(side), 3];
const random = randomStream(1);
const channels = [0, 1, 2];
const model = await cnn.create(
  cnn.options.parse(JSON.parse(options)),
  { shape, dtype: 'uint8', classes: 1000, mean: channels.map(() => 128), deviation: channels.map(() => 74) },
  random,
);
const variables = model.parameters.map(({ variable }) => variable);
const pixels = Float32Array.from({ length: Number(batch) * Number(side) ** 2 * 3 }, () => random.integer(256));
const x = tf.tensor(pixels, [Number(batch), ...shape]);

const times = [];
const processor = [];
for (let step = -3; step < Number(steps); step++) {
  const start = performance.now();
  const used = process.cpuUsage();
  const mode = { training: true, frozen: new Set(), random: random.fork(step) };
  const { value, grads } = tf.variableGrads(
    () => tf.mean(tf.square(model.classify(model.features(x, mode)))),
    variables,
  );
  value.dataSync();
  tf.dispose([value, grads]);
  if (step < 0) continue;
  const { user, system } = process.cpuUsage(used);
  times.push(performance.now() - start);
  processor.push((user + system) / 1000);
}
times.sort((a, b) => a - b);
const parameters = variables.reduce((sum, { size }) => sum + size, 0);
console.log(
  `${options} ${side} pixels, batch ${batch}: ${times[0].toFixed(0)} / ${times[times.length >> 1].toFixed(0)} ms, processor ${Math.min(...processor).toFixed(0)} ms,`,
  `${(parameters / 1e6).toFixed(2)} M parameters, ${(process.resourceUsage().maxRSS / 1e6).toFixed(2)} GB`,
);
