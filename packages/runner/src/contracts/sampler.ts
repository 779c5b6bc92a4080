import type { Contract } from '../plugin-contract.js';
import { given, missing } from './members.js';

/** What is drawn core looks at, what is mined the trainer: both read it anyway. */
export const samplerContract: Contract = {
  expected: 'a sampler',
  made: (made) => {
    const { kind, startEpoch } = made as { readonly kind?: unknown; readonly startEpoch?: unknown };
    if (kind === 'draw') return missing(made, ['draw'], ['probabilities']);
    if (kind !== 'mine')
      return { found: given(made), expected: "a sampler: { kind: 'draw', draw } or { kind: 'mine', mine }" };
    if (startEpoch !== undefined && !(Number.isInteger(startEpoch) && Number(startEpoch) >= 0))
      return { found: `startEpoch ${given(startEpoch)}`, expected: 'a whole number from 0' };
    return missing(made, ['mine']);
  },
  asynchronous: [],
};
