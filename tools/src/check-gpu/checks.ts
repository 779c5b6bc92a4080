import { agreements } from './agreement.js';
import type { Results } from './cases.js';
import { arraysOf, type Device, perform } from './tasks.js';
import { ARCHITECTURES, type Trained } from './training.js';

export interface Verdict {
  readonly name: string;
  readonly good: boolean;
  readonly detail: string;
}

/** All bits of float32: products otherwise keep 10 of the 23 behind the point (TF32, from compute capability 8.0 on). */
const FLOAT32 = { NVIDIA_TF32_OVERRIDE: '0' };

/** Losses of a few epochs: differences of 1e-7 in a step grow from step to step. */
const LOSS_TOLERANCE = 0.02;

/** Compares a device with the processor, by name. What it yields is told as it comes. */
export async function* checkDevice(device: Device, references: readonly string[]): AsyncGenerator<Verdict> {
  const of = async (on: Device): Promise<Results> => arraysOf(await perform(on, 'cases', [], FLOAT32));
  const [found, again, expected] = [await of(device), await of(device), await of('cpu')];
  yield* agreements(found, expected).map(({ name, distance, good }) => ({
    name,
    good,
    detail: distance === 0 ? 'equal bits' : `off by ${distance.toExponential(1)} of the largest`,
  }));
  const other = agreements(again, found, 0).filter(({ good }) => !good);
  yield { name: 'equal bits a second time', good: other.length === 0, detail: namesOf(other) };

  const { held, broken } = await perform(device, 'laws', [], FLOAT32);
  yield { name: 'laws of plugins', good: broken.length === 0, detail: [`${held} hold`, ...broken].join('\n    ') };

  for (const architecture of ARCHITECTURES) {
    const run = (on: Device): Promise<Trained> => perform(on, 'trained', [architecture], FLOAT32);
    yield* judgeTraining(architecture, await run(device), await run(device), await run('cpu'));
  }

  if (references.length === 0)
    yield { name: 'reference files', good: true, detail: 'none given: npm run check:gpu -- FILE.json …' };
  else {
    const { exit, lines } = await perform(device, 'reference', references, FLOAT32);
    yield { name: 'reference files', good: exit === 0, detail: lines.join('\n    ') };
  }
}

/** What two runs on a device and one on the processor came to. */
export function judgeTraining(name: string, run: Trained, again: Trained, processor: Trained): readonly Verdict[] {
  const distances = processor.losses.map((loss, epoch) => Math.abs((run.losses[epoch] ?? NaN) - loss) / loss);
  const furthest = distances.length === 0 ? NaN : Math.max(...distances);
  const same =
    JSON.stringify(run.losses) === JSON.stringify(again.losses) && run.averagePrecision === again.averagePrecision;
  const [first, ...later] = run.tensors;
  return [
    {
      name: `training, ${name}`,
      good: furthest <= LOSS_TOLERANCE,
      detail: `losses off by ${furthest.toExponential(1)} at most; average precision ${run.averagePrecision}, ${processor.averagePrecision} on the processor`,
    },
    { name: `training, ${name}: equal bits a second time`, good: same, detail: run.losses.join(' ') },
    {
      name: `training, ${name}: no tensor left behind`,
      good: later.length > 0 && later.every((count) => count === first),
      detail: run.tensors.join(' '),
    },
  ];
}

/** Milliseconds of a training step on both, as a line each. */
export async function* compareSpeed(device: Device): AsyncGenerator<string> {
  for (const architecture of ARCHITECTURES) {
    const [fast, slow] = [await perform(device, 'step', [architecture]), await perform('cpu', 'step', [architecture])];
    const ms = (seconds: number): string => `${(1000 * seconds).toPrecision(3)} ms`;
    yield `step of the ${architecture} network, 64 images of 64×64, 1,000 classes: ${ms(fast)}, ${ms(slow)} on the processor: ${(slow / fast).toPrecision(3)} times as fast`;
  }
}

const namesOf = (list: readonly { readonly name: string }[]): string =>
  list.map(({ name }) => name).join(', ') || 'all';
