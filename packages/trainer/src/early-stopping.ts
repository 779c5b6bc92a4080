import { z, type Callback, type EpochEvent, type Model, type StateArrays, type Stateful } from '@counterweight/core';
import { distance } from 'fastest-levenshtein';

import { errors } from './errors.js';
import { loadModelState, modelLayout, modelState } from './model-state.js';
import { checkLayout } from './state-arrays.js';

export const earlyStoppingOptions = z.strictObject({
  metric: z
    .string()
    .min(1)
    .default('averagePrecision.macro')
    .describe('Of the validation split, by its dotted name in events.jsonl.'),
  patience: z.int().min(1).default(3).describe('Stop after so many epochs without a better value.'),
  minDelta: z.number().min(0).default(0).describe('Better means: by more than this.'),
  mode: z.enum(['max', 'min']).default('max').describe('Whether large or small values are good.'),
  restoreBest: z.boolean().default(true).describe('End with the weights of the best epoch instead of the last one.'),
});
export type EarlyStoppingOptions = z.output<typeof earlyStoppingOptions>;

/** Stops a run whose validation no longer gets better (Prechelt 1998, "Early stopping: but when?", criterion UP). */
export class EarlyStopping implements Callback, Stateful {
  private best: { readonly value: number; readonly epoch: number; readonly weights: StateArrays } | undefined;
  /** Epochs with a value since the best one. */
  private without = 0;

  /** @param model scored and kept as it is when `epochEnd` is called */
  constructor(
    private readonly options: EarlyStoppingOptions,
    private readonly model: Pick<Model, 'parameters' | 'buffers'>,
  ) {}

  /** A value that is null does not count, neither as better nor as waiting. */
  epochEnd({ epoch, metrics, stop }: Pick<EpochEvent, 'epoch' | 'metrics' | 'stop'>): void {
    const { metric, patience, minDelta, mode, restoreBest } = this.options;
    requireMetric(metric, Object.keys(metrics));
    const value = metrics[metric] ?? null;
    if (value === null || Number.isNaN(value)) return;
    const gain = (mode === 'max' ? 1 : -1) * (value - (this.best?.value ?? value));
    if (!this.best || gain > minDelta) {
      this.best = { value, epoch, weights: restoreBest ? modelState(this.model) : {} };
      this.without = 0;
    } else if (++this.without >= patience) {
      const { best } = this;
      stop(
        `${metric} was best in epoch ${best.epoch + 1} (${best.value.toPrecision(4)}) and not better in ${this.without} after it`,
      );
    }
  }

  /** Puts the best epoch's weights into the model, if it is to have them. Returns that epoch, counted from 0. */
  restore(): number | undefined {
    if (!this.best || !this.options.restoreBest) return undefined;
    loadModelState(this.model, this.best.weights);
    return this.best.epoch;
  }

  save(): StateArrays {
    if (!this.best) return {};
    const { value, epoch, weights } = this.best;
    const kept = Object.entries(weights).map(([name, values]) => [`best/${name}`, values]);
    return { progress: Float64Array.of(value, epoch, this.without), ...Object.fromEntries(kept) } as StateArrays;
  }

  load(state: StateArrays): void {
    if (Object.keys(state).length === 0) {
      this.best = undefined;
      return;
    }
    const weights = this.options.restoreBest ? modelLayout(this.model) : new Map<string, string>();
    const best = [...weights].map(([name, layout]) => [`best/${name}`, layout] as const);
    checkLayout('earlyStopping', state, new Map([['progress', 'Float64Array of 3'], ...best]));
    const [value, epoch, without] = state['progress'] as unknown as [number, number, number];
    const kept = [...weights.keys()].map((name) => [name, state[`best/${name}`]!.slice()]);
    this.best = { value, epoch, weights: Object.fromEntries(kept) as StateArrays };
    this.without = without;
  }
}

/** @throws early-stopping-metric-unknown: `metric` is not among those that an evaluation gives */
export function requireMetric(metric: string, given: readonly string[]): void {
  if (given.includes(metric)) return;
  const nearest = [...given].sort((a, b) => distance(metric, a) - distance(metric, b))[0];
  throw errors['early-stopping-metric-unknown']({ metric, given, nearest });
}
