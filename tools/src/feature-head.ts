/** A linear head on 20,000 × 512 features with 1,000 classes: is arithmetic the bound, or reading? `npm run bench:features`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { randomStream } from '@counterweight/core';
import { loadManifest, run } from '@counterweight/runner';

const [EXAMPLES, FEATURES, CLASSES, EPOCHS, BATCH_SIZE] = [20_000, 512, 1_000, 5, 64] as const;

const MANIFEST = `
data: { use: '@counterweight/data-features', features: ./features.npy, labels: ./labels.csv }
model: { use: '@counterweight/cnn#mlp', hidden: [] }
loss: { use: '@counterweight/loss-weighted-bce', weights: none }
training: { epochs: ${EPOCHS}, batchSize: ${BATCH_SIZE} }
`;

/** Class c is there where a feature of its own is large: one in forty of the examples. */
function writeData(folder: string): void {
  const random = randomStream(1);
  const values = Float32Array.from({ length: EXAMPLES * FEATURES }, () => random.normal());
  const rows = ['id,labels'];
  for (let i = 0; i < EXAMPLES; i++) {
    const own = [...Array(CLASSES).keys()].filter(
      (c) => values[i * FEATURES + (c % FEATURES)]! > 1.6 + 0.7 * (c / CLASSES),
    );
    rows.push(`${i},${own.join('|')}`);
  }
  writeFileSync(join(folder, 'features.npy'), npy(values, [EXAMPLES, FEATURES]));
  writeFileSync(join(folder, 'labels.csv'), rows.join('\n'));
  writeFileSync(join(folder, 'manifest.yaml'), MANIFEST);
}

/** Version 1.0 of numpy's format. */
function npy(values: Float32Array, shape: readonly number[]): Buffer {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`;
  const header = Buffer.alloc(128, ' ');
  header.set([0x93, ...Buffer.from('NUMPY'), 1, 0, 118, 0]);
  header.write(text, 10, 'latin1');
  header[127] = 10;
  return Buffer.concat([header, new Uint8Array(values.buffer)]);
}

const folder = mkdtempSync(join(tmpdir(), 'counterweight-features-'));
try {
  writeData(folder);
  const manifest = await loadManifest(join(folder, 'manifest.yaml'), { workingFolder: process.cwd() });
  const logger = { info: () => undefined, warn: () => undefined };
  const { metrics, waited } = await run(manifest, { out: join(folder, 'run'), logger });
  const { seconds, steps, test } = metrics!;
  process.stdout.write(
    `${steps} steps in ${seconds.toFixed(1)} s, ${((100 * waited!) / seconds).toFixed(1)} % of it waiting for inputs; ` +
      `macro AP ${test.averagePrecision?.macro?.toFixed(3)}\n`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
