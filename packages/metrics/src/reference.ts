import { z, type Evaluation } from '@counterweight/core';
import {
  averagePrecision,
  classGroups,
  decisions,
  f1,
  groups,
  matrixScores,
  precisionAtK,
  prevalenceRatio,
  ranking,
  rocAuc,
  type GroupName,
} from '@counterweight/metrics';
import { mapped, type MetricCase, type ReferenceAdapter } from '@counterweight/testing';

/** The scores of a case are probabilities: a ranking takes them as they are, and so do decisions when told. */
const evaluation = (
  { scores, rows, columns, labels, trainCounts, trainTotal }: MetricCase,
  threshold = 0.5,
): Evaluation => {
  const prior = trainCounts.map((count) => count / trainTotal);
  return {
    scores: matrixScores(Float32Array.from(scores), rows, columns),
    labels,
    training: {
      positives: trainCounts,
      known: new Float64Array(columns).fill(trainTotal),
      prior,
      sampledPrior: prior,
      labelsPerExample: prior.reduce((sum, share) => sum + share, 0),
    },
    threshold,
  };
};

const decided = (given: MetricCase, threshold?: number) => decisions(evaluation(given, threshold), (score) => score);

const perGroup = <T>(of: (name: GroupName) => T) => ({
  head: of('head'),
  medium: of('medium'),
  tail: of('tail'),
});

export default {
  metrics: {
    ranking: mapped({}, async (_, given: MetricCase) => {
      const ranked = await ranking(evaluation(given));
      const [precision, auc] = [averagePrecision(ranked), rocAuc(ranked)];
      const { macro, micro, weighted } = precision.values;
      return {
        ...precision.perClass,
        classesWithoutPositives: [...ranked.positives.keys()].filter((column) => ranked.positives[column] === 0),
        macroAP: macro,
        microAP: micro,
        weightedAP: weighted,
        ...auc.perClass,
        macroRocAuc: auc.values.macro,
        microRocAuc: auc.values.micro,
      };
    }),
    atK: mapped({ k: z.int() }, async ({ k }, given: MetricCase) => {
      const { precision } = (await precisionAtK(evaluation(given), k)).values;
      return { precision };
    }),
    decisions: mapped({ threshold: z.number() }, async ({ threshold }, given: MetricCase) => {
      const { values, perClass } = f1(await decided(given, threshold));
      return {
        ...perClass,
        macroF1: values.macro,
        f1OfMeans: values.ofMeans,
        microF1: values.micro,
        microPrecision: values.precision,
        microRecall: values.recall,
        weightedF1: values.weighted,
      };
    }),
    calibration: mapped({ bins: z.int() }, async (_, given: MetricCase) => {
      const { values, perClass } = prevalenceRatio(await decided(given));
      return { prevalenceRatio: perClass.summed, prevalenceRatioMicro: values.summed };
    }),
    groups: mapped({}, async (_, given: MetricCase) => {
      const names = classGroups({ positives: given.trainCounts });
      const means = groups(await ranking(evaluation(given)), { positives: given.trainCounts });
      return {
        members: perGroup((name) => [...names.keys()].filter((column) => names[column] === name)),
        macroAP: perGroup((name) => means[name].averagePrecision),
      };
    }),
  },
} satisfies ReferenceAdapter;
