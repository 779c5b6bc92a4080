import { DATASET, definePlugin, z, type Evaluation } from '@counterweight/core';

import { averagePrecision as ofRanking } from './average-precision.js';
import { decisions } from './decisions.js';
import { errors } from './errors.js';
import { f1 as f1OfDecisions } from './f1.js';
import { oncePer } from './once-per.js';
import { precisionAtK as atK } from './precision-at-k.js';
import { prevalenceRatio as ratioOfDecisions } from './prevalence-ratio.js';
import { ranking } from './ranking.js';
import { rocAuc as aucOfRanking } from './roc-auc.js';

/** F1 and prevalence ratio share a pass over the scores, as average precision and ROC AUC do by `ranking` itself. */
const decisionsOf = oncePer((evaluation: Evaluation) => decisions(evaluation));

const none = z.strictObject({});

const averagePrecision = definePlugin({
  kind: 'metric',
  name: 'averagePrecision',
  options: none,
  create: () => ({ needs: 'ranking', compute: async (evaluation) => ofRanking(await ranking(evaluation)) }),
});

const rocAuc = definePlugin({
  kind: 'metric',
  name: 'rocAuc',
  options: none,
  create: () => ({ needs: 'ranking', compute: async (evaluation) => aucOfRanking(await ranking(evaluation)) }),
});

const precisionAtK = definePlugin({
  kind: 'metric',
  name: 'precisionAtK',
  options: z.strictObject({
    k: z.int().min(1).default(5).describe('How many of the best classes of each row; at most the number of classes.'),
  }),
  inject: [DATASET],
  // Told before training, not after its first epoch.
  create: ({ k }, { classes }) => {
    if (k > classes.length) throw errors['k-out-of-range']({ k, classes: classes.length });
    return { needs: 'ranking', compute: (evaluation) => atK(evaluation, k) };
  },
});

const f1 = definePlugin({
  kind: 'metric',
  name: 'f1',
  options: none,
  create: () => ({ needs: 'decision', compute: async (evaluation) => f1OfDecisions(await decisionsOf(evaluation)) }),
});

const prevalenceRatio = definePlugin({
  kind: 'metric',
  name: 'prevalenceRatio',
  options: none,
  create: () => ({
    needs: 'probability',
    compute: async (evaluation) => ratioOfDecisions(await decisionsOf(evaluation)),
  }),
});

/** The metrics that a manifest can name. */
export const metricPlugins = [averagePrecision, rocAuc, precisionAtK, f1, prevalenceRatio] as const;
