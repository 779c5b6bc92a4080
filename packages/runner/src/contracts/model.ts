import type { Contract, Wrong } from '../plugin-contract.js';
import { given, isRecord, missing } from './members.js';

/** What it computes the trainer looks at. */
export const modelContract: Contract = {
  expected: 'a model',
  made: (made) => {
    const { parameters, buffers, head } = made as Readonly<Record<string, unknown>>;
    return (
      missing(made, ['features', 'classify', 'export', 'dispose']) ??
      notParameters('parameters', parameters) ??
      notParameters('buffers', buffers) ??
      twice([...(parameters as Named[]), ...(buffers as Named[])]) ??
      (!isRecord(head) || !isVariable(head['kernel'], 2) || !isVariable(head['bias'], 1)
        ? { found: `head is ${given(head)}`, expected: 'variables { kernel: [features, classes], bias: [classes] }' }
        : undefined)
    );
  },
  asynchronous: ['export'],
};

interface Named {
  readonly name: string;
}

function notParameters(member: string, list: unknown): Wrong | undefined {
  const expected = `${member}: an array of { name, variable, group: 'body' or 'head', decay }, its variables float32`;
  if (!Array.isArray(list)) return { found: `${member} is ${given(list)}`, expected };
  for (const [i, one] of (list as unknown[]).entries()) {
    if (!isRecord(one)) return { found: `${member}[${i}] is ${given(one)}`, expected };
    const { name, variable, group, decay } = one;
    const where = `${member}[${i}] (${given(name)})`;
    if (typeof name !== 'string' || name === '') return { found: `${where}: name ${given(name)}`, expected };
    if (!isVariable(variable)) return { found: `${where}: variable ${given(variable)}`, expected };
    if (group !== 'body' && group !== 'head') return { found: `${where}: group ${given(group)}`, expected };
    if (typeof decay !== 'boolean') return { found: `${where}: decay ${given(decay)}`, expected };
  }
  return undefined;
}

function twice(list: readonly Named[]): Wrong | undefined {
  const again = list.find(({ name }, i) => list.findIndex((one) => one.name === name) !== i);
  return again && { found: `two parameters or buffers named ${given(again.name)}`, expected: 'names that differ' };
}

/** Of any copy of tfjs: two copies are refused elsewhere. */
const isVariable = (value: unknown, rank?: number): boolean =>
  isRecord(value) &&
  typeof value['assign'] === 'function' &&
  value['dtype'] === 'float32' &&
  value['isDisposed'] === false &&
  Array.isArray(value['shape']) &&
  (rank === undefined || value['shape'].length === rank);
