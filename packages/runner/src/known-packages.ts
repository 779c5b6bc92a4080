/** What messages suggest though it is not installed. Made by `npm run docs:packages`; a law says when it is out of date. */
import type { Kind } from '@counterweight/core';

export interface KnownPlugin {
  readonly package: string;
  readonly kind: Kind;
  readonly name: string;
}

export const KNOWN_PLUGINS: readonly KnownPlugin[] = [
  { package: '@counterweight/cnn', kind: 'model', name: 'cnn' },
  { package: '@counterweight/cnn', kind: 'model', name: 'mlp' },
  { package: '@counterweight/data-features', kind: 'dataset', name: 'features' },
  { package: '@counterweight/data-images', kind: 'dataset', name: 'images' },
  { package: '@counterweight/data-synthetic', kind: 'dataset', name: 'synthetic' },
  { package: '@counterweight/layers-model', kind: 'model', name: 'layers-model' },
  { package: '@counterweight/loss-focal', kind: 'loss', name: 'focal' },
  { package: '@counterweight/loss-weighted-bce', kind: 'loss', name: 'weighted-bce' },
  { package: '@counterweight/metrics', kind: 'metric', name: 'averagePrecision' },
  { package: '@counterweight/metrics', kind: 'metric', name: 'rocAuc' },
  { package: '@counterweight/metrics', kind: 'metric', name: 'precisionAtK' },
  { package: '@counterweight/metrics', kind: 'metric', name: 'f1' },
  { package: '@counterweight/metrics', kind: 'metric', name: 'prevalenceRatio' },
  { package: '@counterweight/sampler-ohem', kind: 'sampler', name: 'ohem' },
  { package: '@counterweight/sampler-ohem', kind: 'sampler', name: 'ohem-examples' },
  { package: '@counterweight/sampler-oversample', kind: 'sampler', name: 'oversample' },
];

/** Ours that hold no plugin, though they may have core as a peer: not worth an import to see. */
export const KNOWN_WITHOUT_PLUGINS: readonly string[] = [
  '@counterweight/core',
  '@counterweight/create-plugin',
  '@counterweight/label-table',
  '@counterweight/report',
  '@counterweight/runner',
  '@counterweight/tensorflow',
  '@counterweight/testing',
  '@counterweight/trainer',
];
