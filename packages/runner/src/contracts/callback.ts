import type { Contract } from '../plugin-contract.js';
import { given, halfStateful, missing } from './members.js';

const METHODS = ['batchEnd', 'epochEnd', 'checkpoint', 'close', 'save', 'load'];

export const callbackContract: Contract = {
  expected: 'a callback',
  made: (made) => {
    const members = made as Readonly<Record<string, unknown>>;
    if (!METHODS.some((name) => members[name] !== undefined))
      return { found: given(made), expected: `at least one of the methods ${METHODS.slice(0, 4).join(', ')}` };
    return missing(made, [], METHODS) ?? halfStateful(made);
  },
  asynchronous: ['epochEnd', 'checkpoint', 'dispose', 'close'],
  aside: ['batchEnd'],
};
