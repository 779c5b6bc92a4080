import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

import type { StepResult } from './step.js';

/**
 * Loss and gradients over the batches of a step. They are averages over what each batch was divided by: means of entries join
 * to the mean over all entries, as if the batches had been one.
 */
export class StepSums {
  /** By parameter; kept until `dispose`. */
  readonly gradients = new Map<string, Tensor>();
  result: StepResult = { loss: 0, denominator: 0, keptPositives: 0, keptNegatives: 0 };
  private readonly seen: Int32Array[] = [];

  /** @param additive whether batches add up instead */
  constructor(private readonly additive: boolean) {}

  /** Number of batches so far. */
  get batches(): number {
    return this.seen.length;
  }

  /** Of all batches so far. */
  get examples(): Int32Array {
    return Int32Array.from(this.seen.flatMap((examples) => [...examples]));
  }

  /** Call inside `tidy`. */
  add(batch: StepResult, gradients: ReadonlyMap<string, Tensor>, examples: Int32Array): void {
    const { result: before } = this;
    const denominator = this.additive ? batch.denominator : before.denominator + batch.denominator;
    const isSum = this.additive || denominator === 0;
    const [old, share] = isSum ? [1, 1] : [before.denominator / denominator, batch.denominator / denominator];
    this.result = {
      loss: before.loss * old + batch.loss * share,
      denominator,
      keptPositives: before.keptPositives + batch.keptPositives,
      keptNegatives: before.keptNegatives + batch.keptNegatives,
    };
    const replaced = [...this.gradients.values()];
    for (const name of new Set([...this.gradients.keys(), ...gradients.keys()]))
      this.gradients.set(name, tf.keep(joined(this.gradients.get(name), old, gradients.get(name), share)));
    tf.dispose(replaced);
    this.seen.push(examples);
  }

  dispose(): void {
    tf.dispose([...this.gradients.values()]);
    this.gradients.clear();
  }
}

/** a · old + b · share, where one may be missing; the gradient of a lone batch is passed on. */
function joined(a: Tensor | undefined, old: number, b: Tensor | undefined, share: number): Tensor {
  const scaled = (x: Tensor, factor: number): Tensor => (factor === 1 ? x : tf.mul(x, factor));
  if (!a) return scaled(b!, share);
  const before = old === 1 ? tf.clone(a) : tf.mul(a, old);
  return b ? tf.add(before, scaled(b, share)) : before;
}
