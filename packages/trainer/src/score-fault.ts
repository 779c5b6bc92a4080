import type { Model } from '@counterweight/core';

import { largest, ORDINARY_WEIGHT } from './culprit.js';
import { errors } from './errors.js';
import { methodOf } from './plugin-call.js';
import type { ScoreBlock } from './score.js';

/**
 * Looks at logits where they are read anyway.
 * @param examples in the order they were asked for
 * @throws plugin-not-finite when one is not finite though the parameters are ordinary; other scores go to who wants them
 */
export function checkScores(model: Model, { from, rows, logits }: ScoreBlock, examples: Int32Array): void {
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += logits[i]! * 0;
  if (sum === 0) return;
  if (!model.parameters.every(({ variable }) => largest(variable.dataSync()) <= ORDINARY_WEIGHT)) return;
  const at = logits.findIndex((logit) => !Number.isFinite(logit));
  const buffer = model.buffers.find(({ variable }) => !Number.isFinite(largest(variable.dataSync())))?.name;
  const { use, doing, place } = methodOf(model, 'model', buffer === undefined ? 'classify' : 'features');
  const example = examples[from + Math.floor((at * rows) / logits.length)]!;
  const cause = buffer === undefined ? 'from finite parameters' : `as the buffer ${buffer} is not finite`;
  const found = `logit ${logits[at]} of example ${example} in inference, ${cause}`;
  throw errors['plugin-not-finite']({ use, doing, found, expected: 'finite logits' }, place && { place });
}
