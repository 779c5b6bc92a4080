import { expect, test } from 'vitest';

import { nearest, nearestFile } from './nearest.js';

const packages = ['@counterweight/loss-focal', '@counterweight/loss-weighted-bce', '@counterweight/sampler-ohem'];

test.each([
  ['sede', ['seed', 'data'], 'seed'],
  ['gama', ['gamma', 'alpha'], 'gamma'],
  ['batch_size', ['batchSize', 'epochs'], 'batchSize'],
  ['focal', packages, '@counterweight/loss-focal'],
  ['loss-focl', packages, '@counterweight/loss-focal'],
  ['@counterweigth/loss-weighted-bce', packages, '@counterweight/loss-weighted-bce'],
  ['@counterweight/focal', packages, '@counterweight/loss-focal'],
  ['@counterweight/zebra', packages, undefined],
  ['@acme/loss-focal', packages, undefined],
  ['zebra', packages, undefined],
  ['poly', ['counterweight-loss-poly', ...packages], 'counterweight-loss-poly'],
  ['loss-poli', ['counterweight-loss-poly'], 'counterweight-loss-poly'],
  ['x', [], undefined],
  ['x', ['y'], undefined],
])('%s', (wrong, names, expected) => {
  expect(nearest(wrong, names)).toBe(expected);
});

test('files are told by their names, not by a common extension', () => {
  expect(nearestFile('fcoal.yaml', ['ohem.yaml', 'focal.yaml'])).toBe('focal.yaml');
  expect(nearestFile('bce.yaml', ['ohem.yaml'])).toBeUndefined();
});
