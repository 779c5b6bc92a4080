import { z } from '@counterweight/core';
import type { ReferenceAdapter } from '@counterweight/testing';

import { Mismatch } from './agreement.js';
import { checkCalibration } from './inverse-link.js';
import { checkLosses } from './losses.js';
import { checkMetrics } from './metrics.js';
import { checkSamplers } from './samplers.js';
import { Tally } from './tally.js';

export const SCHEMA = 'counterweight-reference/1';

const TOPICS = { losses: checkLosses, samplers: checkSamplers, metrics: checkMetrics, calibration: checkCalibration };
const head = z.looseObject({
  schema: z.literal(SCHEMA),
  topic: z.enum(Object.keys(TOPICS) as (keyof typeof TOPICS)[]),
});

/** Checks what a reference file holds, JSON, against what the adapters know. A file in which nothing could be checked fails. */
export async function checkFile(text: string, adapter: ReferenceAdapter): Promise<Tally> {
  const tally = new Tally();
  try {
    const content: unknown = JSON.parse(text);
    const { topic } = head.parse(content);
    await TOPICS[topic](content, adapter, tally);
    if (tally.total('checked') + tally.total('failed') === 0) throw new Mismatch('nothing in it could be checked');
  } catch (error) {
    tally.fail('the file', 'as a whole', error);
  }
  return tally;
}
