import { lossConformance } from '@counterweight/testing';
import { test } from 'vitest';

import plugin from './index.js';

lossConformance({ test, plugin });
