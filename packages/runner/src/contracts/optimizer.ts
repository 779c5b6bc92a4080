import type { Contract } from '../plugin-contract.js';
import { missing } from './members.js';

/** What it does to parameters, and what it saves, the trainer looks at. */
export const optimizerContract: Contract = {
  expected: 'an optimiser',
  made: (made) => missing(made, ['step', 'save', 'load'], ['dispose']),
  asynchronous: [],
};
