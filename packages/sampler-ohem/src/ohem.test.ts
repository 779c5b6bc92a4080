import { mineConformance } from '@counterweight/testing';
import { test } from 'vitest';

import plugin from './index.js';

mineConformance({
  test,
  plugin,
  options: [
    {},
    { scope: 'class' },
    { scope: 'example', negativesPerPositive: 1 },
    { negativesPerPositive: 0.5, minNegatives: 3 },
  ],
});
