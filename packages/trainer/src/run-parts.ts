import { sameOrigin, type Parameter, type Stateful } from '@counterweight/core';

import type { FitInput } from './fit.js';
import { loadModelState, modelState } from './model-state.js';
import { pluginPart, type StatePart } from './training-state.js';

/** What of `fit` itself has memory. */
export interface OwnParts {
  readonly totals: Stateful;
  readonly times: Stateful;
  readonly stopped: Stateful;
  readonly earlyStopping: Stateful | null;
  readonly average: Stateful | null;
}

/** Everything in a run that has memory, plugins' too, by its name in the run's state and in the order of loading. */
export function partsOfRun(
  { model, optimizer, loss, callbacks = [] }: Pick<FitInput, 'model' | 'optimizer' | 'loss' | 'callbacks'>,
  trained: readonly Parameter[],
  own: OwnParts,
): readonly StatePart[] {
  return [
    ...(loss.kind === 'batch' ? pluginPart('loss', loss) : []),
    ...callbacks.flatMap((callback, i) => pluginPart(`callbacks/${i}`, callback).map(startingAnew)),
    ['totals', own.totals],
    ['times', own.times],
    ['stopped', own.stopped],
    ...(own.earlyStopping ? [['earlyStopping', own.earlyStopping] as const] : []),
    ...(own.average ? [['average', own.average] as const] : []),
    [
      'model',
      {
        save: () => modelState(model),
        load: (state) => {
          loadModelState(model, state);
        },
      },
    ],
    // Last: one that has not stepped yet could not take its own state back.
    ...pluginPart('optimizer', {
      ...sameOrigin(optimizer),
      save: () => optimizer.save(),
      load: (state) => {
        optimizer.load(state, trained);
      },
    }),
  ];
}

/** A callback that was not there when the state was saved finds nothing of its own in it, and starts anew. */
const startingAnew = ([name, part]: StatePart): StatePart => [
  name,
  {
    save: () => part.save(),
    load: (state) => {
      if (Object.keys(state).length > 0) part.load(state);
    },
  },
];
