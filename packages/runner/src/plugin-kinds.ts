import type { Kind } from '@counterweight/core';

/** Where a manifest holds plugins of a kind; undefined: nowhere yet. */
export const SECTIONS: Readonly<Record<Kind, string | undefined>> = {
  dataset: 'data',
  model: 'model',
  loss: 'loss',
  sampler: 'samplers',
  callback: 'callbacks',
  optimizer: 'training.optimizer',
  metric: 'evaluation.metrics',
  calibrator: undefined,
};

/** In the order of a manifest. */
export const KINDS = Object.keys(SECTIONS) as readonly Kind[];

/** Of a package's `keywords`: `counterweight-loss`. */
export const KEYWORD = 'counterweight-';

/** Whether a package's name alone means a plugin of it: `ohem` of `sampler-ohem`, `cnn` of `cnn`. */
export const isMain = ({ kind, name }: { readonly kind: Kind; readonly name: string }, from: string): boolean =>
  [name, `${kind}-${name}`].includes(from.replace(/^.*\//, ''));
