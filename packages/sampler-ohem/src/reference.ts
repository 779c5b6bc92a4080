import { z } from '@counterweight/core';
import { mapped, type ReferenceAdapter } from '@counterweight/testing';

import ohem from './index.js';

export default {
  miners: {
    entries: mapped(
      { scope: z.string(), negativesPerPositive: z.number(), minNegatives: z.number() },
      (parameters) => ({ plugin: ohem, options: parameters }),
    ),
  },
} satisfies ReferenceAdapter;
