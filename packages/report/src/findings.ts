import { weightsFromCounts, weightsOption } from '@counterweight/core';

import { html, type Html } from './html.js';
import { isMapping } from './manifest-difference.js';
import { compareRanking, noiseBetween, SEED_NOISE } from './noise.js';
import { count, difference, median, ratio, score } from './numbers.js';
import type { Run } from './run.js';
import { GROUPS, summarise, type Summary } from './summary.js';

/** A ratio of predicted to true labels that is called about right. */
export const ABOUT_RIGHT = { from: 0.8, to: 1.25 };

/** What the numbers of a run say in plain words; beside a reference when there is one. */
export function findings(run: Run, reference?: Run): readonly Html[] {
  const own = summarise(run);
  const other = reference && summarise(reference);
  const sentences = [
    other && rankingSentence(own, other),
    other && groupSentence(own, other),
    decidedSentence(own, other),
    summedSentence(own),
    weightSentence(run),
    keptSentence(own, other),
    stoppedSentence(run),
  ];
  return sentences.filter((sentence) => sentence instanceof Object);
}

function rankingSentence(own: Summary, other: Summary): Html | undefined {
  const verdict = compareRanking(own, other);
  if (verdict === 'unknown') return undefined;
  const change = own.macro! - other.macro!;
  const beside = html`Its macro AP is ${score(own.macro)}, beside ${score(other.macro)} for ${other.name}`;
  if (verdict === 'noise') {
    const noise = noiseBetween(own, other);
    const bound =
      noise > SEED_NOISE
        ? html`noise: two standard errors over the classes are ${score(noise)}`
        : html`seed noise (below ${SEED_NOISE})`;
    return html`<b>Ranking: no effect shown.</b> ${beside}: a difference of ${score(Math.abs(change))} is within
      ${bound}.`;
  }
  return html`<b>Ranking: ${verdict}.</b> ${beside} (${difference(change)}).`;
}

/** Only where the whole moved: a group's mean over few classes is noisier than the whole. */
function groupSentence(own: Summary, other: Summary): Html | undefined {
  if (compareRanking(own, other) === 'noise') return undefined;
  const moved = GROUPS.flatMap((group) => {
    const [now, before] = [own.groups[group], other.groups[group]];
    return now === null || before === null ? [] : [`${group} ${score(before)} → ${score(now)}`];
  });
  return moved.length === 0 ? undefined : html`By training count: ${moved.join(', ')}.`;
}

function decidedSentence(own: Summary, other?: Summary): Html | undefined {
  const { decided, threshold } = own;
  if (decided === null) return undefined;
  const beside = other && other.decided !== null ? html` (${other.name}: ${ratio(other.decided)})` : '';
  if (decided === 0) return html`<b>At ${threshold} it predicts nothing</b>${beside}.`;
  const what = html`${ratio(decided)} labels for each true one${beside}`;
  if (decided < ABOUT_RIGHT.from) return html`<b>At ${threshold} it predicts too few labels:</b> ${what}.`;
  if (decided > ABOUT_RIGHT.to) return html`<b>At ${threshold} it predicts too many labels:</b> ${what}.`;
  return html`<b>At ${threshold} it predicts about the right number of labels:</b> ${what}.`;
}

function summedSentence({ summed }: Summary): Html | undefined {
  if (summed === null) return undefined;
  return summed >= ABOUT_RIGHT.from && summed <= ABOUT_RIGHT.to
    ? html`Its probabilities add up to about the true number of labels (${ratio(summed)} times).`
    : html`Its probabilities add up to ${ratio(summed)} times the true number of labels: read them as scores, not as
      probabilities.`;
}

/** The weights as core computes them from the counts of this run's own training split. */
function weightSentence(run: Run): Html | undefined {
  const loss = run.resolved.manifest['loss'];
  const parsed = weightsOption.safeParse(loss && typeof loss === 'object' && 'weights' in loss ? loss.weights : 'none');
  const rule = parsed.success && parsed.data !== 'none' ? parsed.data.positive : undefined;
  if (typeof rule !== 'object' || !('rule' in rule)) return undefined;
  const trained = run.perClass.filter(({ train }) => train > 0);
  const positives = Float64Array.from(trained, ({ train }) => train);
  const known = new Float64Array(positives.length).fill(run.resolved.data.examples.train);
  const weights = [...weightsFromCounts(rule, { positives, known }).weights];
  if (weights.length === 0) return undefined;
  const [least, most] = [weights.reduce((a, b) => Math.min(a, b)), weights.reduce((a, b) => Math.max(a, b))];
  return html`Its weights make one positive count as much as ${ratio(median(weights))} negatives in the median class
  (from ${ratio(least)} to ${ratio(most)}). A weight multiplies the odds that the network learns by itself, so that its
  probabilities come out too high.`;
}

function keptSentence(own: Summary, other?: Summary): Html | undefined {
  if (own.keptRatio === null || other?.keptRatio == null || own.keptRatio > other.keptRatio * 0.95) return undefined;
  return html`In its last epoch it trained on ${ratio(own.keptRatio)} negatives for each positive, where ${other.name}
  used ${ratio(other.keptRatio)}.`;
}

function stoppedSentence({ stopped, epochs, resolved }: Run): Html | undefined {
  if (stopped === undefined) return undefined;
  const training = resolved.manifest['training'];
  const planned =
    isMapping(training) && typeof training['epochs'] === 'number' ? ` of ${count(training['epochs'])}` : '';
  return html`Training stopped after ${count(epochs.length)}${planned} epochs: ${stopped}.`;
}
