import { drawConformance } from '@counterweight/testing';
import { test } from 'vitest';

import plugin from './index.js';

drawConformance({
  test,
  plugin,
  options: [
    { rule: 'repeatFactor', threshold: 0.2 },
    { rule: 'repeatFactor' },
    { rule: 'classPower' },
    { rule: 'classPower', exponent: 0.5 },
  ],
});
