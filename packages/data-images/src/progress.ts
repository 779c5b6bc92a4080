import type { Logger } from '@counterweight/core';

import { duration, whole } from './numbers.js';

const EVERY = 3; // seconds

/** Says every few seconds how far the decoding is, how fast it goes and how long it still takes. */
export function progressOf(total: number, logger: Logger, now = () => performance.now() / 1000): () => void {
  const start = now();
  let [done, said] = [0, start];
  return () => {
    done++;
    const at = now();
    if (at - said < EVERY || done === total) return;
    said = at;
    const rate = done / (at - start);
    const left = duration((total - done) / rate);
    logger.info(`decoded ${whole(done)} of ${whole(total)} images, ${whole(rate)} a second, ${left} left`);
  };
}
