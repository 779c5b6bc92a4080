import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { apiReport, REPORT } from './api-report.js';

test('docs/api-report.md is the public surface of what is built (npm run docs:api)', { timeout: 300_000 }, () => {
  expect(readFileSync(REPORT, 'utf8')).toBe(apiReport());
});
