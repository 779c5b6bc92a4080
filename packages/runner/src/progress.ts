import type { BatchEvent, Callback, EpochEvent } from '@counterweight/core';

import { clock } from './duration.js';

/** Where progress goes: standard error. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const REFRESH = 100;

/** Progress of training: on a terminal one line that rewrites itself, elsewhere a line per epoch. */
export class Progress implements Callback {
  private started: number | undefined;
  private firstStep = 0;
  private drawn = 0;
  private smoothed: number | undefined;

  constructor(
    private readonly planned: { readonly epochs: number; readonly steps: number },
    private readonly stream: ProgressStream,
  ) {}

  batchEnd({ epoch, step, loss }: BatchEvent): void {
    this.smoothed = this.smoothed === undefined ? loss : 0.95 * this.smoothed + 0.05 * loss;
    const now = performance.now();
    if (this.started === undefined) [this.started, this.firstStep] = [now, step];
    if (!this.stream.isTTY || now - this.drawn < REFRESH) return;
    this.drawn = now;
    const { epochs, steps } = this.planned;
    const parts = [
      `epoch ${epoch + 1}/${epochs}`,
      `step ${step}/${steps}`,
      `loss ${significant(this.smoothed)}`,
      ...this.speed(step),
    ];
    this.stream.write(rewritten(parts.join('  '), this.stream));
  }

  epochEnd({ epoch, step, loss, metrics }: EpochEvent): void {
    const { epochs } = this.planned;
    const measured = Object.entries(metrics)
      .filter(([name]) => /\.(macro|micro)$/.test(name))
      .slice(0, 2)
      .map(([name, value]) => `${name} ${value === null ? 'undefined' : value.toFixed(4)}`);
    const parts = [
      `epoch ${String(epoch + 1).padStart(String(epochs).length)}/${epochs}`,
      `loss ${significant(loss)}`,
      ...(measured.length === 0 ? [] : [`validation ${measured.join(' ')}`]),
      ...this.speed(step),
    ];
    this.stream.write(`${this.stream.isTTY ? '\r\x1b[2K' : ''}${parts.join('  ')}\n`);
  }

  /** Steps a second since the first, which is slow and tells nothing yet; validation included: what the time left depends on. */
  private speed(step: number): readonly string[] {
    const { steps } = this.planned;
    const seconds = (performance.now() - (this.started ?? 0)) / 1000;
    const rate = (step - this.firstStep) / Math.max(seconds, 1e-3);
    if (rate === 0) return [];
    return [`${rate.toFixed(1)} steps/s`, ...(step < steps ? [`${clock((steps - step) / rate)} left`] : [])];
  }
}

/** A line in place of the one before, never so wide that a terminal breaks it; one that does not know its width says 0. */
export const rewritten = (line: string, { columns = 0 }: Pick<ProgressStream, 'columns'>): string =>
  `\r\x1b[2K${line.slice(0, (columns > 0 ? columns : 80) - 1)}`;

const significant = (value: number): string => (value === 0 ? '0' : value.toPrecision(4));
