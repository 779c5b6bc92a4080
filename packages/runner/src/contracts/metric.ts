import type { Evaluation } from '@counterweight/core';

import type { Contract, Wrong } from '../plugin-contract.js';
import { given, isRecord, missing } from './members.js';

const NEEDS = ['ranking', 'probability', 'decision'] as readonly unknown[];

export const metricContract: Contract = {
  expected: 'a metric',
  made: (made) => {
    const { needs } = made as { readonly needs?: unknown };
    const wrong = missing(made, ['compute']);
    if (wrong || NEEDS.includes(needs)) return wrong;
    return { found: `needs ${given(needs)} in ${given(made)}`, expected: `a metric with needs ${NEEDS.join(', ')}` };
  },
  results: { compute: (result, [evaluation]) => notResult(result, (evaluation as Evaluation).scores.columns) },
  asynchronous: ['compute'],
};

function notResult(result: unknown, classes: number): Wrong | undefined {
  const values = 'values: numbers by name, null where undefined';
  if (!isRecord(result) || !isRecord(result['values']) || ArrayBuffer.isView(result['values']))
    return { found: isRecord(result) ? `values is ${given(result['values'])}` : given(result), expected: values };
  for (const [name, value] of Object.entries(result['values']))
    if (value !== null && !Number.isFinite(value))
      return { found: `values.${name} is ${given(value)}`, expected: values };
  const perClass = result['perClass'] ?? {};
  const tables = `perClass: a Float64Array of ${classes} by name, NaN where undefined`;
  if (!isRecord(perClass)) return { found: `perClass is ${given(perClass)}`, expected: tables };
  for (const [name, table] of Object.entries(perClass))
    if (!(table instanceof Float64Array) || table.length !== classes)
      return { found: `perClass.${name} is ${given(table)}`, expected: tables };
  return undefined;
}
