import { expect, test } from 'vitest';

import { collectingLogger } from './fixtures/pictures.js';
import { progressOf } from './progress.js';

test('every three seconds: how many, how fast, how long it still takes; nothing at the end', () => {
  const logger = collectingLogger();
  let seconds = 0;
  const step = progressOf(1000, logger, () => seconds);
  for (let i = 0; i < 1000; i++) {
    seconds += 0.01;
    step();
  }
  expect(logger.infos).toEqual([
    expect.stringMatching(/^decoded 30[01] of 1,000 images, 100 a second, 7 s left$/),
    expect.stringMatching(/^decoded 60[0-3] of 1,000 images, 100 a second, 4 s left$/),
    expect.stringMatching(/^decoded 90[0-5] of 1,000 images, 100 a second, 1 s left$/),
  ]);
});
